-- Grain: one row per account of the earlier build that belongs to a touched customer.
select account_key
from int_accounts
where customer_key in (select customer_key from upd_customer_keys)
