-- Grain: one row per open invoice whose export names the day on which the customer accepted the delivery, by the as-of date.
-- An invoice in several instalments counts by its last day.
with

accepted as (

    select
        imports.import_no * 10000000000 + invoices.line_no as instalment_key,
        invoices.acceptance_date as accepted_on
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id
    where invoices.acceptance_date <= $as_of

),

final as (

    select
        cast($as_of as date) as as_of,
        items.entity_id,
        items.customer_id,
        items.invoice_id,
        max(accepted.accepted_on) as accepted_on,
        items.customer_key
    from fct_open_items as items
    inner join accepted on items.item_key = accepted.instalment_key
    group by items.entity_id, items.customer_id, items.invoice_id, items.customer_key
    order by items.customer_key, items.invoice_id

)

select * from final
