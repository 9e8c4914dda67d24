-- One row per question: its features and segments beside what became of the instalment as far as the book knows.
-- The order does not depend on the order in which exports were imported, so the same book teaches the same model.
select
    features.*,
    segments.region,
    segments.currency,
    segments.industry,
    segments.customer_type,
    segments.invoice_id
from risk_features as features
inner join risk_segments as segments on segments.item_key = features.item_key
order by features.day, features.customer_key, features.issue_day, segments.invoice_id, segments.instalment_no
