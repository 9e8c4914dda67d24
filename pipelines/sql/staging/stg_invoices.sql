-- Grain: one row per entity, invoice and instalment, as the latest import that holds it says.
-- Void and draft documents and documents dated after the as-of date are out.
-- Sign: invoices and debit notes positive, credit notes and prepayments negative.
with

documents as (

    select
        imports.import_no,
        invoices.line_no,
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.customer_id,
        invoices.customer_name,
        invoices.tax_id,
        invoices.invoice_id,
        coalesce(invoices.instalment_no, 1) as instalment_no,
        case
            when invoices.doc_type in ('credit_note', 'prepayment') then invoices.doc_type
            -- In a list of open items: money on account.
            when invoices.doc_type = 'payment' then 'prepayment'
            when invoices.amount < 0 then 'credit_note'
            else coalesce(invoices.doc_type, 'invoice')
        end as doc_type,
        invoices.issue_date,
        invoices.due_date,
        invoices.terms_days,
        case
            when listed.amount is null then invoices.amount
            when invoices.amount < 0 then -listed.amount
            else listed.amount
        end as amount,
        invoices.open_amount,
        invoices.settled_date,
        coalesce(invoices.currency, $base_currency) as currency,
        invoices.rep,
        invoices.region,
        invoices.project,
        invoices.order_no,
        coalesce(invoices.disputed, false) as disputed,
        invoices.dispute_reason,
        invoices.status
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id
    -- A ledger knows the amount itself.
    left join stg_listed_amounts as listed
        on imports.ledger = 'open_items'
        and coalesce(invoices.entity_id, $default_entity) = listed.entity_id
        and invoices.invoice_id = listed.invoice_id
        and coalesce(invoices.instalment_no, 1) = listed.instalment_no

),

final as (

    select
        documents.import_no,
        documents.line_no,
        documents.entity_id,
        documents.customer_id,
        documents.customer_name,
        documents.tax_id,
        documents.invoice_id,
        documents.instalment_no,
        documents.doc_type,
        documents.issue_date,
        documents.due_date,
        documents.terms_days,
        case
            when documents.doc_type in ('credit_note', 'prepayment') then -abs(documents.amount)
            else documents.amount
        end as amount,
        case
            when documents.doc_type in ('credit_note', 'prepayment') then -abs(documents.open_amount)
            else documents.open_amount
        end as open_amount,
        documents.settled_date,
        documents.currency,
        documents.rep,
        documents.region,
        documents.project,
        documents.order_no,
        documents.disputed,
        documents.dispute_reason,
        documents.status
    from documents
    where documents.issue_date <= $as_of
        and coalesce(documents.status, 'open') not in ('void', 'draft')
        and not exists (
            select 1
            from stg_superseded_invoices as superseded
            where superseded.import_no = documents.import_no
                and superseded.line_no = documents.line_no
        )

)

select * from final
