-- Grain: one row per month end, entity, customer, rep, region and aging bucket.
select
    aging.month_end,
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    aging.bucket,
    aging.bucket_order,
    aging.open_base,
    aging.items
from int_aging_accounts as aging
inner join int_accounts as accounts on aging.account_key = accounts.account_key
