-- Grain: one row per directed line and the one instalment it pays, never beyond what that owes.
-- Running sums are clamped to the owed amount, so over-payments stay over and a bounce (a negative line) reopens.
-- Lines of one day stand in an order of their own, so that the order of rows in a file decides nothing.
-- received_on: the day the money came in; of a line that takes back, that of the payment it takes back.
with

in_turn as (

    select
        *,
        sum(amount_doc) over (
            partition by instalment_key
            order by applied_on, received_on, amount_doc desc, kind, rule, line_key
            rows between unbounded preceding and current row
        ) as paid_after,
        max(case when amount_doc > 0 then received_on end) over (
            partition by instalment_key
            order by applied_on, received_on, amount_doc desc, kind, rule, line_key
            rows between unbounded preceding and current row
        ) as paid_before_on
    from int_directed_lines
    where instalment_key in (select instalment_key from int_contested_instalments)

),

shares_in_turn as (

    select
        line_key,
        instalment_key,
        applied_on,
        case when amount_doc < 0 then coalesce(paid_before_on, received_on) else received_on end as received_on,
        kind,
        rule,
        least(greatest(paid_after, least(owed_doc, 0)), greatest(owed_doc, 0))
        - least(greatest(paid_after - amount_doc, least(owed_doc, 0)), greatest(owed_doc, 0)) as amount_doc
    from in_turn

),

final as (

    select
        line_key,
        instalment_key,
        applied_on,
        received_on,
        kind,
        rule,
        amount_doc
    from int_directed_lines as lines
    where instalment_key is not null
        and not exists (
            select 1
            from int_contested_instalments as contested
            where contested.instalment_key = lines.instalment_key
        )

    union all

    select
        line_key,
        instalment_key,
        applied_on,
        received_on,
        kind,
        rule,
        cast(amount_doc as decimal(18, 4)) as amount_doc
    from shares_in_turn
    where amount_doc <> 0

)

select * from final
