-- Grain: one row per entity and customer.
select
    customer_key,
    entity_id,
    customer_id,
    customer_name,
    parent_id,
    region,
    rep,
    industry,
    customer_type,
    credit_limit_base,
    terms_days,
    payment_run,
    decision_maker,
    acceptor,
    payer
from int_customers
order by customer_key
