-- Grain: one row per entity and document or receipt number that the new exports name.
with

named as (

    select coalesce(invoices.entity_id, $default_entity) as entity_id, invoices.invoice_id as number, imports.import_no
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id

    union all

    select coalesce(receipts.entity_id, $default_entity), receipts.invoice_id, imports.import_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id

    union all

    select coalesce(receipts.entity_id, $default_entity), receipts.receipt_id, imports.import_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id

)

select distinct entity_id, number
from named
where import_no > $last_import
    and number is not null
