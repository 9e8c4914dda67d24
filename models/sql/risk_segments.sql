-- One row per instalment: its text, and the segments it belongs to, '' where none is stated.
select
    instalments.instalment_key as item_key,
    instalments.invoice_id,
    instalments.instalment_no,
    coalesce(accounts.region, '') as region,
    coalesce(instalments.currency, '') as currency,
    coalesce(customers.industry, '') as industry,
    coalesce(customers.customer_type, '') as customer_type
from int_instalments as instalments
inner join int_accounts as accounts on accounts.account_key = instalments.account_key
left join dim_customers as customers on customers.customer_key = instalments.customer_key
