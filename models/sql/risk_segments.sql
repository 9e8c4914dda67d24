-- One row per instalment that can be paid late: its text, and the segments it belongs to, '' where none is stated.
select
    items.item_key,
    instalments.invoice_id,
    instalments.instalment_no,
    coalesce(accounts.region, '') as region,
    coalesce(instalments.currency, '') as currency,
    coalesce(customers.industry, '') as industry,
    coalesce(customers.customer_type, '') as customer_type
from risk_outcomes as items
inner join int_instalments as instalments on instalments.instalment_key = items.item_key
inner join int_accounts as accounts on accounts.account_key = instalments.account_key
left join dim_customers as customers on customers.customer_key = items.customer_key
