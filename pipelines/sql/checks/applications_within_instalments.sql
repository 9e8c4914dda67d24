-- Instalments to which more was applied than they owe, or money of the wrong sign.
with

applied as (

    select instalment_key, sum(amount_doc) as amount_doc
    from fct_applications
    group by instalment_key

)

select
    invoices.entity_id,
    invoices.invoice_id,
    invoices.instalment_no,
    invoices.amount_doc,
    applied.amount_doc as applied_doc
from fct_invoices as invoices
inner join applied on invoices.instalment_key = applied.instalment_key
where abs(applied.amount_doc) > abs(invoices.amount_doc)
    or applied.amount_doc * sign(invoices.amount_doc) < 0
