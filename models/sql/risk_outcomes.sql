-- One row per instalment: when it was first fully paid or closed, and what its due date showed, as the book knew them.
-- Only first closings count: a later bounce cannot change what an earlier day knew.
with payments as (
    select
        item_key,
        min(case when is_settled then applied_day end) as settled_day,
        min(case when is_closed then applied_day end) as closed_day,
        sum(case when applied_day <= due_day + $grace then cents else 0 end) as cents_by_due
    from risk_payments
    group by item_key
),

final as (
    select
        items.item_key,
        items.customer_key,
        items.issue_day,
        items.due_day,
        items.is_labelled,
        items.cents,
        payments.settled_day,
        payments.closed_day,
        items.due_day + $grace as late_day,
        items.due_day + $very_late as very_late_day,
        items.cents - coalesce(payments.cents_by_due, 0) as cents_after_due,
        case when payments.settled_day <= items.due_day + $grace then 0 else 1 end as is_late,
        case when payments.settled_day <= items.due_day + $very_late then 0 else 1 end as is_very_late
    from risk_items as items
    left join payments on payments.item_key = items.item_key
)

select * from final
