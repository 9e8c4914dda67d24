-- Months in which the money that rolled out of a bucket is not the bucket's balance at the month end before.
with

from_lists as (

    select distinct account_key
    from int_receivables_months
    where is_from_open_items

),

desks as (

    select
        accounts.account_key,
        min(accounts.account_key) over (partition by accounts.entity_id, accounts.rep, accounts.region) as desk_key,
        from_lists.account_key is not null as is_from_lists
    from int_accounts as accounts
    left join from_lists on accounts.account_key = from_lists.account_key

),

balances as (

    select
        aging.month_no + 1 as month_no,
        desks.desk_key,
        aging.bucket_order,
        sum(aging.open_base) as open_base
    from int_aging_accounts as aging
    inner join desks on aging.account_key = desks.account_key
    where aging.bucket_order < 99
        and aging.month_no < (select max(month_no) from ref_months)
        and not desks.is_from_lists
    group by aging.month_no, desks.desk_key, aging.bucket_order

),

rolled as (

    select month_no, desk_key, from_order, sum(amount_base) as amount_base
    from int_roll_months
    group by month_no, desk_key, from_order

),

broken as (

    select
        coalesce(balances.month_no, rolled.month_no) as month_no,
        coalesce(balances.desk_key, rolled.desk_key) as desk_key,
        coalesce(balances.bucket_order, rolled.from_order) as bucket_order,
        balances.open_base,
        rolled.amount_base
    from balances
    full outer join rolled
        on balances.month_no = rolled.month_no
        and balances.desk_key = rolled.desk_key
        and balances.bucket_order = rolled.from_order
    where coalesce(balances.open_base, 0) <> coalesce(rolled.amount_base, 0)

)

select
    months.month_end,
    accounts.entity_id,
    accounts.rep,
    accounts.region,
    buckets.bucket,
    broken.open_base,
    broken.amount_base
from broken
inner join int_accounts as accounts on broken.desk_key = accounts.account_key
inner join ref_months as months on broken.month_no = months.month_no
inner join ref_buckets as buckets on broken.bucket_order = buckets.bucket_order
