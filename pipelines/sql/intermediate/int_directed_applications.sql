-- Grain: one row per directed line and instalment it pays, never beyond what the instalment owes.
-- Running sums are clamped to the owed amount, so over-payments stay over and a bounce (a negative line) reopens.
-- Lines of one day stand in an order of their own, so that the order of rows in a file decides nothing.
with

targeted as (

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
        and (instalments.instalments = 1 or instalments.instalment_no = lines.instalment_no)

),

per_instalment as (

    select instalment_key, sum(amount_doc) as amount_doc, min(amount_doc) as least_doc
    from targeted
    group by instalment_key

),

-- Where all lines together are no more than is owed, and none takes back, every line pays in full.
in_full as (

    select targeted.*
    from targeted
    inner join per_instalment as sums on targeted.instalment_key = sums.instalment_key
    where sums.least_doc > 0 and sums.amount_doc <= targeted.owed_doc

),

in_turn as (

    select
        targeted.*,
        sum(targeted.amount_doc) over (
            partition by targeted.instalment_key
            order by
                targeted.applied_on, targeted.received_on, targeted.amount_doc desc, targeted.kind, targeted.line_key
            rows between unbounded preceding and current row
        ) as paid_after
    from targeted
    inner join per_instalment as sums on targeted.instalment_key = sums.instalment_key
    where sums.least_doc <= 0 or sums.amount_doc > targeted.owed_doc

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
    inner join int_instalments as documents on lines.document_key = documents.instalment_key
    where documents.instalments > 1 and lines.instalment_no is null

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
