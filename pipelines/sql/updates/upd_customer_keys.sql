-- Grain: one row per customer of the earlier build that is touched: by name, or because money of a touched receipt line
-- lies with it.
with

lines as (

    select import_no * 10000000000 + line_no as line_key
    from upd_named_rows
    where kind = 'receipts'

    union

    select line_key
    from fct_receipt_decisions

)

select accounts.customer_key
from int_accounts as accounts
inner join upd_customers as customers
    on accounts.entity_id = customers.entity_id
    and accounts.customer_id = customers.customer_id

union

select accounts.customer_key
from int_applications as applications
inner join lines on applications.line_key = lines.line_key
inner join int_accounts as accounts on applications.account_key = accounts.account_key

union

select events.customer_key
from int_unapplied_events as events
inner join lines on events.line_key = lines.line_key
