-- Grain: one row per customer, rep and region that carry a balance together; the key every history is summed by.
-- An account that an earlier build knows stays and keeps its key; new ones are numbered on from the last.
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

    union

    select customer_key, rep, region
    from ref_known_accounts

),

final as (

    select
        coalesce(
            known.account_key,
            last_keys.account_key + row_number() over (
                partition by known.account_key is null
                order by owners.customer_key, owners.rep, owners.region
            )
        ) as account_key,
        owners.customer_key,
        customers.entity_id,
        customers.customer_id,
        owners.rep,
        owners.region,
        owners.rep = customers.rep and owners.region = customers.region as is_customers_own
    from owners
    inner join int_customers as customers on owners.customer_key = customers.customer_key
    cross join ref_last_keys as last_keys
    left join ref_known_accounts as known
        on owners.customer_key = known.customer_key
        and owners.rep = known.rep
        and owners.region = known.region

)

select * from final
