-- Months in which opening + sales - collected - credited - written off is not the closing balance, or in which the
-- opening is not the closing balance of the month before.
with

in_order as (

    select
        *,
        lag(ar_end_base, 1, opening_base) over (
            partition by entity_id, customer_id, rep, region order by month_end
        ) as previous_end_base
    from fct_receivables_monthly

)

select
    month_end,
    entity_id,
    customer_id,
    rep,
    region,
    opening_base,
    sales_base,
    collected_base,
    credited_base,
    written_off_base,
    ar_end_base
from in_order
where opening_base + sales_base - collected_base - credited_base - written_off_base <> ar_end_base
    or opening_base <> previous_end_base
