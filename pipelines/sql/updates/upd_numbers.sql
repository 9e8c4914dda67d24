-- Grain: one row per entity and number that the new exports name.
-- in_receipts: 1 where it may be the number of a receipt line, too; a credit note or prepayment may be spent by one.
with

named as (

    select
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.invoice_id as number,
        case when invoices.amount < 0 or invoices.doc_type in ('credit_note', 'prepayment') then 1 else 0 end as in_receipts,
        imports.import_no
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id

    union all

    select
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.invoice_id as number,
        0 as in_receipts,
        imports.import_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id

    union all

    -- Its number may be that of a credit note, which it spends.
    select
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.receipt_id as number,
        1 as in_receipts,
        imports.import_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id

)

select
    entity_id,
    number,
    max(in_receipts) as in_receipts
from named
where import_no > $last_import
    and number is not null
group by entity_id, number
