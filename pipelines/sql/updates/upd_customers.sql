-- Grain: one row per entity and customer that the new exports, what they touch, or newer entries name.
-- is_whole: 1 where more than single documents may differ. Whoever promised or gave a bill is always here: what becomes
-- of promises and bills is told together. So is whoever has a bill in hand, once bills of others have come to an end.
with

named as (

    select coalesce(entity_id, $default_entity) as entity_id, customer_id, 0 as is_whole
    from upd_named_invoices

    union all

    select coalesce(entity_id, $default_entity), coalesce(customer_id, ''), 0
    from upd_named_receipts

    union all

    select coalesce(customers.entity_id, $default_entity), customers.customer_id, 1
    from raw_customers as customers
    inner join raw_imports as imports on customers.import_id = imports.import_id
    where imports.import_no > $last_import

    union all

    select entity_id, customer_id, 1
    from upd_entered_customers

    union all

    select entity_id, customer_id, 1
    from raw_promises

    union all

    select entity_id, customer_id, 1
    from raw_bills

    union all

    select entity_id, customer_id, 1
    from fct_bills_in_hand
    where exists (select 1 from upd_bill_ends)

)

select entity_id, customer_id, max(is_whole) as is_whole
from named
group by entity_id, customer_id
