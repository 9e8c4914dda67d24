-- Grain: one row per customer, rep and region that carry a balance together; the key every history is summed by.
with

owners as (

    select
        customers.customer_key,
        coalesce(owners.rep, customers.rep) as rep,
        coalesce(owners.region, customers.region) as region
    from int_owners as owners
    inner join int_customers as customers
        on owners.entity_id = customers.entity_id
        and owners.customer_id = customers.customer_id

    union

    -- Unapplied money belongs to the customer's own rep and region.
    select customer_key, rep, region
    from int_customers

),

final as (

    select
        row_number() over (order by owners.customer_key, owners.rep, owners.region) as account_key,
        owners.customer_key,
        customers.entity_id,
        customers.customer_id,
        owners.rep,
        owners.region,
        owners.rep = customers.rep and owners.region = customers.region as is_customers_own
    from owners
    inner join int_customers as customers on owners.customer_key = customers.customer_key

)

select * from final
