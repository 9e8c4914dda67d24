-- One row per customer and day on which it settled instalments in full: how many, and their days late together.
-- The running history points here for "how late was the last one": it carries the day, this table the figures.
select
    customer_key,
    settled_day,
    count(*) as settled_n,
    sum(greatest(-60, least(180, settled_day - due_day))) as days_late_sum
from risk_outcomes
where settled_day is not null
group by customer_key, settled_day
