-- 60 month ends by account and bucket from the same facts in one statement, as fast as we could write it by hand: the
-- peer of int_balance_spans and int_aging_accounts. It stores nothing on the way.
-- Each balance becomes spans of months; what was applied in between is a span below zero of its own, so that no running
-- sum is needed. Only the items of which something was taken back, whose balance may stand at nought for a while, are
-- run through month by month. Needs ref_month_spans (from_month, to_month, month_end, month_no) and ref_bucket_days.
with

balances as (

    select
        instalment_key,
        account_key,
        case when amount_doc > 0 then due_date end as due_date,
        amount_doc,
        amount_base,
        open_doc,
        open_base,
        greatest(year(issue_date) * 12 + month(issue_date), $first_month) as issue_month,
        greatest(coalesce(year(first_applied_on) * 12 + month(first_applied_on), $last_month + 1), $first_month)
            as first_month,
        greatest(coalesce(year(last_applied_on) * 12 + month(last_applied_on), $last_month + 1), $first_month)
            as last_month
    from int_instalment_balances

),

applied as materialized (

    select
        due.instalment_key,
        due.account_key,
        due.due_date,
        due.amount_doc as billed_doc,
        due.issue_month,
        due.last_month,
        greatest(year(applied_on) * 12 + month(applied_on), $first_month) as month_no,
        applications.amount_doc,
        applications.amount_base
    from int_applications as applications
    inner join balances as due using (account_key, instalment_key)
    where due.first_month <> due.last_month

),

odd as materialized (

    select distinct instalment_key
    from applied
    where amount_doc < 0.01 or billed_doc < 0.01 or month_no < issue_month

),

changes as (

    select instalment_key as item_key, account_key, due_date, issue_month as month_no, last_month as end_month,
        amount_doc, amount_base
    from balances
    where instalment_key in (select instalment_key from odd)
    union all
    select instalment_key, account_key, due_date, month_no, last_month, -amount_doc, -amount_base
    from applied
    where month_no < last_month and instalment_key in (select instalment_key from odd)
    union all
    select -line_key, account_key, null, greatest(year(event_on) * 12 + month(event_on), $first_month),
        $last_month + 1, change_doc, change_base
    from int_unapplied_events

),

running as (

    select
        account_key,
        due_date,
        month_no as from_month,
        lead(month_no, 1, end_month) over item as to_month,
        sum(sum(amount_doc)) over item as left_doc,
        sum(sum(amount_base)) over item as left_base
    from changes
    where month_no <= $last_month
    group by item_key, account_key, due_date, month_no, end_month
    window item as (partition by item_key order by month_no)

),

spans as (

    select account_key, due_date, issue_month as from_month, least(last_month, $last_month + 1) as to_month,
        amount_base, 1 as items
    from balances
    where abs(amount_doc) >= 0.01 and instalment_key not in (select instalment_key from odd)
    union all
    select account_key, due_date, month_no, least(last_month, $last_month + 1), -amount_base, 0
    from applied
    where month_no < last_month and instalment_key not in (select instalment_key from odd)
    union all
    select account_key, due_date, last_month, $last_month + 1, open_base, 1
    from balances
    where abs(open_doc) >= 0.01 and last_month <= $last_month
    union all
    select account_key, due_date, from_month, least(to_month, $last_month + 1), left_base, 1
    from running
    where abs(left_doc) >= 0.01

),

cells as (

    select
        months.month_no,
        spans.account_key,
        case
            when spans.due_date is null then -1
            else least(greatest(months.month_end - spans.due_date, 0), $open_ended_from)
        end as days_past_due,
        spans.amount_base,
        spans.items
    from spans
    inner join ref_month_spans as months using (from_month, to_month)

)

select
    cells.month_no,
    cells.account_key,
    days.bucket_order,
    cast(sum(cells.amount_base) as decimal(18, 4)) as open_base,
    cast(sum(cells.items) as integer) as items
from cells
inner join ref_bucket_days as days using (days_past_due)
group by cells.month_no, cells.account_key, days.bucket_order
having sum(cells.items) > 0
order by cells.account_key
