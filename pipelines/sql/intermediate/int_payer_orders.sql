-- Grain: one row per customer invoiced in the 545 days up to the as-of date: what it bought lately and on which terms,
-- against the time before. Terms are days from issue to a due date that was not assumed, weighted by amount.
with

invoices as (

    select
        customer_key,
        amount_base,
        date_diff('day', issue_date, cast($as_of as date)) as days_ago,
        case when due_basis <> 'assumed' then date_diff('day', issue_date, due_date) end as terms
    from int_instalments
    where amount_doc > 0
        and issue_date > cast($as_of as date) - 545

),

final as (

    select
        customer_key,
        sum(case when days_ago < 90 then amount_base else 0 end) as sales_recent_base,
        sum(case when days_ago between 90 and 179 then amount_base else 0 end) as sales_before_base,
        sum(case when days_ago < 180 then 1 else 0 end) as invoices_recent,
        sum(case when days_ago >= 180 then 1 else 0 end) as invoices_before,
        cast(sum(case when days_ago < 180 and terms is not null then amount_base * terms end) as double)
        / nullif(cast(sum(case when days_ago < 180 and terms is not null then amount_base end) as double), 0)
            as terms_recent,
        cast(sum(case when days_ago >= 180 and terms is not null then amount_base * terms end) as double)
        / nullif(cast(sum(case when days_ago >= 180 and terms is not null then amount_base end) as double), 0)
            as terms_before
    from invoices
    group by customer_key

)

select * from final
