-- Grain: one row per receipt line numbered like one of our credit notes or prepayments: it spends that document and
-- brings no new money.
select
    lines.line_key,
    documents.document_key
from stg_receipts as lines
inner join int_instalments as documents
    on lines.entity_id = documents.entity_id
    and lines.receipt_id = documents.invoice_id
where documents.amount_doc < 0
    and documents.instalment_key = documents.document_key
    and (lines.invoice_id is null or lines.invoice_id <> documents.invoice_id)
