-- One row per question (instalment, day): the instalment, what was paid on it, and its customer's record before that day.
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

customers as (
    select
        entity_id,
        customer_id,
        coalesce(industry, '') as industry,
        coalesce(customer_type, '') as customer_type,
        cast(round(credit_limit_base * 100, 0) as bigint) as limit_cents
    from dim_customers
),

final as (
    select
        questions.item_key,
        questions.customer_key,
        questions.day,
        items.issue_day,
        items.due_day,
        items.cents,
        coalesce(cast(paid_before.item_paid_cents as bigint), 0) as item_paid_cents,
        coalesce(items.region, '') as region,
        coalesce(items.currency, '') as currency,
        coalesce(customers.industry, '') as industry,
        coalesce(customers.customer_type, '') as customer_type,
        customers.limit_cents,
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
        last_settled.recent_days_late_sum
    from risk_questions as questions
    inner join risk_items as items on items.item_key = questions.item_key
    left join customers on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
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
order by item_key, day
