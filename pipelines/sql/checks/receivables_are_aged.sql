-- Months whose receivables are not the sum of their aging parts.
with

aged as (

    select month_end, entity_id, customer_id, rep, region, sum(open_base) as open_base
    from fct_aging_monthly
    group by month_end, entity_id, customer_id, rep, region

)

select
    coalesce(months.month_end, aged.month_end) as month_end,
    coalesce(months.entity_id, aged.entity_id) as entity_id,
    coalesce(months.customer_id, aged.customer_id) as customer_id,
    months.ar_end_base,
    months.current_end_base,
    months.overdue_end_base,
    months.unapplied_end_base,
    aged.open_base as aged_base
from fct_receivables_monthly as months
full outer join aged
    on months.month_end = aged.month_end
    and months.entity_id = aged.entity_id
    and months.customer_id = aged.customer_id
    and months.rep = aged.rep
    and months.region = aged.region
where coalesce(months.ar_end_base, 0) <> coalesce(aged.open_base, 0)
    or months.ar_end_base <> months.current_end_base + months.overdue_end_base - months.unapplied_end_base
