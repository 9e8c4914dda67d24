-- Grain: one row per receipt line that names no document, that nobody directed, that did not come back and of which no
-- ledger says that it stays on account: money that is free to pay whatever its customer owes.
select
    lines.line_key,
    coalesce(texts.receipt_id, '') as receipt_id,
    lines.customer_key,
    lines.currency,
    lines.received_on,
    greatest(lines.received_on, coalesce(lines.applied_on, lines.received_on)) as available_on,
    lines.amount_doc,
    lines.kind
from int_receipt_lines as lines
inner join int_receipt_texts as texts on lines.line_key = texts.line_key
where lines.document_key is null
    and not lines.states_invoice
    and not lines.is_decided
    and lines.customer_key is not null
    and lines.amount_doc > 0
    and lines.line_key not in (select line_key from int_bounced_lines)
    and lines.line_key not in (select line_key from stg_payments_on_account)
    -- What is applied after the as-of date keeps no other money from a debt.
    and greatest(lines.received_on, coalesce(lines.applied_on, lines.received_on)) <= $as_of
