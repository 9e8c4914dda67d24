-- Grain: one row per entity and customer whose documents state a tax number, as the latest import that does says.
with

ranked as (

    select
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.customer_id,
        invoices.tax_id,
        row_number() over (
            partition by coalesce(invoices.entity_id, $default_entity), invoices.customer_id
            order by imports.import_no desc, invoices.line_no desc
        ) as newest
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id
    where invoices.tax_id is not null

),

final as (

    select entity_id, customer_id, tax_id
    from ranked
    where newest = 1

)

select * from final
