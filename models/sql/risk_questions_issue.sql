-- One row per instalment issued from day $first_day to day $last_day: how will it be paid, asked on the morning of its issue.
select
    item_key,
    customer_key,
    issue_day as day
from risk_outcomes
where issue_day between $first_day and $last_day
