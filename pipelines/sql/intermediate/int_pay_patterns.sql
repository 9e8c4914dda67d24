-- Grain: one row per customer whose money came in the two years up to the as-of date: on which days of month or week.
-- support: days on which money came. A pattern needs eight of them and 65 % of them in its place; else there is none.
-- A month end is one of the last four days, a day of the month that day or the three after it: runs move to the next
-- working day. Of two patterns the one that holds more of the days counts.
with

pay_days as (

    select
        customer_key,
        received_on,
        cast(extract(day from received_on) as integer) as day_of_month,
        date_diff('day', date '1900-01-01', received_on) % 7 as weekday,
        case
            when extract(month from received_on) <> extract(month from received_on + 4) then 1
            else 0
        end as is_month_end
    from int_pay_days

),

totals as (

    select
        customer_key,
        count(*) as support,
        sum(is_month_end) as at_month_end,
        max(received_on) as last_paid_on
    from pay_days
    group by customer_key

),

by_day_of_month as (

    select
        customer_key,
        day_of_month,
        sum(count(*)) over (
            partition by customer_key order by day_of_month range between current row and 3 following
        ) as days
    from pay_days
    group by customer_key, day_of_month

),

-- The day with most payments, the earliest of equals: both in one number, so that one pass finds it.
best_day_of_month as (

    select customer_key, cast(max(days * 100 + 31 - day_of_month) as bigint) as found
    from by_day_of_month
    group by customer_key

),

by_weekday as (

    select customer_key, weekday, count(*) as days
    from pay_days
    group by customer_key, weekday

),

best_weekday as (

    select customer_key, cast(max(days * 10 + 6 - weekday) as bigint) as found
    from by_weekday
    group by customer_key

),

shares as (

    select
        totals.customer_key,
        totals.support,
        totals.last_paid_on,
        31 - best_day_of_month.found % 100 as day_of_month,
        6 - best_weekday.found % 10 as weekday,
        cast(totals.at_month_end as double) / totals.support as month_end_share,
        floor(cast(best_day_of_month.found as double) / 100) / totals.support as day_share,
        floor(cast(best_weekday.found as double) / 10) / totals.support as weekday_share
    from totals
    inner join best_day_of_month on totals.customer_key = best_day_of_month.customer_key
    inner join best_weekday on totals.customer_key = best_weekday.customer_key

),

judged as (

    select
        *,
        case
            when support < 8 or greatest(month_end_share, day_share, weekday_share) < 0.65 then 'none'
            when month_end_share >= greatest(day_share, weekday_share) then 'month_end'
            when day_share >= weekday_share then 'day_of_month'
            else 'weekday'
        end as pattern
    from shares

),

final as (

    select
        customer_key,
        pattern,
        case pattern when 'day_of_month' then cast(day_of_month as integer) end as run_day,
        case pattern when 'weekday' then cast(weekday + 1 as integer) end as run_weekday,
        cast(support as integer) as support,
        case pattern
            when 'month_end' then month_end_share
            when 'day_of_month' then day_share
            when 'weekday' then weekday_share
        end as share,
        last_paid_on
    from judged

)

select * from final
