-- Grain: one row per customer that closed an invoice in the year up to the as-of date: how late it paid us.
with

closed as (

    select
        customer_key,
        amount_base,
        date_diff('day', due_date, closed_on) as days_late,
        date_diff('day', closed_on, cast($as_of as date)) as days_ago
    from fct_invoices
    where amount_doc > 0
        and due_basis <> 'assumed'
        and closed_on > cast($as_of as date) - 365

),

final as (

    select
        customer_key,
        count(*) as closed_invoices,
        sum(case when days_late > 0 then 1 else 0 end) as closed_late,
        cast(sum(amount_base * days_late) as double) / cast(sum(amount_base) as double) as days_late,
        cast(sum(case when days_ago < 90 then amount_base * days_late end) as double)
        / nullif(cast(sum(case when days_ago < 90 then amount_base end) as double), 0) as days_late_recent,
        cast(sum(case when days_ago >= 90 then amount_base * days_late end) as double)
        / nullif(cast(sum(case when days_ago >= 90 then amount_base end) as double), 0) as days_late_before
    from closed
    group by customer_key
    having sum(amount_base) > 0

)

select * from final
