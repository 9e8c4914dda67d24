-- One row per question of the single day $day: what was known of its customer before that day; risk_history said plainly.
with customers as (
    select
        customer_key,
        count(case when issue_day < $day then 1 end) as issued_n,
        count(case when closed_day < $day then 1 end) as closed_n,
        sum(case when late_day < $day and is_late = 1 then is_labelled else 0 end) as late_n,
        sum(
            case when (late_day < $day and is_late = 1) or (closed_day < $day and is_late = 0) then is_labelled else 0 end
        ) as known_n,
        count(
            case when late_day < $day and is_late = 1 and coalesce(closed_day, $day) >= $day then 1 end
        ) as overdue_n,
        sum(case when very_late_day < $day then is_labelled * is_very_late else 0 end) as very_late_n,
        sum(case when closed_day < $day then payment_n - 1 else 0 end) as part_n,
        sum(case when issue_day < $day then cents else 0 end) as issued_cents,
        sum(case when issue_day < $day then cents else 0 end)
        - sum(case when closed_day < $day then cents else 0 end) as open_cents,
        sum(
            case when late_day < $day and is_late = 1 and coalesce(closed_day, $day) >= $day then cents else 0 end
        ) as overdue_cents,
        sum(case when closed_day < $day then days_late else 0 end) as days_late_sum,
        max(case when closed_day < $day then closed_day * 1000 + days_late end) as last_closed
    from risk_outcomes
    where customer_key * 7919 % 1000 < $per_mille
    group by customer_key
),

final as (
    select
        questions.item_key,
        questions.day,
        customers.issued_n,
        customers.closed_n,
        customers.late_n,
        customers.known_n,
        customers.overdue_n,
        customers.very_late_n,
        customers.part_n,
        customers.issued_cents,
        customers.open_cents,
        customers.overdue_cents,
        customers.days_late_sum,
        floor((customers.last_closed + 60) / 1000) as last_closed_day,
        customers.last_closed - floor((customers.last_closed + 60) / 1000) * 1000 as last_days_late
    from risk_questions as questions
    inner join customers on customers.customer_key = questions.customer_key
)

select * from final
