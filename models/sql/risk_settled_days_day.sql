-- One row per customer that may be asked about: its last day of settling before day $day; risk_settled_days for one day.
with by_day as (
    select
        customer_key,
        settled_day,
        count(*) as settled_n,
        sum(greatest(-60, least(180, settled_day - due_day))) as days_late_sum,
        sum(is_late) as late_n
    from risk_outcomes
    where settled_day < $day
        and customer_key * 7919 % 1000 < $per_mille
    group by customer_key, settled_day
),

ranked as (
    select
        by_day.*,
        row_number() over (partition by customer_key order by settled_day desc) as place
    from by_day
),

final as (
    select
        customer_key,
        max(settled_day) as settled_day,
        sum(case when place = 1 then settled_n end) as settled_n,
        sum(case when place = 1 then days_late_sum end) as days_late_sum,
        sum(settled_n) as recent_n,
        sum(days_late_sum) as recent_days_late_sum,
        sum(late_n) as recent_late_n
    from ranked
    where place <= 5
    group by customer_key
)

select * from final
