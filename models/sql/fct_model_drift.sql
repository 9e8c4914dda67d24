-- Grain: one measure of how far the model has drifted from what it was trained on, as of $as_of.
-- psi: population stability index of the forecast (p_late) or a feature; last_month: forecasts of a month ago, judged.
select
    cast($as_of as date) as as_of,
    $model_id as model_id,
    measure,
    name,
    value,
    items
from risk_drift
order by measure, name
