-- Instalments to which more was applied than they owe, or money of the wrong sign.
select
    invoices.entity_id,
    invoices.invoice_id,
    invoices.instalment_no,
    balances.amount_doc,
    balances.open_doc
from int_instalment_balances as balances
inner join int_instalments as invoices on balances.instalment_key = invoices.instalment_key
where balances.open_doc * sign(balances.amount_doc) < 0
    or abs(balances.open_doc) > abs(balances.amount_doc)
