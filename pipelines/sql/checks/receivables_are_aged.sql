-- Months whose receivables are not the sum of their aging buckets; another check rolls each account forward.
with

receivables as (

    select
        month_no,
        sum(overdue_end_base + current_end_base - unapplied_end_base) as ar_end_base,
        sum(current_end_base) as current_end_base,
        sum(overdue_end_base) as overdue_end_base,
        sum(unapplied_end_base) as unapplied_end_base
    from int_receivables_desks
    group by month_no

),

aged as (

    select
        month_no,
        sum(open_base) as open_base,
        sum(case when bucket_order between 1 and 98 then open_base else 0 end) as overdue_base
    from int_aging_accounts
    group by month_no

)

select
    months.month_end,
    receivables.ar_end_base,
    receivables.current_end_base,
    receivables.overdue_end_base,
    receivables.unapplied_end_base,
    aged.open_base as aged_base
from receivables
full outer join aged on receivables.month_no = aged.month_no
inner join ref_months as months on coalesce(receivables.month_no, aged.month_no) = months.month_no
where coalesce(receivables.ar_end_base, 0) <> coalesce(aged.open_base, 0)
    or coalesce(receivables.overdue_end_base, 0) <> coalesce(aged.overdue_base, 0)
