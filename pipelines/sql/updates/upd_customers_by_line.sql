-- Grain: one row per customer that shares a receipt line with a touched one and is not yet touched itself.
select distinct accounts.customer_key
from int_applications as applications
inner join int_accounts as accounts on applications.account_key = accounts.account_key
where applications.line_key in (select line_key from upd_line_keys)
    and accounts.customer_key not in (select customer_key from upd_customer_keys)
