-- Grain: one row per entity and customer that a touched receipt line names as its payer and that is not yet touched.
-- A line that names none may belong to the unknown one.
select distinct
    coalesce(receipts.entity_id, $default_entity) as entity_id,
    coalesce(receipts.customer_id, '') as customer_id,
    1 as is_whole
from upd_receipts as receipts
where not exists (
    select 1
    from upd_customers as customers
    where customers.entity_id = coalesce(receipts.entity_id, $default_entity)
        and customers.customer_id = coalesce(receipts.customer_id, '')
)
    and not exists (
        select 1
        from int_accounts as accounts
        inner join upd_customer_keys as keys on accounts.customer_key = keys.customer_key
        where accounts.entity_id = coalesce(receipts.entity_id, $default_entity)
            and accounts.customer_id = coalesce(receipts.customer_id, '')
    )
