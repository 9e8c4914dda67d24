-- Grain: one row per entity and customer that the new exports, what they touch, or newer entries name.
-- Whoever promised or gave a bill is always here: what becomes of promises and bills is told together.
with

named as (

    select coalesce(invoices.entity_id, $default_entity) as entity_id, invoices.customer_id, imports.import_no
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id

    union all

    select coalesce(receipts.entity_id, $default_entity), coalesce(receipts.customer_id, ''), imports.import_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id

    union all

    select coalesce(customers.entity_id, $default_entity), customers.customer_id, imports.import_no
    from raw_customers as customers
    inner join raw_imports as imports on customers.import_id = imports.import_id

)

select entity_id, customer_id
from named
where import_no > $last_import

union

select entity_id, customer_id
from upd_named_rows

union

select entity_id, customer_id
from upd_entered_customers

union

select entity_id, customer_id
from raw_promises

union

select entity_id, customer_id
from raw_bills
