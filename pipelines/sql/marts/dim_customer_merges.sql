-- Grain: one row per customer number that a person merged into another; its rows stand under that other number.
select
    entity_id,
    customer_id,
    into_id,
    merged_by,
    merged_at,
    note
from raw_merges
order by entity_id, into_id, customer_id
