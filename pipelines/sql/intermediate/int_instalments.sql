-- Grain: one row per invoice instalment, sorted by customer; amounts in document currency and in base at booking.
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
        invoices.listed_on,
        invoices.ledger,
        invoices.source,
        invoices.disputed,
        invoices.dispute_reason,
        invoices.project,
        invoices.order_no,
        invoices.status,
        invoices.import_id,
        invoices.line_no
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

-- The key follows the order in which money without an invoice number is applied: oldest document first.
keyed as (

    select
        *,
        row_number() over (
            order by customer_key, issue_date, due_date, invoice_id, instalment_no, entity_id
        ) as instalment_key
    from due

),

in_instalments as (

    select distinct entity_id, invoice_id
    from stg_invoices
    where instalment_no <> 1

),

schedules as (

    select
        keyed.entity_id,
        keyed.invoice_id,
        min(keyed.instalment_key) as document_key,
        count(*) as instalments
    from keyed
    inner join in_instalments
        on keyed.entity_id = in_instalments.entity_id
        and keyed.invoice_id = in_instalments.invoice_id
    group by keyed.entity_id, keyed.invoice_id

),

final as (

    select
        keyed.instalment_key,
        coalesce(schedules.document_key, keyed.instalment_key) as document_key,
        coalesce(schedules.instalments, 1) as instalments,
        keyed.account_key,
        keyed.customer_key,
        keyed.entity_id,
        keyed.invoice_id,
        keyed.instalment_no,
        keyed.doc_type,
        keyed.issue_date,
        keyed.due_date,
        keyed.due_basis,
        keyed.terms_days,
        keyed.currency,
        keyed.amount_doc,
        keyed.booking_rate,
        -- The product needs more digits than its factors: a million in document currency overflows 18.
        cast(round(cast(keyed.amount_doc as decimal(38, 4)) * keyed.booking_rate, 4) as decimal(18, 4)) as amount_base,
        keyed.open_amount,
        keyed.settled_date,
        keyed.listed_on,
        keyed.ledger,
        keyed.source,
        keyed.disputed,
        keyed.dispute_reason,
        keyed.project,
        keyed.order_no,
        keyed.status,
        keyed.import_id,
        keyed.line_no
    from keyed
    left join schedules
        on keyed.entity_id = schedules.entity_id
        and keyed.invoice_id = schedules.invoice_id

)

select * from final
