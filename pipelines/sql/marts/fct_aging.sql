-- Grain: one row per entity, customer, rep, region and aging bucket at the as-of date.
select
    as_of,
    entity_id,
    customer_id,
    rep,
    region,
    bucket,
    bucket_order,
    cast(sum(open_base) as decimal(18, 4)) as open_base,
    count(*) as items
from fct_open_items
group by as_of, entity_id, customer_id, rep, region, bucket, bucket_order
order by entity_id, customer_id, bucket_order
