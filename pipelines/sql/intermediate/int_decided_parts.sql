-- Grain: one row per receipt line and document or instalment that a person directed money of the line to.
-- Only documents of the payer itself in the currency of the receipt; what is left over stays on account.
with

parts as (

    select
        lines.line_key,
        documents.document_key,
        case when documents.instalments > 1 then parts.instalment_no end as instalment_no,
        parts.amount
    from int_decided_lines as decided
    inner join raw_decided_parts as parts on decided.decision_id = parts.decision_id
    inner join int_receipt_lines as lines on decided.line_key = lines.line_key
    inner join int_instalments as documents
        on lines.customer_key = documents.customer_key
        and parts.invoice_id = documents.invoice_id
        and lines.currency = documents.currency
    where documents.instalment_key = documents.document_key
        and documents.amount_doc > 0

),

final as (

    select
        line_key,
        document_key,
        instalment_no,
        cast(sum(amount) as decimal(18, 4)) as amount_doc
    from parts
    group by line_key, document_key, instalment_no

)

select * from final
