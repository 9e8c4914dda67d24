-- Grain: one row per line that names a document in instalments, but not which one, and instalment it pays.
-- It fills what is still owed on the instalments in its currency, oldest first; what takes back from nothing fills those
-- below zero.
with

lines as (

    select
        *,
        sum(amount_doc) over (
            partition by document_key, currency
            order by applied_on, received_on, amount_doc desc, kind, rule, line_key
            rows between unbounded preceding and current row
        ) as paid_after,
        max(case when amount_doc > 0 then received_on end) over (
            partition by document_key, currency
            order by applied_on, received_on, amount_doc desc, kind, rule, line_key
            rows between unbounded preceding and current row
        ) as paid_before_on
    from int_directed_lines
    where instalment_key is null
        and instalment_no is null

),

parts as (

    select document_key, instalment_key, currency, issue_date, due_date, instalment_no, amount_doc
    from int_instalments
    where document_key in (select document_key from lines)

),

paid as (

    select instalment_key, sum(amount_doc) as amount_doc
    from int_targeted_applications
    where instalment_key in (select instalment_key from parts)
    group by instalment_key

),

still_owed as (

    select
        parts.document_key,
        parts.instalment_key,
        parts.currency,
        parts.issue_date,
        parts.due_date,
        parts.instalment_no,
        parts.amount_doc - coalesce(paid.amount_doc, 0) as owed_doc
    from parts
    left join paid on parts.instalment_key = paid.instalment_key

),

schedule as (

    select
        *,
        sum(owed_doc) over (
            partition by document_key, currency, owed_doc < 0
            order by due_date, instalment_no
            rows between unbounded preceding and current row
        ) - owed_doc as starts_at
    from still_owed

),

shares as (

    select
        lines.line_key,
        schedule.instalment_key,
        greatest(lines.applied_on, schedule.issue_date) as applied_on,
        case
            when lines.amount_doc < 0 then coalesce(lines.paid_before_on, lines.received_on)
            else lines.received_on
        end as received_on,
        lines.kind,
        lines.rule,
        least(greatest(lines.paid_after - schedule.starts_at, least(schedule.owed_doc, 0)), greatest(schedule.owed_doc, 0))
        - least(
            greatest(lines.paid_after - lines.amount_doc - schedule.starts_at, least(schedule.owed_doc, 0)),
            greatest(schedule.owed_doc, 0)
        ) as amount_doc
    from lines
    inner join schedule
        on lines.document_key = schedule.document_key
        and lines.currency = schedule.currency

)

select
    line_key,
    instalment_key,
    applied_on,
    received_on,
    kind,
    rule,
    cast(amount_doc as decimal(18, 4)) as amount_doc
from shares
where amount_doc <> 0
