-- Grain: one row per receipt line without an invoice number whose reference text quotes one of the customer's invoices.
with

quotations as (

    select
        lines.line_key,
        documents.document_key,
        position(documents.invoice_id in lines.reference) as starts_at,
        position(documents.invoice_id in lines.reference) + length(documents.invoice_id) as ends_before,
        lower(lines.reference) as reference
    from stg_receipts as lines
    inner join int_customers as customers
        on lines.entity_id = customers.entity_id
        and lines.customer_id = customers.customer_id
    inner join int_instalments as documents
        on customers.customer_key = documents.customer_key
        and position(documents.invoice_id in lines.reference) > 0
    where lines.invoice_id is null
        and lines.reference is not null
        and documents.instalment_key = documents.document_key

),

final as (

    select
        line_key,
        min(document_key) as document_key
    from quotations
    -- A number that goes on before or after is another number: INV-12 does not quote INV-1.
    where substr(reference, ends_before, 1) not between '0' and '9'
        and substr(reference, ends_before, 1) not between 'a' and 'z'
        and (
            starts_at = 1
            or (
                substr(reference, starts_at - 1, 1) not between '0' and '9'
                and substr(reference, starts_at - 1, 1) not between 'a' and 'z'
            )
        )
    group by line_key
    -- Two invoices quoted in one text do not say how the money is split.
    having count(*) = 1

)

select * from final
