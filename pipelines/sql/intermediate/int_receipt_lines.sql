-- Grain: one row per receipt line with the customer it came from and the document it names, if we hold that document.
-- A line without an invoice number whose reference text quotes one of the customer's invoices names that invoice.
-- `is_decided`: a person said where its money goes, so nothing else decides it.
with

documents as (

    select
        entity_id,
        invoice_id,
        document_key,
        customer_key,
        currency,
        amount_doc
    from int_instalments
    where instalment_key = document_key

),

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
    inner join documents
        on customers.customer_key = documents.customer_key
        and position(documents.invoice_id in lines.reference) > 0
    where lines.invoice_id is null and lines.reference is not null

),

quoted as (

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

),

-- A line numbered like one of our credit notes or prepayments spends that document: it brings no new money.
spending as (

    select
        lines.line_key,
        documents.document_key
    from stg_receipts as lines
    inner join documents
        on lines.entity_id = documents.entity_id
        and lines.receipt_id = documents.invoice_id
    where documents.amount_doc < 0
        and (lines.invoice_id is null or lines.invoice_id <> documents.invoice_id)

),

final as (

    select
        lines.line_key,
        lines.receipt_id,
        coalesce(named.customer_key, quoted_document.customer_key, customers.customer_key) as customer_key,
        lines.paid_on,
        lines.received_on,
        lines.applied_on,
        lines.amount as amount_doc,
        case when spending.line_key is null then lines.amount else 0 end as money_doc,
        spending.document_key as spent_document_key,
        case
            when lines.currency_stated then lines.currency
            else coalesce(named.currency, quoted_document.currency, lines.currency)
        end as currency,
        lines.method,
        lines.kind,
        lines.invoice_id,
        lines.instalment_no,
        lines.reference,
        coalesce(named.document_key, quoted.document_key) as document_key,
        case
            when lines.invoice_id is not null then 'stated'
            when quoted.document_key is not null then 'reference'
        end as named_by,
        decided.line_key is not null as is_decided
    from stg_receipts as lines
    left join documents as named
        on lines.entity_id = named.entity_id
        and lines.invoice_id = named.invoice_id
    left join quoted on lines.line_key = quoted.line_key
    left join spending on lines.line_key = spending.line_key
    left join int_decided_lines as decided on lines.line_key = decided.line_key
    left join documents as quoted_document on quoted.document_key = quoted_document.document_key
    left join int_customers as customers
        on lines.entity_id = customers.entity_id
        and coalesce(lines.customer_id, '') = customers.customer_id

)

select * from final
