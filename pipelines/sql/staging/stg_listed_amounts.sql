-- Grain: one row per invoice and instalment of an open-items list, with its amount without sign.
-- A list may hold no amount but what is open, which shrinks: the largest amount that any import states is the whole.
with

listed as (

    select distinct
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.invoice_id,
        coalesce(invoices.instalment_no, 1) as instalment_no
    from raw_imports as imports
    inner join raw_invoices as invoices on imports.import_id = invoices.import_id
    where imports.ledger = 'open_items'

),

final as (

    select listed.entity_id, listed.invoice_id, listed.instalment_no, max(abs(invoices.amount)) as amount
    from listed
    inner join raw_invoices as invoices
        on listed.entity_id = coalesce(invoices.entity_id, $default_entity)
        and listed.invoice_id = invoices.invoice_id
        and listed.instalment_no = coalesce(invoices.instalment_no, 1)
    group by listed.entity_id, listed.invoice_id, listed.instalment_no

)

select * from final
