-- Grain: one row per month end, entity, rep, region and aging bucket: fct_aging_monthly, summed.
select
    months.month_end,
    accounts.entity_id,
    accounts.rep,
    accounts.region,
    buckets.bucket,
    aging.bucket_order,
    aging.open_base,
    aging.items
from int_aging_desks as aging
inner join int_accounts as accounts on aging.desk_key = accounts.account_key
inner join ref_months as months on aging.month_no = months.month_no
inner join ref_buckets as buckets on aging.bucket_order = buckets.bucket_order
