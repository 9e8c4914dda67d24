-- One row per customer that may be asked about: what was known of it before day $day; risk_history for one day.
with paid as (
    select
        outcomes.customer_key,
        sum(payments.cents) as paid_cents,
        sum(case when payments.applied_day > outcomes.late_day then payments.cents else 0 end) as paid_late_cents,
        sum(
            payments.is_first_of_day * case when payments.applied_day >= outcomes.settled_day then 0 else 1 end
        ) as part_n
    from risk_payments as payments
    inner join risk_outcomes as outcomes on outcomes.item_key = payments.item_key
    where payments.applied_day < $day
        and outcomes.customer_key * 7919 % 1000 < $per_mille
    group by outcomes.customer_key
),

documents as (
    select
        customer_key,
        count(case when issue_day < $day then 1 end) as issued_n,
        sum(case when issue_day < $day then cents else 0 end) as issued_cents,
        count(case when closed_day < $day then 1 end) as closed_n,
        sum(case when late_day < $day then is_labelled else 0 end) as due_n,
        sum(case when late_day < $day then is_labelled * is_late else 0 end) as late_n,
        sum(case when very_late_day < $day then is_labelled else 0 end) as very_late_due_n,
        sum(case when very_late_day < $day then is_labelled * is_very_late else 0 end) as very_late_n,
        count(
            case when late_day < $day and coalesce(closed_day, $day) > late_day and coalesce(closed_day, $day) >= $day then 1 end
        ) as overdue_n,
        sum(
            case when late_day < $day and coalesce(closed_day, $day) > late_day then cents_after_due else 0 end
        ) as due_unpaid_cents,
        count(case when settled_day < $day then 1 end) as settled_n,
        sum(
            case when settled_day < $day then greatest(-60, least(180, settled_day - due_day)) else 0 end
        ) as days_late_sum,
        max(case when settled_day < $day then settled_day end) as last_settled_day
    from risk_outcomes
    where customer_key * 7919 % 1000 < $per_mille
    group by customer_key
),

final as (
    select
        documents.customer_key,
        cast($day as bigint) as day,
        documents.issued_n,
        documents.issued_cents,
        documents.issued_n - documents.closed_n as open_n,
        documents.issued_cents - coalesce(paid.paid_cents, 0) as open_cents,
        documents.due_n,
        documents.late_n,
        documents.very_late_due_n,
        documents.very_late_n,
        documents.overdue_n,
        documents.due_unpaid_cents - coalesce(paid.paid_late_cents, 0) as overdue_cents,
        documents.settled_n,
        documents.days_late_sum,
        coalesce(paid.part_n, 0) as part_n,
        documents.last_settled_day
    from documents
    left join paid on paid.customer_key = documents.customer_key
)

select * from final
