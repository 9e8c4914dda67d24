-- Months in which the money that rolled out of a bucket is not the bucket's balance at the month end before.
with

from_lists as (

    select distinct account_key
    from int_receivables_months
    where is_from_open_items

),

balances as (

    select
        aging.month_no + 1 as month_no,
        accounts.entity_id,
        accounts.rep,
        accounts.region,
        aging.bucket_order,
        sum(aging.open_base) as open_base
    from int_aging_accounts as aging
    inner join int_accounts as accounts on aging.account_key = accounts.account_key
    left join from_lists on aging.account_key = from_lists.account_key
    where aging.bucket_order < 99
        and aging.month_no < (select max(month_no) from ref_months)
        and from_lists.account_key is null
    group by aging.month_no, accounts.entity_id, accounts.rep, accounts.region, aging.bucket_order

),

rolled as (

    select
        rolls.month_no,
        accounts.entity_id,
        accounts.rep,
        accounts.region,
        rolls.from_order,
        sum(rolls.amount_base) as amount_base
    from int_roll_months as rolls
    inner join int_accounts as accounts on rolls.desk_key = accounts.account_key
    group by rolls.month_no, accounts.entity_id, accounts.rep, accounts.region, rolls.from_order

),

broken as (

    select
        coalesce(balances.month_no, rolled.month_no) as month_no,
        coalesce(balances.entity_id, rolled.entity_id) as entity_id,
        coalesce(balances.rep, rolled.rep) as rep,
        coalesce(balances.region, rolled.region) as region,
        coalesce(balances.bucket_order, rolled.from_order) as bucket_order,
        balances.open_base,
        rolled.amount_base
    from balances
    full outer join rolled
        on balances.month_no = rolled.month_no
        and balances.entity_id = rolled.entity_id
        and balances.rep = rolled.rep
        and balances.region = rolled.region
        and balances.bucket_order = rolled.from_order
    where coalesce(balances.open_base, 0) <> coalesce(rolled.amount_base, 0)

)

select
    months.month_end,
    broken.entity_id,
    broken.rep,
    broken.region,
    buckets.bucket,
    broken.open_base,
    broken.amount_base
from broken
inner join ref_months as months on broken.month_no = months.month_no
inner join ref_buckets as buckets on broken.bucket_order = buckets.bucket_order
