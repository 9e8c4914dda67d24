-- Grain: one row per entity, customer, rep, region and aging bucket at the as-of date.
with

sums as (

    select
        account_key,
        bucket,
        bucket_order,
        sum(open_base) as open_base,
        count(*) as items
    from fct_open_items
    group by account_key, bucket, bucket_order

)

select
    cast($as_of as date) as as_of,
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    sums.bucket,
    sums.bucket_order,
    cast(sums.open_base as decimal(18, 4)) as open_base,
    sums.items,
    accounts.customer_key
from sums
inner join int_accounts as accounts on sums.account_key = accounts.account_key
order by accounts.customer_key, sums.account_key, sums.bucket_order
