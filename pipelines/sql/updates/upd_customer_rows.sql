-- Grain: one row per imported row of customers about a touched customer.
select customers.*
from raw_customers as customers
where exists (
    select 1
    from upd_customers as touched
    where touched.entity_id = coalesce(customers.entity_id, $default_entity)
        and touched.customer_id = customers.customer_id
)
    or exists (
        select 1
        from int_accounts as accounts
        inner join upd_customer_keys as keys on accounts.customer_key = keys.customer_key
        where accounts.entity_id = coalesce(customers.entity_id, $default_entity)
            and accounts.customer_id = customers.customer_id
    )
