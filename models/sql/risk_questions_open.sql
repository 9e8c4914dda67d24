-- One row per instalment and day of risk_ask_days on whose morning it was open: how will it be paid from here on.
select
    outcomes.item_key,
    outcomes.customer_key,
    ask_days.day
from risk_outcomes as outcomes
inner join risk_ask_days as ask_days
    on ask_days.day > outcomes.issue_day
    and ask_days.day <= coalesce(outcomes.closed_day, $last_day)
