-- Grain: one row per desk, class of due dates and stretch of month ends: what stood open all through the stretch, base.
-- due_days: sum of balance x days from 1900-01-01 to the due date, from which the age on any day follows.
-- Invoices only; accounts known from open-items lists alone are left out, because their paid invoices are unknown.
select
    desks.desk_key,
    classes.class_due_date,
    items.from_month,
    items.to_month,
    items.is_assumed,
    sum(items.balance_base) as balance_base,
    sum(items.balance_base * date_diff('day', date '1900-01-01', items.due_date)) as due_days
from int_item_months as items
inner join int_desks as desks on items.account_key = desks.account_key
inner join int_due_classes as classes on items.due_date = classes.due_date
left join int_open_items_only as lists on items.account_key = lists.account_key
where abs(items.balance_doc) >= 0.01
    and lists.account_key is null
group by
    desks.desk_key,
    classes.class_due_date,
    items.from_month,
    items.to_month,
    items.is_assumed
