-- Grain: one row per row of an earlier export, of invoices or receipts, that bears a number the new exports name.
with

found as (

    select
        'invoices' as kind,
        import_id,
        line_no,
        coalesce(entity_id, $default_entity) as entity_id,
        customer_id
    from upd_named_invoices

    union all

    select
        'receipts' as kind,
        import_id,
        line_no,
        coalesce(entity_id, $default_entity) as entity_id,
        coalesce(customer_id, '') as customer_id
    from upd_named_receipts

)

select
    found.kind,
    imports.import_no,
    found.line_no,
    found.entity_id,
    found.customer_id
from found
inner join raw_imports as imports on found.import_id = imports.import_id
where imports.import_no <= $last_import
