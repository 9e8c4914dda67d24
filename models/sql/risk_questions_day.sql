-- One row per instalment that was open on the morning of day $day: how will it be paid from here on.
select
    item_key,
    customer_key,
    $day as day
from risk_outcomes
where issue_day < $day
    and coalesce(closed_day, $day) >= $day
