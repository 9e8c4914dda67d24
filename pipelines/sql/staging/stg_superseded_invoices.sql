-- Grain: one row per invoice row that a later import holds again. Within one import a key is unique.
-- Of a single import nothing is read.
with

earlier_imports as (

    select import_id, import_no
    from raw_imports
    where import_no < (select max(import_no) from raw_imports where kind = 'invoices')

),

later_imports as (

    select import_id, import_no
    from raw_imports
    where import_no > (select min(import_no) from raw_imports where kind = 'invoices')

),

final as (

    select distinct earlier_imports.import_no, documents.line_no
    from earlier_imports
    inner join raw_invoices as documents on earlier_imports.import_id = documents.import_id
    inner join raw_invoices as later
        on coalesce(documents.entity_id, $default_entity) = coalesce(later.entity_id, $default_entity)
        and documents.invoice_id = later.invoice_id
        and coalesce(documents.instalment_no, 1) = coalesce(later.instalment_no, 1)
    inner join later_imports
        on later.import_id = later_imports.import_id
        and earlier_imports.import_no < later_imports.import_no

)

select * from final
