-- One row per instalment whose label is known when day $last_day closes: what base rates and curves are counted from.
select
    outcomes.item_key,
    outcomes.customer_key,
    outcomes.issue_day as day,
    outcomes.issue_day,
    outcomes.due_day,
    outcomes.settled_day,
    outcomes.late_day,
    outcomes.very_late_day,
    outcomes.is_late,
    outcomes.is_very_late,
    segments.region,
    segments.currency,
    segments.industry,
    segments.customer_type
from risk_outcomes as outcomes
inner join risk_segments as segments on segments.item_key = outcomes.item_key
where outcomes.is_labelled = 1
    and outcomes.late_day <= $last_day
    and outcomes.customer_key * 7919 % 1000 < $per_mille
order by outcomes.customer_key, outcomes.issue_day, outcomes.item_key
