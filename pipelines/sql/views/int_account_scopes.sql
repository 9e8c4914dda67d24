-- Grain: one row per scope and account that belongs to it. Scopes: total, entity, region, rep, customer.
with

named as (

    select account_key, 'total' as scope, '' as entity_id, 'all' as scope_id
    from int_accounts

    union all

    select account_key, 'entity', entity_id, entity_id
    from int_accounts

    union all

    select account_key, 'region', '', region
    from int_accounts

    union all

    select account_key, 'rep', '', rep
    from int_accounts

    union all

    select account_key, 'customer', entity_id, customer_id
    from int_accounts

),

final as (

    select
        dense_rank() over (order by scope, entity_id, scope_id) as scope_key,
        account_key,
        scope,
        entity_id,
        scope_id
    from named

)

select * from final
