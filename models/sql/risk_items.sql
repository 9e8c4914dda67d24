-- One row per instalment that can be paid late (invoices and debit notes of a positive amount) issued up to $known.
-- A due date that was assumed, or a list of open items without its paid ones, cannot say who pays late: not labelled.
-- $per_mille thins the book by whole customers, always the same ones, so that training on a huge book stays quick.
-- Keys are whole numbers so that the big joins and sorts are cheap; days count from 2000-01-01; cents are base currency.
with documents as (
    select
        entity_id,
        invoice_id,
        instalment_no,
        customer_id,
        currency,
        region,
        issue_date,
        due_date,
        date_diff('day', date '2000-01-01', issue_date) as issue_day,
        date_diff('day', date '2000-01-01', due_date) as due_day,
        case when due_basis = 'assumed' or ledger = 'open_items' then 0 else 1 end as is_labelled,
        amount_doc,
        cast(round(amount_base * 100, 0) as bigint) as cents
    from fct_invoices
    where doc_type in ('invoice', 'debit_note')
        and amount_doc >= 0.01
        and issue_date <= $known
),

numbered as (
    select
        row_number() over (order by entity_id, customer_id, issue_date, invoice_id, instalment_no) as item_key,
        dense_rank() over (order by entity_id, customer_id) as customer_key,
        documents.*
    from documents
),

final as (
    select *
    from numbered
    where customer_key * 7919 % 1000 < $per_mille
)

select * from final
