-- One row per question (instalment, day): the instalment, what was paid on it, and its customer's record before that day.
-- The last seven columns are the answer as far as the book knows it; no feature is made of them.
with paid_before as (
    select
        questions.item_key,
        questions.day,
        sum(round(cast(applications.amount_base as double) * 100, 0)) as item_paid_cents
    from risk_questions as questions
    inner join int_applications as applications on applications.instalment_key = questions.item_key
    where date_diff('day', date '2000-01-01', applications.applied_on) < questions.day
    group by questions.item_key, questions.day
),

promises_before as (
    select
        questions.item_key,
        questions.day,
        count(*) as promise_n,
        sum(promises.is_broken) as broken_n
    from risk_questions as questions
    inner join risk_promises as promises
        on promises.customer_key = questions.customer_key
        and promises.known_day < questions.day
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
        round(cast(customers.credit_limit_base as double) * 100, 0) as limit_cents,
        history.issued_n,
        history.closed_n,
        history.late_n,
        history.known_n,
        history.overdue_n,
        history.very_late_n,
        history.part_n,
        history.issued_cents,
        history.open_cents,
        history.overdue_cents,
        history.days_late_sum,
        history.last_closed_day,
        history.last_days_late,
        coalesce(promises_before.promise_n, 0) as promise_n,
        coalesce(promises_before.broken_n, 0) as broken_n,
        outcomes.settled_day,
        outcomes.closed_day,
        outcomes.late_day,
        outcomes.very_late_day,
        outcomes.is_labelled,
        outcomes.is_late,
        outcomes.is_very_late
    from risk_questions as questions
    inner join risk_outcomes as outcomes on outcomes.item_key = questions.item_key
    inner join risk_history as history
        on history.item_key = questions.item_key
        and history.day = questions.day
    left join dim_customers as customers on customers.customer_key = questions.customer_key
    left join paid_before
        on paid_before.item_key = questions.item_key
        and paid_before.day = questions.day
    left join promises_before
        on promises_before.item_key = questions.item_key
        and promises_before.day = questions.day
)

select * from final
