-- Grain: one row per receipt line of the earlier build whose money lies, or lay, with a customer computed as a whole.
select applications.line_key
from int_applications as applications
inner join int_accounts as accounts on applications.account_key = accounts.account_key
where applications.line_key > 0
    and accounts.customer_key in (select customer_key from upd_whole_keys)

union

select line_key
from int_unapplied_events
where customer_key in (select customer_key from upd_whole_keys)
