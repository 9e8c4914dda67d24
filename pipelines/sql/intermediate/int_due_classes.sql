-- Grain: one row per due date with its class: the first of the due dates that share its bucket at every month end.
-- Sums by class need a handful of rows a month instead of one per day.
with

due_dates as (

    select distinct due_date
    from int_instalments
    where amount_doc > 0

),

histories as (

    select
        due_dates.due_date,
        string_agg(cast(days.bucket_order as varchar), ',' order by months.month_no) as history
    from due_dates
    cross join ref_months as months
    inner join ref_bucket_days as days
        on least(greatest(date_diff('day', due_dates.due_date, months.month_end), 0), $open_ended_from)
        = days.days_past_due
    group by due_dates.due_date

),

final as (

    select
        due_date,
        min(due_date) over (partition by history) as class_due_date
    from histories

)

select * from final
