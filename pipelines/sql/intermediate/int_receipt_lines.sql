-- Grain: one row per receipt line with the customer it came from and the document it names, if we hold that document.
-- A line without an invoice number whose reference text quotes one of the customer's invoices names that invoice.
-- `is_decided`: a person said where its money goes, so nothing else decides it.
-- Where lists of open items alone tell what a customer owes, money until the last of them is in them: a line that names
-- no document would count twice, and is left out.
-- What the applications need of the document stands here too, so that they need not look it up again.
with

documents as (

    select
        document_key,
        entity_id,
        invoice_id,
        customer_key,
        issue_date,
        currency,
        amount_doc,
        instalments
    from int_instalments
    where instalment_key = document_key

),

quoted as (

    select
        quotations.line_key,
        documents.document_key,
        documents.customer_key,
        documents.issue_date,
        documents.currency,
        documents.amount_doc,
        documents.instalments
    from int_quoted_documents as quotations
    inner join int_instalments as documents on quotations.document_key = documents.instalment_key

),

final as (

    select
        lines.line_key,
        coalesce(named.customer_key, quoted.customer_key, customers.customer_key) as customer_key,
        lines.received_on,
        lines.applied_on,
        lines.amount as amount_doc,
        case when spending.line_key is null then lines.amount else 0 end as money_doc,
        spending.document_key as spent_document_key,
        case
            when lines.currency_stated then lines.currency
            else coalesce(named.currency, quoted.currency, lines.currency)
        end as currency,
        lines.kind,
        lines.invoice_id is not null as states_invoice,
        lines.instalment_no,
        coalesce(named.document_key, quoted.document_key) as document_key,
        coalesce(named.issue_date, quoted.issue_date) as document_issue_date,
        coalesce(named.currency, quoted.currency) as document_currency,
        coalesce(named.amount_doc, quoted.amount_doc) as document_amount_doc,
        coalesce(named.instalments, quoted.instalments) as document_instalments,
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
    left join int_spent_documents as spending on lines.line_key = spending.line_key
    left join int_decided_lines as decided on lines.line_key = decided.line_key
    left join int_customers as customers
        on lines.entity_id = customers.entity_id
        and coalesce(lines.customer_id, '') = customers.customer_id
    left join int_listed_customers as listed on customers.customer_key = listed.customer_key
    where listed.customer_key is null
        or lines.received_on > listed.last_day
        or named.document_key is not null
        or quoted.document_key is not null
        or spending.line_key is not null
        or decided.line_key is not null

)

select * from final
