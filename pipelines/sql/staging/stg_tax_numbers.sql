-- Grain: one row per entity and customer whose documents state a tax number, as the latest import that does says.
with

ranked as (

    select
        entity_id,
        customer_id,
        tax_id,
        row_number() over (partition by entity_id, customer_id order by import_no desc, line_no desc) as newest
    from stg_invoices
    where tax_id is not null

),

final as (

    select entity_id, customer_id, tax_id
    from ranked
    where newest = 1

)

select * from final
