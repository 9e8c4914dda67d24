-- Months whose receivables, rolled forward from movements, are not the sum of their aging buckets.
with

aged as (

    select month_no, account_key, sum(open_base) as open_base
    from int_aging_accounts
    group by month_no, account_key

),

broken as (

    select
        coalesce(months.month_no, aged.month_no) as month_no,
        coalesce(months.account_key, aged.account_key) as account_key,
        months.ar_end_base,
        months.current_end_base,
        months.overdue_end_base,
        months.unapplied_end_base,
        aged.open_base as aged_base
    from int_receivables_months as months
    full outer join aged
        on months.month_no = aged.month_no
        and months.account_key = aged.account_key
    where coalesce(months.ar_end_base, 0) <> coalesce(aged.open_base, 0)
        or months.ar_end_base <> months.current_end_base + months.overdue_end_base - months.unapplied_end_base

)

select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    broken.ar_end_base,
    broken.current_end_base,
    broken.overdue_end_base,
    broken.unapplied_end_base,
    broken.aged_base
from broken
inner join int_accounts as accounts on broken.account_key = accounts.account_key
inner join ref_months as months on broken.month_no = months.month_no
