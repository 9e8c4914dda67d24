-- Grain: one row per bill or cheque in hand at the as-of date: received, and not yet money.
-- basis: register, as people entered it; ledger, a receipt by bill or cheque that is not in the register and clears after
-- the as-of date, or on a day that nobody knows yet: then due_on is null. Its invoice stays open until it clears; the
-- forecast expects its money on due_on. received_on is the day that its receipt states, null for one of the register.
with

together as (

    select
        entity_id,
        customer_id,
        bill_number,
        invoice_id,
        cast(null as date) as received_on,
        due_on,
        currency,
        amount,
        'register' as basis
    from raw_bills
    where state = 'received'

    union all

    select
        entity_id,
        customer_id,
        bill_number,
        invoice_id,
        received_on,
        clears_on as due_on,
        currency,
        amount,
        'ledger' as basis
    from stg_uncleared_receipts as receipts
    where reason = 'in_hand'
        and not exists (
            select 1
            from raw_bills as bills
            where bills.entity_id = receipts.entity_id
                and bills.bill_number = receipts.bill_number
        )

),

-- Where nobody is named as the payer, it is the customer of the invoice, or else the unknown one.
given_by as (

    select
        together.*,
        coalesce(documents.customer_key, customers.customer_key) as customer_key
    from together
    left join int_instalments as documents
        on together.customer_id is null
        and together.entity_id = documents.entity_id
        and together.invoice_id = documents.invoice_id
        and documents.instalment_key = documents.document_key
    left join int_customers as customers
        on together.entity_id = customers.entity_id
        and coalesce(together.customer_id, '') = customers.customer_id

),

final as (

    select
        cast($as_of as date) as as_of,
        customers.entity_id,
        customers.customer_id,
        bills.bill_number,
        bills.invoice_id,
        bills.received_on,
        bills.due_on,
        bills.currency,
        cast(bills.amount as decimal(18, 4)) as amount_doc,
        cast(
            round(
                cast(bills.amount as decimal(38, 4))
                * case when bills.currency = $base_currency then 1 else rates.rate_to_base end,
                4
            ) as decimal(18, 4)
        ) as amount_base,
        bills.basis,
        customers.customer_key
    from given_by as bills
    inner join int_customers as customers on bills.customer_key = customers.customer_key
    left join stg_fx_rates as rates
        on bills.currency = rates.currency
        and rates.day = cast($as_of as date)
    order by customers.customer_key, bills.due_on, bills.bill_number

)

select * from final
