-- One row per question: its features beside what became of the instalment as far as the book knows.
select
    features.*,
    items.invoice_id,
    outcomes.settled_day,
    outcomes.closed_day,
    outcomes.late_day,
    outcomes.very_late_day,
    outcomes.is_labelled,
    outcomes.is_late,
    outcomes.is_very_late
from risk_features as features
inner join risk_items as items on items.item_key = features.item_key
inner join risk_outcomes as outcomes on outcomes.item_key = features.item_key
order by features.day, features.item_key
