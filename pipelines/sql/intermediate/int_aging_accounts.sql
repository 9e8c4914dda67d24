-- Grain: one row per month end, account and aging bucket. Residues below 0.01 in document currency are not listed.
-- Sorted by account, so that reading one customer reads little.
with

at_month_ends as (

    select
        months.month_no,
        spans.account_key,
        spans.amount_base,
        spans.items,
        case
            when spans.due_date is null then -1
            else least(greatest(date_diff('day', spans.due_date, months.month_end), 0), $open_ended_from)
        end as days_past_due
    from int_balance_spans as spans
    inner join ref_month_spans as months
        on spans.from_month = months.from_month
        and spans.to_month = months.to_month
    where not spans.is_residue

),

final as (

    select
        at_month_ends.month_no,
        at_month_ends.account_key,
        days.bucket_order,
        cast(sum(at_month_ends.amount_base) as decimal(18, 4)) as open_base,
        cast(count(case when at_month_ends.items = 1 then 1 end) as integer) as items
    from at_month_ends
    inner join ref_bucket_days as days on at_month_ends.days_past_due = days.days_past_due
    group by at_month_ends.month_no, at_month_ends.account_key, days.bucket_order
    having count(case when at_month_ends.items = 1 then 1 end) > 0

)

select * from final
order by account_key
