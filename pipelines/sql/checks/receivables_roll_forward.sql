-- Months in which opening + sales - collected - credited - written off is not the closing balance, or in which the
-- opening is not the closing balance of the month before.
with

in_order as (

    select
        *,
        lag(ar_end_base, 1, opening_base) over (partition by account_key order by month_no) as previous_end_base
    from int_receivables_months

),

broken as (

    select *
    from in_order
    where opening_base + sales_base - collected_base - credited_base - written_off_base <> ar_end_base
        or opening_base <> previous_end_base

)

select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    broken.opening_base,
    broken.sales_base,
    broken.collected_base,
    broken.credited_base,
    broken.written_off_base,
    broken.ar_end_base,
    broken.previous_end_base
from broken
inner join int_accounts as accounts on broken.account_key = accounts.account_key
inner join ref_months as months on broken.month_no = months.month_no
