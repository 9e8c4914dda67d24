-- Grain: one row per pattern of pay runs and working day ahead on which it runs: month ends, days of the month (1 to
-- 31) and weekdays (1 = Monday). A day on which nobody works is moved to the next working day; a month end is not.
with

working_days as (

    select
        day,
        coalesce(lag(day) over (order by day), day - 1) as day_before,
        lead(day) over (order by day) as day_after
    from ref_working_days

),

nominal as (

    select
        working_days.day,
        working_days.day_before + numbers.number as nominal_day
    from working_days
    inner join ref_numbers as numbers
        on numbers.number between 1 and date_diff('day', working_days.day_before, working_days.day)

),

final as (

    select
        'month_end' as pattern,
        0 as run_at,
        day
    from working_days
    where extract(month from day) <> extract(month from day_after)

    union all

    select distinct 'day_of_month', cast(extract(day from nominal_day) as integer), day
    from nominal

    union all

    select distinct 'weekday', cast(date_diff('day', date '1900-01-01', nominal_day) % 7 + 1 as integer), day
    from nominal

)

select * from final
