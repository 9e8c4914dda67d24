-- Grain: one row per application of money to an instalment, in document currency and in base at the booking rate.
-- Base amounts are differences of the rounded running base balance, so a paid invoice is zero in both currencies.
with

together as (

    select line_key, instalment_key, applied_on, kind, rule, amount_doc
    from int_directed_applications

    union all

    select line_key, instalment_key, applied_on, kind, rule, amount_doc
    from int_undirected_applications

),

in_base_currency as (

    select
        together.*,
        together.amount_doc as amount_base
    from together
    inner join int_instalments as instalments on together.instalment_key = instalments.instalment_key
    where instalments.currency = $base_currency

),

in_foreign_currency as (

    select
        together.*,
        instalments.booking_rate,
        sum(together.amount_doc) over (
            partition by together.instalment_key
            order by together.applied_on, together.kind, together.line_key
            rows between unbounded preceding and current row
        ) as applied_doc
    from together
    inner join int_instalments as instalments on together.instalment_key = instalments.instalment_key
    where instalments.currency <> $base_currency

),

final as (

    select line_key, instalment_key, applied_on, kind, rule, amount_doc, amount_base
    from in_base_currency

    union all

    select
        line_key,
        instalment_key,
        applied_on,
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
