-- Grain: one row per month end, entity, rep, region and aging bucket: fct_aging_monthly, summed.
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
