-- Grain: one row per imported row of a bill or cheque in hand: no money yet, so the earlier build knows no line of it.
select
    imports.import_no,
    receipts.line_no,
    coalesce(receipts.entity_id, $default_entity) as entity_id,
    receipts.customer_id,
    receipts.invoice_id
from raw_receipts as receipts
inner join raw_imports as imports on receipts.import_id = imports.import_id
where receipts.cleared_on > $as_of
    and receipts.method in ('bill', 'cheque')
