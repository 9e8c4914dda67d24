-- Grain: one row per entity and customer named in a customer export, as the latest import that holds it says.
with

ranked as (

    select
        customers.*,
        row_number() over (
            partition by coalesce(customers.entity_id, $default_entity), customers.customer_id
            order by imports.import_no desc, customers.line_no
        ) as newest
    from raw_customers as customers
    inner join raw_imports as imports on customers.import_id = imports.import_id

),

final as (

    select
        coalesce(entity_id, $default_entity) as entity_id,
        customer_id,
        customer_name,
        parent_id,
        industry,
        customer_type,
        region,
        rep,
        credit_limit,
        terms_days,
        payment_run,
        decision_maker,
        acceptor,
        payer,
        tax_id
    from ranked
    where newest = 1

)

select * from final
