-- Months and buckets out of which other money rolled than stood in them at the month end before.
with

balances as (

    select
        aging.month_no + 1 as month_no,
        aging.bucket_order,
        sum(aging.open_base) as open_base
    from int_aging_accounts as aging
    left join int_open_items_only as lists on aging.account_key = lists.account_key
    where aging.bucket_order < 99
        and aging.month_no < (select max(month_no) from ref_months)
        and lists.account_key is null
    group by aging.month_no, aging.bucket_order

),

rolled as (

    select month_no, from_order, sum(amount_base) as amount_base
    from int_roll_months
    group by month_no, from_order

)

select
    months.month_end,
    buckets.bucket,
    balances.open_base,
    rolled.amount_base
from balances
full outer join rolled
    on balances.month_no = rolled.month_no
    and balances.bucket_order = rolled.from_order
inner join ref_months as months on coalesce(balances.month_no, rolled.month_no) = months.month_no
inner join ref_buckets as buckets on coalesce(balances.bucket_order, rolled.from_order) = buckets.bucket_order
where coalesce(balances.open_base, 0) <> coalesce(rolled.amount_base, 0)
