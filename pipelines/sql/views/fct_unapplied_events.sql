-- Grain: one row per receipt line and day on which its unapplied rest changes; negative = more money not yet applied.
-- The sum of a line's changes up to a day is what stands unapplied at that day.
select
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    texts.receipt_id,
    events.event_on,
    events.kind,
    events.currency,
    events.change_doc,
    events.change_base,
    events.line_key
from int_unapplied_events as events
inner join int_accounts as accounts on events.account_key = accounts.account_key
left join int_receipt_texts as texts on events.line_key = texts.line_key
