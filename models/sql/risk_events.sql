-- One row per thing that happened to a customer: issued, fell due, fell very late, paid something.
-- A due date is an event too: when its day ends the book knows whether the instalment is late.
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
        null as last_settled_day
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
        null as last_settled_day
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
        null as last_settled_day
    from risk_outcomes
),

paid as (
    select
        outcomes.customer_key,
        payments.applied_day as day,
        0 as issued_n,
        0 as issued_cents,
        -payments.is_first_of_day * case when payments.applied_day = outcomes.closed_day then 1 else 0 end as open_n,
        -payments.cents as open_cents,
        0 as due_n,
        0 as late_n,
        0 as very_late_due_n,
        0 as very_late_n,
        -payments.is_first_of_day * case
            when payments.applied_day = outcomes.closed_day and outcomes.closed_day > outcomes.late_day then 1
            else 0
        end as overdue_n,
        case when payments.applied_day > outcomes.late_day then -payments.cents else 0 end as overdue_cents,
        payments.is_first_of_day * case when payments.applied_day = outcomes.settled_day then 1 else 0 end as settled_n,
        payments.is_first_of_day * case
            when payments.applied_day = outcomes.settled_day
                then greatest(-60, least(180, outcomes.settled_day - outcomes.due_day))
            else 0
        end as days_late_sum,
        payments.is_first_of_day * case when payments.applied_day >= outcomes.settled_day then 0 else 1 end as part_n,
        case when payments.applied_day = outcomes.settled_day then payments.applied_day end as last_settled_day
    from risk_payments as payments
    inner join risk_outcomes as outcomes on outcomes.item_key = payments.item_key
),

final as (
    select * from issued
    union all
    select * from fell_due
    union all
    select * from fell_very_late
    union all
    select * from paid
)

select * from final
