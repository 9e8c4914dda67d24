-- Grain: one row per month end, entity, customer, rep, region and aging bucket.
-- Of an account known from lists of open items, month ends before the first list are left out: what was paid by then
-- stands in no list, so they would show a growth that never was.
select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    buckets.bucket,
    aging.bucket_order,
    aging.open_base,
    aging.items
from int_aging_accounts as aging
inner join int_accounts as accounts on aging.account_key = accounts.account_key
inner join ref_months as months on aging.month_no = months.month_no
inner join ref_buckets as buckets on aging.bucket_order = buckets.bucket_order
left join int_open_items_only as lists on aging.account_key = lists.account_key
where lists.account_key is null
    or months.month_end >= lists.known_from
