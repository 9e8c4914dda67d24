-- One row per customer and day on which it settled instalments in full: how many, how many late, their days late together.
-- The running history names this day as the last one; here stand its figures and those of the last five such days.
with by_day as (
    select
        customer_key,
        settled_day,
        cast(count(*) as bigint) as settled_n,
        cast(sum(greatest(-60, least(180, settled_day - due_day))) as bigint) as days_late_sum,
        cast(sum(is_late) as bigint) as late_n
    from risk_outcomes
    where settled_day is not null
    group by customer_key, settled_day
),

final as (
    select
        customer_key,
        settled_day,
        settled_n,
        days_late_sum,
        sum(settled_n) over recently as recent_n,
        sum(days_late_sum) over recently as recent_days_late_sum,
        sum(late_n) over recently as recent_late_n
    from by_day
    window recently as (
        partition by customer_key
        order by settled_day
        rows between 4 preceding and current row
    )
)

select * from final
