-- Grain: one row per invoice instalment, sorted by customer; credit notes and prepayments are negative.
select
    accounts.entity_id,
    instalments.invoice_id,
    instalments.instalment_no,
    instalments.doc_type,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    instalments.issue_date,
    instalments.due_date,
    instalments.due_basis,
    instalments.terms_days,
    instalments.currency,
    instalments.amount_doc,
    instalments.amount_base,
    balances.open_doc,
    balances.open_base,
    balances.closed_on,
    instalments.disputed,
    instalments.dispute_reason,
    instalments.project,
    instalments.order_no,
    instalments.status,
    imports.ledger,
    imports.import_id,
    instalments.instalment_key % 10000000000 as line_no,
    instalments.instalment_key,
    instalments.customer_key
from int_instalments as instalments
inner join int_accounts as accounts on instalments.account_key = accounts.account_key
inner join imports on instalments.import_no = imports.import_no
inner join int_instalment_balances as balances on instalments.instalment_key = balances.instalment_key
