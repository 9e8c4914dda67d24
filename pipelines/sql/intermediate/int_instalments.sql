-- Grain: one row per invoice instalment, sorted by customer; amounts in document currency and in base at booking.
-- document_key: the first instalment by number, which stands for the document where its instalments differ.
with

due as (

    select
        accounts.account_key,
        customers.customer_key,
        invoices.entity_id,
        invoices.invoice_id,
        invoices.instalment_no,
        invoices.doc_type,
        invoices.issue_date,
        coalesce(
            invoices.due_date,
            invoices.issue_date + coalesce(invoices.terms_days, customers.terms_days),
            invoices.issue_date
        ) as due_date,
        case
            when invoices.due_date is not null then 'contractual'
            when coalesce(invoices.terms_days, customers.terms_days) is not null then 'derived'
            else 'assumed'
        end as due_basis,
        coalesce(invoices.terms_days, customers.terms_days) as terms_days,
        invoices.currency,
        invoices.amount as amount_doc,
        case when invoices.currency = $base_currency then 1 else rates.rate_to_base end as booking_rate,
        invoices.open_amount,
        invoices.settled_date,
        invoices.disputed,
        invoices.dispute_reason,
        invoices.project,
        invoices.order_no,
        invoices.status,
        invoices.import_no,
        invoices.import_no * 10000000000 + invoices.line_no as instalment_key
    from stg_invoices as invoices
    inner join int_customers as customers
        on invoices.entity_id = customers.entity_id
        and invoices.customer_id = customers.customer_id
    inner join int_accounts as accounts
        on customers.customer_key = accounts.customer_key
        and coalesce(invoices.rep, customers.rep) = accounts.rep
        and coalesce(invoices.region, customers.region) = accounts.region
    left join stg_fx_rates as rates
        on invoices.currency = rates.currency
        and invoices.issue_date = rates.day

),

in_instalments as (

    select distinct entity_id, invoice_id
    from stg_invoices
    where instalment_no <> 1

),

numbered as (

    select
        invoices.entity_id,
        invoices.invoice_id,
        invoices.import_no * 10000000000 + invoices.line_no as document_key,
        count(*) over (partition by invoices.entity_id, invoices.invoice_id) as instalments,
        row_number() over (
            partition by invoices.entity_id, invoices.invoice_id order by invoices.instalment_no
        ) as place
    from stg_invoices as invoices
    inner join in_instalments
        on invoices.entity_id = in_instalments.entity_id
        and invoices.invoice_id = in_instalments.invoice_id

),

schedules as (

    select entity_id, invoice_id, document_key, instalments
    from numbered
    where place = 1

),

final as (

    select
        due.instalment_key,
        coalesce(schedules.document_key, due.instalment_key) as document_key,
        coalesce(schedules.instalments, 1) as instalments,
        due.account_key,
        due.customer_key,
        due.entity_id,
        due.invoice_id,
        due.instalment_no,
        due.doc_type,
        due.issue_date,
        due.due_date,
        due.due_basis,
        due.terms_days,
        due.currency,
        due.amount_doc,
        due.booking_rate,
        -- The product needs more digits than its factors: a million in document currency overflows 18.
        case
            when due.currency = $base_currency then due.amount_doc
            else cast(round(cast(due.amount_doc as decimal(38, 4)) * due.booking_rate, 4) as decimal(18, 4))
        end as amount_base,
        due.open_amount,
        due.settled_date,
        due.disputed,
        due.dispute_reason,
        due.project,
        due.order_no,
        due.status,
        due.import_no
    from due
    left join schedules
        on due.entity_id = schedules.entity_id
        and due.invoice_id = schedules.invoice_id
    -- A customer's documents lie together, so that reading one customer reads little.
    order by due.customer_key

)

select * from final
