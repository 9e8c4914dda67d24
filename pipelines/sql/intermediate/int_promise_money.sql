-- Grain: one row per customer with a promise, invoice ('' where the money names none), currency and day money came in.
-- Money counts on the day it was received, whenever it is matched; a settlement without a receipt on its own day.
with

promised as (

    select distinct customers.customer_key, customers.entity_id, customers.customer_id
    from raw_promises as promises
    inner join int_customers as customers
        on promises.entity_id = customers.entity_id
        and promises.customer_id = customers.customer_id

),

receipts as (

    select
        promised.entity_id,
        promised.customer_id,
        '' as invoice_id,
        lines.received_on as day,
        lines.currency,
        lines.money_doc as amount_doc,
        cast(lines.money_doc as decimal(38, 4)) * case when lines.currency = $base_currency then 1 else rates.rate_to_base end as amount_base
    from int_receipt_lines as lines
    inner join promised on lines.customer_key = promised.customer_key
    left join stg_fx_rates as rates
        on lines.currency = rates.currency
        and lines.received_on = rates.day
    where lines.kind = 'payment'

),

applied as (

    select
        promised.entity_id,
        promised.customer_id,
        instalments.invoice_id,
        coalesce(lines.received_on, applications.applied_on) as day,
        instalments.currency,
        applications.amount_doc,
        applications.amount_base,
        lines.line_key is null as has_no_receipt
    from int_applications as applications
    inner join int_instalments as instalments on applications.instalment_key = instalments.instalment_key
    inner join promised on instalments.customer_key = promised.customer_key
    left join int_receipt_lines as lines on applications.line_key = lines.line_key
    where applications.kind = 'payment' and instalments.amount_doc > 0

),

together as (

    select entity_id, customer_id, invoice_id, day, currency, amount_doc, amount_base
    from receipts

    union all

    select entity_id, customer_id, '' as invoice_id, day, currency, amount_doc, amount_base
    from applied
    where has_no_receipt

    union all

    select entity_id, customer_id, invoice_id, day, currency, amount_doc, amount_base
    from applied

),

final as (

    select
        entity_id,
        customer_id,
        invoice_id,
        day,
        currency,
        cast(sum(amount_doc) as decimal(18, 4)) as amount_doc,
        cast(round(sum(amount_base), 4) as decimal(18, 4)) as amount_base
    from together
    group by entity_id, customer_id, invoice_id, day, currency

)

select * from final
