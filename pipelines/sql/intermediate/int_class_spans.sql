-- Grain: one row per desk, class of due dates and span of month ends: what adds up to the balance at each of them, base.
-- is_first: nothing of it stood open before.
-- due_days: sum of amount x days from 1900-01-01 to the due date, from which the age on any day follows.
-- Invoices only; accounts known from open-items lists alone are left out, because their paid invoices are unknown.
select
    desks.desk_key,
    classes.class_due_date,
    spans.from_month,
    spans.to_month,
    spans.is_first,
    spans.is_assumed,
    sum(spans.amount_base) as amount_base,
    sum(spans.amount_base * date_diff('day', date '1900-01-01', spans.due_date)) as due_days
from int_balance_spans as spans
inner join int_desks as desks on spans.account_key = desks.account_key
inner join int_due_classes as classes on spans.due_date = classes.due_date
left join int_open_items_only as lists on spans.account_key = lists.account_key
where not spans.is_residue
    and lists.account_key is null
group by
    desks.desk_key,
    classes.class_due_date,
    spans.from_month,
    spans.to_month,
    spans.is_first,
    spans.is_assumed
