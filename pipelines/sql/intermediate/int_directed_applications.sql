-- Grain: one row per directed line and instalment it pays, never beyond what the instalment owes.
-- Running sums are clamped to the owed amount, so over-payments stay over and a bounce (a negative line) reopens.
-- Lines of one day stand in an order of their own, so that the order of rows in a file decides nothing.
with

targeted as (

    select
        line_key,
        document_key,
        document_key as instalment_key,
        applied_on,
        received_on,
        amount_doc,
        kind,
        rule,
        document_amount_doc as owed_doc
    from int_directed_lines
    where document_instalments = 1

    union all

    select
        lines.line_key,
        lines.document_key,
        instalments.instalment_key,
        lines.applied_on,
        lines.received_on,
        lines.amount_doc,
        lines.kind,
        lines.rule,
        instalments.amount_doc as owed_doc
    from int_directed_lines as lines
    inner join int_instalments as instalments
        on lines.document_key = instalments.document_key
        and lines.instalment_no = instalments.instalment_no
    where lines.document_instalments > 1 and instalments.instalments > 1

),

-- Where all lines together are no more than is owed, and none takes back, every line pays in full: what is not here.
contested as (

    select instalment_key
    from targeted
    group by instalment_key
    having min(amount_doc) <= 0 or sum(amount_doc) > max(owed_doc)

),

in_full as (

    select *
    from targeted
    where not exists (select 1 from contested where contested.instalment_key = targeted.instalment_key)

),

in_turn as (

    select
        *,
        sum(amount_doc) over (
            partition by instalment_key
            order by applied_on, received_on, amount_doc desc, kind, line_key
            rows between unbounded preceding and current row
        ) as paid_after
    from targeted
    where instalment_key in (select instalment_key from contested)

),

targeted_applied as (

    select line_key, document_key, instalment_key, applied_on, kind, rule, amount_doc
    from in_full

    union all

    select
        line_key,
        document_key,
        instalment_key,
        applied_on,
        kind,
        rule,
        least(greatest(paid_after, least(owed_doc, 0)), greatest(owed_doc, 0))
        - least(greatest(paid_after - amount_doc, least(owed_doc, 0)), greatest(owed_doc, 0)) as amount_doc
    from in_turn

),

-- Lines that name an invoice in instalments, but not which one, fill its instalments oldest first.
spread_lines as (

    select
        lines.*,
        sum(lines.amount_doc) over (
            partition by lines.document_key
            order by lines.applied_on, lines.received_on, lines.amount_doc desc, lines.kind, lines.line_key
            rows between unbounded preceding and current row
        ) as paid_after
    from int_directed_lines as lines
    where lines.document_instalments > 1 and lines.instalment_no is null

),

still_owed as (

    select
        instalments.document_key,
        instalments.instalment_key,
        instalments.due_date,
        instalments.instalment_no,
        instalments.amount_doc - coalesce(paid.amount_doc, 0) as owed_doc
    from int_instalments as instalments
    left join (
        select instalment_key, sum(amount_doc) as amount_doc
        from targeted_applied
        group by instalment_key
    ) as paid on instalments.instalment_key = paid.instalment_key
    where instalments.instalments > 1

),

schedule as (

    select
        *,
        sum(owed_doc) over (
            partition by document_key
            order by due_date, instalment_no
            rows between unbounded preceding and current row
        ) - owed_doc as starts_at
    from still_owed

),

spread_applied as (

    select
        spread_lines.line_key,
        spread_lines.document_key,
        schedule.instalment_key,
        spread_lines.applied_on,
        spread_lines.kind,
        spread_lines.rule,
        least(
            greatest(spread_lines.paid_after - schedule.starts_at, least(schedule.owed_doc, 0)),
            greatest(schedule.owed_doc, 0)
        ) - least(
            greatest(
                spread_lines.paid_after - spread_lines.amount_doc - schedule.starts_at, least(schedule.owed_doc, 0)
            ),
            greatest(schedule.owed_doc, 0)
        ) as amount_doc
    from spread_lines
    inner join schedule on spread_lines.document_key = schedule.document_key

),

final as (

    select
        line_key,
        instalment_key,
        applied_on,
        kind,
        rule,
        cast(amount_doc as decimal(18, 4)) as amount_doc
    from targeted_applied
    where amount_doc <> 0

    union all

    select
        line_key,
        instalment_key,
        applied_on,
        kind,
        rule,
        cast(amount_doc as decimal(18, 4)) as amount_doc
    from spread_applied
    where amount_doc <> 0

)

select * from final
