-- Grain: one row per application of money to an instalment, in document currency and in base at the booking rate.
-- Base amounts are differences of the rounded running base balance, so a paid invoice is zero in both currencies.
-- Account and days of the instalment stand here too, so that no history joins the two; due_date is empty where nothing
-- falls due (credit notes, prepayments).
-- received_on: the day the money came in, or the issue date where it came before; money is late or not by this day,
-- while the instalment owes less from the day of its matching, applied_on.
-- Sorted by account, so that reading one customer reads little.
with

together as (

    select line_key, instalment_key, applied_on, received_on, kind, rule, amount_doc
    from int_targeted_applications
    where line_key > 0

    union all

    select line_key, instalment_key, applied_on, received_on, kind, rule, amount_doc
    from int_settled_applications

    union all

    select line_key, instalment_key, applied_on, received_on, kind, rule, amount_doc
    from int_spread_applications

    union all

    select line_key, instalment_key, applied_on, received_on, kind, rule, amount_doc
    from int_undirected_applications

),

placed as (

    select
        together.line_key,
        together.instalment_key,
        together.applied_on,
        greatest(together.received_on, instalments.issue_date) as received_on,
        together.kind,
        together.rule,
        together.amount_doc,
        instalments.account_key,
        instalments.issue_date,
        case when instalments.amount_doc > 0 then instalments.due_date end as due_date,
        instalments.due_basis = 'assumed' as is_assumed,
        case when instalments.currency <> $base_currency then instalments.booking_rate end as booking_rate
    from together
    inner join int_instalments as instalments on together.instalment_key = instalments.instalment_key

),

in_foreign_currency as (

    select
        *,
        sum(amount_doc) over (
            partition by instalment_key
            order by applied_on, kind, rule, amount_doc desc, line_key
            rows between unbounded preceding and current row
        ) as applied_doc
    from placed
    where booking_rate is not null

),

final as (

    select
        line_key,
        instalment_key,
        account_key,
        issue_date,
        due_date,
        is_assumed,
        applied_on,
        received_on,
        kind,
        rule,
        amount_doc,
        amount_doc as amount_base
    from placed
    where booking_rate is null

    union all

    select
        line_key,
        instalment_key,
        account_key,
        issue_date,
        due_date,
        is_assumed,
        applied_on,
        received_on,
        kind,
        rule,
        amount_doc,
        cast(
            round(applied_doc * booking_rate, 4) - round((applied_doc - amount_doc) * booking_rate, 4)
            as decimal(18, 4)
        ) as amount_base
    from in_foreign_currency

)

select * from final
order by account_key
