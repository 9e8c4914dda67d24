-- Grain: one row per customer, rep and region that documents name together, with the latest day they do.
select
    entity_id,
    customer_id,
    rep,
    region,
    max(customer_name) as customer_name,
    max(issue_date) as last_issued_on
from stg_invoices
group by entity_id, customer_id, rep, region
