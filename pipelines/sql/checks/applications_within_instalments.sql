-- Instalments to which more was applied than they owe, or money of the wrong sign.
select
    invoices.entity_id,
    invoices.invoice_id,
    invoices.instalment_no,
    invoices.amount_doc,
    invoices.open_doc
from fct_invoices as invoices
where invoices.open_doc * sign(invoices.amount_doc) < 0
    or abs(invoices.open_doc) > abs(invoices.amount_doc)
