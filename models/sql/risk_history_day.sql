-- One row per customer: what was known of it before day $day began; risk_history for questions of a single day.
select
    customer_key,
    $day as day,
    cast(sum(issued_n) as double) as issued_n,
    cast(sum(issued_cents) as double) as issued_cents,
    cast(sum(open_n) as double) as open_n,
    cast(sum(open_cents) as double) as open_cents,
    cast(sum(due_n) as double) as due_n,
    cast(sum(late_n) as double) as late_n,
    cast(sum(very_late_due_n) as double) as very_late_due_n,
    cast(sum(very_late_n) as double) as very_late_n,
    cast(sum(overdue_n) as double) as overdue_n,
    cast(sum(overdue_cents) as double) as overdue_cents,
    cast(sum(settled_n) as double) as settled_n,
    cast(sum(days_late_sum) as double) as days_late_sum,
    cast(sum(part_n) as double) as part_n,
    max(last_settled_day) as last_settled_day
from risk_events
where day < $day
group by customer_key
