-- Grain: one row per instalment: its dates and amounts, what is open at the as-of date, the first and the last day on
-- which something was applied and the day that closed it. No text, so that aging at any day is one scan.
with

applied as (

    select
        instalment_key,
        sum(amount_doc) as amount_doc,
        sum(amount_base) as amount_base,
        min(applied_on) as first_applied_on,
        max(applied_on) as last_applied_on
    from int_applications
    group by instalment_key

),

final as (

    select
        instalments.instalment_key,
        instalments.account_key,
        instalments.customer_key,
        instalments.issue_date,
        instalments.due_date,
        instalments.amount_doc,
        instalments.amount_base,
        cast(instalments.amount_doc - coalesce(applied.amount_doc, 0) as decimal(18, 4)) as open_doc,
        cast(instalments.amount_base - coalesce(applied.amount_base, 0) as decimal(18, 4)) as open_base,
        instalments.due_basis = 'assumed' as is_assumed,
        applied.first_applied_on,
        applied.last_applied_on,
        case
            when abs(instalments.amount_doc - coalesce(applied.amount_doc, 0)) < 0.01 then applied.last_applied_on
        end as closed_on
    from int_instalments as instalments
    left join applied on instalments.instalment_key = applied.instalment_key

)

select * from final
