-- Grain: one application of money to an invoice instalment; positive = the instalment owes less.
-- rule says how the instalment was found; basis is its short form: stated (by the source, or
-- by a person), inferred from what exports tell of settlements, or oldest first.
select
    instalments.entity_id,
    instalments.invoice_id,
    instalments.instalment_no,
    applications.applied_on,
    instalments.currency,
    applications.amount_doc,
    applications.amount_base,
    applications.kind,
    case
        when applications.rule in ('stated', 'reference', 'person') then 'stated'
        when applications.rule in ('listed', 'settled') then 'inferred'
        else 'fifo'
    end as basis,
    applications.rule,
    lines.receipt_id,
    lines.paid_on,
    lines.method,
    accounts.customer_id,
    applications.line_key,
    applications.instalment_key,
    instalments.customer_key,
    applications.due_date,
    applications.received_on,
    accounts.rep,
    accounts.region
from int_applications as applications
inner join int_accounts as accounts on applications.account_key = accounts.account_key
-- Both sides are sorted by account: naming it too lets one customer's applications read little of the instalments.
inner join int_instalments as instalments
    on applications.instalment_key = instalments.instalment_key
    and applications.account_key = instalments.account_key
left join int_receipt_texts as lines on applications.line_key = lines.line_key
