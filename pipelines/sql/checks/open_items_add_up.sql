-- Instalments whose open amount is not what was invoiced less what was applied by the as-of date.
with

applied as (

    select instalment_key, sum(amount_doc) as amount_doc, sum(amount_base) as amount_base
    from int_applications
    group by instalment_key

),

listed as (

    select item_key, sum(open_doc) as open_doc, sum(open_base) as open_base
    from fct_open_items
    where item_key > 0
    group by item_key

),

broken as (

    select
        invoices.instalment_key,
        invoices.amount_doc,
        applied.amount_doc as applied_doc,
        listed.open_doc
    from int_instalment_balances as invoices
    left join applied on invoices.instalment_key = applied.instalment_key
    left join listed on invoices.instalment_key = listed.item_key
    where (
            abs(invoices.amount_doc - coalesce(applied.amount_doc, 0)) >= 0.01
            or listed.item_key is not null
        )
        and (
            invoices.amount_doc - coalesce(applied.amount_doc, 0) <> coalesce(listed.open_doc, 0)
            or invoices.amount_base - coalesce(applied.amount_base, 0) <> coalesce(listed.open_base, 0)
        )

)

select
    invoices.entity_id,
    invoices.invoice_id,
    invoices.instalment_no,
    broken.amount_doc,
    broken.applied_doc,
    broken.open_doc
from broken
inner join fct_invoices as invoices on broken.instalment_key = invoices.instalment_key
