-- One row per question of a single day, in no order: its features and segments, all that scoring reads.
select
    features.*,
    segments.region,
    segments.currency,
    segments.industry,
    segments.customer_type
from risk_features as features
inner join risk_segments as segments on segments.item_key = features.item_key
