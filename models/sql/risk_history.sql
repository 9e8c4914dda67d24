-- One row per customer and day on which something happened or is asked: what was known before that day began.
-- Events are summed per customer and day; one running sum then leaves the day itself out.
with issued as (
    select
        customer_key,
        issue_day as day,
        1 as issued_n,
        cents as issued_cents,
        1 as open_n,
        cents as open_cents,
        0 as due_n,
        0 as late_n,
        0 as very_late_due_n,
        0 as very_late_n,
        0 as overdue_n,
        0 as overdue_cents,
        0 as settled_n,
        0 as days_late_sum,
        0 as part_n,
        null as paid_day
    from risk_outcomes
),

fell_due as (
    select
        customer_key,
        late_day as day,
        0 as issued_n,
        0 as issued_cents,
        0 as open_n,
        0 as open_cents,
        is_labelled as due_n,
        is_labelled * is_late as late_n,
        0 as very_late_due_n,
        0 as very_late_n,
        case when closed_day <= late_day then 0 else 1 end as overdue_n,
        case when closed_day <= late_day then 0 else cents_after_due end as overdue_cents,
        0 as settled_n,
        0 as days_late_sum,
        0 as part_n,
        null as paid_day
    from risk_outcomes
),

fell_very_late as (
    select
        customer_key,
        very_late_day as day,
        0 as issued_n,
        0 as issued_cents,
        0 as open_n,
        0 as open_cents,
        0 as due_n,
        0 as late_n,
        is_labelled as very_late_due_n,
        is_labelled * is_very_late as very_late_n,
        0 as overdue_n,
        0 as overdue_cents,
        0 as settled_n,
        0 as days_late_sum,
        0 as part_n,
        null as paid_day
    from risk_outcomes
),

paid as (
    select
        payments.customer_key,
        payments.applied_day as day,
        0 as issued_n,
        0 as issued_cents,
        case when payments.applied_day = outcomes.closed_day then -1 else 0 end as open_n,
        -payments.cents as open_cents,
        0 as due_n,
        0 as late_n,
        0 as very_late_due_n,
        0 as very_late_n,
        case
            when payments.applied_day = outcomes.closed_day and outcomes.closed_day > outcomes.late_day then -1
            else 0
        end as overdue_n,
        case when payments.applied_day > outcomes.late_day then -payments.cents else 0 end as overdue_cents,
        case when payments.applied_day = outcomes.settled_day then 1 else 0 end as settled_n,
        case
            when payments.applied_day = outcomes.settled_day
                then greatest(-60, least(180, outcomes.settled_day - outcomes.due_day))
            else 0
        end as days_late_sum,
        case when payments.applied_day >= outcomes.settled_day then 0 else 1 end as part_n,
        payments.applied_day as paid_day
    from risk_payments as payments
    inner join risk_outcomes as outcomes on outcomes.item_key = payments.item_key
),

asked as (
    select
        customer_key,
        day,
        0 as issued_n,
        0 as issued_cents,
        0 as open_n,
        0 as open_cents,
        0 as due_n,
        0 as late_n,
        0 as very_late_due_n,
        0 as very_late_n,
        0 as overdue_n,
        0 as overdue_cents,
        0 as settled_n,
        0 as days_late_sum,
        0 as part_n,
        null as paid_day
    from risk_questions
    group by customer_key, day
),

events as (
    select * from issued
    union all
    select * from fell_due
    union all
    select * from fell_very_late
    union all
    select * from paid
    union all
    select * from asked
),

by_day as (
    select
        customer_key,
        day,
        cast(sum(issued_n) as bigint) as issued_n,
        cast(sum(issued_cents) as bigint) as issued_cents,
        cast(sum(open_n) as bigint) as open_n,
        cast(sum(open_cents) as bigint) as open_cents,
        cast(sum(due_n) as bigint) as due_n,
        cast(sum(late_n) as bigint) as late_n,
        cast(sum(very_late_due_n) as bigint) as very_late_due_n,
        cast(sum(very_late_n) as bigint) as very_late_n,
        cast(sum(overdue_n) as bigint) as overdue_n,
        cast(sum(overdue_cents) as bigint) as overdue_cents,
        cast(sum(settled_n) as bigint) as settled_n,
        cast(sum(days_late_sum) as bigint) as days_late_sum,
        cast(sum(part_n) as bigint) as part_n,
        max(paid_day) as paid_day
    from events
    group by customer_key, day
),

final as (
    select
        customer_key,
        day,
        sum(issued_n) over before_day as issued_n,
        sum(issued_cents) over before_day as issued_cents,
        sum(open_n) over before_day as open_n,
        sum(open_cents) over before_day as open_cents,
        sum(due_n) over before_day as due_n,
        sum(late_n) over before_day as late_n,
        sum(very_late_due_n) over before_day as very_late_due_n,
        sum(very_late_n) over before_day as very_late_n,
        sum(overdue_n) over before_day as overdue_n,
        sum(overdue_cents) over before_day as overdue_cents,
        sum(settled_n) over before_day as settled_n,
        sum(days_late_sum) over before_day as days_late_sum,
        sum(part_n) over before_day as part_n,
        max(paid_day) over before_day as paid_day
    from by_day
    window before_day as (
        partition by customer_key
        order by day
        rows between unbounded preceding and 1 preceding
    )
)

select * from final
