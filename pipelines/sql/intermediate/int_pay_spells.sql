-- Grain: one row per customer and days after due: invoices paid in full on that day, and all that left sight then.
-- Invoices due in the two years up to the as-of date. One still open leaves sight at its age today: that it was not
-- paid until then counts, and leaving it out would hide the worst payers. One given up is never paid.
with

given_up as (

    select instalment_key, sum(amount_doc) as amount_doc
    from int_applications
    where kind = 'write_off'
    group by instalment_key

),

spells as (

    select
        balances.customer_key,
        least(
            greatest(
                date_diff('day', balances.due_date, coalesce(balances.closed_on, cast($as_of as date))), -400
            ),
            799
        ) as days_late,
        case when balances.closed_on is not null then 1 else 0 end as is_closed,
        case when coalesce(given_up.amount_doc, 0) * 2 >= balances.amount_doc then 1 else 0 end as is_given_up
    from int_instalment_balances as balances
    left join given_up on balances.instalment_key = given_up.instalment_key
    where balances.amount_doc > 0
        and balances.due_date > cast($as_of as date) - 730

),

final as (

    select
        customer_key,
        cast(case when is_given_up = 1 then 799 else days_late end as integer) as days_late,
        sum(is_closed * (1 - is_given_up)) as paid,
        count(*) as gone
    from spells
    group by customer_key, case when is_given_up = 1 then 799 else days_late end

)

select * from final
