-- One row per labelled instalment open on the morning of day $day that then showed by $last_day whether it is late;
-- thinned by whole customers.
select
    item_key,
    customer_key,
    $day as day
from risk_outcomes
where issue_day < $day
    and coalesce(closed_day, $day) >= $day
    and late_day between $day and $last_day
    and is_labelled = 1
    and customer_key * 7919 % 1000 < $per_mille
