-- One row per question (instalment, day): the instalment, what was paid on it, and its customer's record before that day.
-- The last seven columns are the answer as far as the book knows it; no feature is made of them.
with paid_before as (
    select
        questions.item_key,
        questions.day,
        sum(payments.cents) as item_paid_cents
    from risk_questions as questions
    inner join risk_payments as payments
        on payments.item_key = questions.item_key
        and payments.applied_day < questions.day
    group by questions.item_key, questions.day
),

final as (
    select
        questions.item_key,
        questions.customer_key,
        questions.day,
        outcomes.issue_day,
        outcomes.due_day,
        outcomes.cents,
        coalesce(paid_before.item_paid_cents, 0) as item_paid_cents,
        cast(round(customers.credit_limit_base * 100, 0) as double) as limit_cents,
        coalesce(history.issued_n, 0) as issued_n,
        coalesce(history.issued_cents, 0) as issued_cents,
        coalesce(history.open_n, 0) as open_n,
        coalesce(history.open_cents, 0) as open_cents,
        coalesce(history.due_n, 0) as due_n,
        coalesce(history.late_n, 0) as late_n,
        coalesce(history.very_late_due_n, 0) as very_late_due_n,
        coalesce(history.very_late_n, 0) as very_late_n,
        coalesce(history.overdue_n, 0) as overdue_n,
        coalesce(history.overdue_cents, 0) as overdue_cents,
        coalesce(history.settled_n, 0) as settled_n,
        coalesce(history.days_late_sum, 0) as days_late_sum,
        coalesce(history.part_n, 0) as part_n,
        history.last_settled_day,
        last_settled.days_late_sum as last_days_late_sum,
        last_settled.settled_n as last_settled_n,
        last_settled.recent_n,
        last_settled.recent_late_n,
        last_settled.recent_days_late_sum,
        outcomes.settled_day,
        outcomes.closed_day,
        outcomes.late_day,
        outcomes.very_late_day,
        outcomes.is_labelled,
        outcomes.is_late,
        outcomes.is_very_late
    from risk_questions as questions
    inner join risk_outcomes as outcomes on outcomes.item_key = questions.item_key
    left join dim_customers as customers on customers.customer_key = questions.customer_key
    left join risk_history as history
        on history.customer_key = questions.customer_key
        and history.day = questions.day
    left join paid_before
        on paid_before.item_key = questions.item_key
        and paid_before.day = questions.day
    left join risk_settled_days as last_settled
        on last_settled.customer_key = questions.customer_key
        and last_settled.settled_day = history.last_settled_day
)

select * from final
