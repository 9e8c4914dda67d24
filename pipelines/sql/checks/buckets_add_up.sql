-- Customers whose aging buckets do not add up to their open items.
with

by_bucket as (

    select entity_id, customer_id, sum(open_base) as open_base, sum(items) as items
    from fct_aging
    group by entity_id, customer_id

),

by_item as (

    select entity_id, customer_id, sum(open_base) as open_base, count(*) as items
    from fct_open_items
    group by entity_id, customer_id

)

select
    coalesce(by_item.entity_id, by_bucket.entity_id) as entity_id,
    coalesce(by_item.customer_id, by_bucket.customer_id) as customer_id,
    by_item.open_base as open_items_base,
    by_bucket.open_base as buckets_base
from by_item
full outer join by_bucket
    on by_item.entity_id = by_bucket.entity_id
    and by_item.customer_id = by_bucket.customer_id
where coalesce(by_item.open_base, 0) <> coalesce(by_bucket.open_base, 0)
    or coalesce(by_item.items, 0) <> coalesce(by_bucket.items, 0)
