-- Grain: one row per customer with open invoices and number of weeks ahead, 0 to 13: how many days of its habit have
-- come about by then. For a customer that pays in runs the days until half-way to its next run count as soon as a run
-- has been, and none before the first: what falls between two runs is paid in the nearer one.
-- run_share: the part of its pay days that keep to the runs; 0 for a customer without a pattern.
with

customers as (

    select distinct customer_key
    from fct_open_items
    where days_past_due is not null

),

run_days as (

    select
        patterns.customer_key,
        patterns.share,
        date_diff('day', cast($as_of as date), days.day) as days_ahead
    from int_pay_patterns as patterns
    inner join customers on patterns.customer_key = customers.customer_key
    inner join int_run_days as days
        on patterns.pattern = days.pattern
        and coalesce(patterns.run_day, patterns.run_weekday, 0) = days.run_at
    where days.day > cast($as_of as date)

),

around as (

    select
        run_days.customer_key,
        weeks.number as week_no,
        max(run_days.share) as share,
        max(case when run_days.days_ahead <= 7 * weeks.number then run_days.days_ahead end) as last_run,
        min(case when run_days.days_ahead > 7 * weeks.number then run_days.days_ahead end) as next_run
    from run_days
    cross join ref_numbers as weeks
    where weeks.number <= 13
    group by run_days.customer_key, weeks.number

),

final as (

    select
        customers.customer_key,
        cast(weeks.number as integer) as week_no,
        cast(7 * weeks.number as integer) as plain_days,
        case
            when around.next_run is null then cast(7 * weeks.number as integer)
            when around.last_run is null then 0
            else cast(floor((around.last_run + around.next_run) / 2) as integer)
        end as run_days,
        case when around.next_run is null then 0 else around.share end as run_share
    from customers
    cross join ref_numbers as weeks
    left join around
        on customers.customer_key = around.customer_key
        and weeks.number = around.week_no
    where weeks.number <= 13

)

select * from final
