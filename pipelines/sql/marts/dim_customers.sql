-- Grain: one row per entity and customer. The unknown customer '' is there where money, or a bill in hand,
-- could not be attributed.
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
    payer,
    tax_id
from int_customers
where is_named = 1
    and (
        customer_id <> ''
        or customer_key in (select customer_key from int_unapplied_events)
        or customer_key in (select customer_key from fct_bills_in_hand)
    )
order by customer_key
