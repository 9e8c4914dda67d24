-- Grain: one row per imported receipt row that is new or bears a number the new exports name: who paid, and whose
-- document it names; each stands for the other where a row does not say.
-- is_elsewhere: 1 where it names none of the documents that bear such a number.
select
    imports.import_no * 10000000000 + receipts.line_no as line_key,
    coalesce(receipts.entity_id, $default_entity) as entity_id,
    coalesce(receipts.customer_id, documents.customer_id, '') as customer_id,
    coalesce(documents.customer_id, receipts.customer_id, '') as other_id,
    case when documents.number is null then 1 else 0 end as is_elsewhere
from upd_named_receipts as receipts
inner join raw_imports as imports on receipts.import_id = imports.import_id
left join upd_named_documents as documents
    on coalesce(receipts.entity_id, $default_entity) = documents.entity_id
    and receipts.invoice_id = documents.number
