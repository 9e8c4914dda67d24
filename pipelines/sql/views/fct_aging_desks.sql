-- Grain: one row per month end, entity, rep, region and aging bucket: all accounts together. Unlike fct_aging_monthly it
-- holds month ends before the first list of open items of an account, too.
select
    months.month_end,
    desks.entity_id,
    desks.rep,
    desks.region,
    buckets.bucket,
    aging.bucket_order,
    aging.open_base,
    aging.items
from int_aging_desks as aging
inner join int_desk_names as desks on aging.desk_key = desks.desk_key
inner join ref_months as months on aging.month_no = months.month_no
inner join ref_buckets as buckets on aging.bucket_order = buckets.bucket_order
