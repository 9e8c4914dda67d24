-- Grain: one row per bill or cheque in hand at the as-of date: received, and not yet money.
-- basis: register, as people entered it; ledger, a receipt by bill or cheque that is not in the register and clears after
-- the as-of date, or on a day that nobody knows yet: then due_on is null. Its invoice stays open until it clears; the
-- forecast expects its money on due_on.
with

registered as (

    select
        entity_id,
        customer_id,
        bill_number,
        invoice_id,
        due_on,
        currency,
        amount,
        'register' as basis
    from raw_bills
    where state = 'received'

),

in_ledger as (

    select
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        receipts.receipt_id as bill_number,
        receipts.invoice_id,
        receipts.cleared_on as due_on,
        coalesce(receipts.currency, $base_currency) as currency,
        receipts.amount,
        'ledger' as basis
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    where receipts.cleared_on > $as_of
        and receipts.paid_on <= $as_of
        and receipts.method in ('bill', 'cheque')
        and coalesce(receipts.kind, 'payment') = 'payment'
        and receipts.amount > 0
        and not exists (
            select 1
            from stg_superseded_receipts as superseded
            where superseded.import_no = imports.import_no
                and superseded.line_no = receipts.line_no
        )

    union all

    select
        entity_id,
        customer_id,
        bill_number,
        invoice_id,
        null as due_on,
        currency,
        amount,
        'ledger' as basis
    from stg_uncleared_receipts
    where reason = 'in_hand'

),

together as (

    select *
    from registered

    union all

    select *
    from in_ledger
    where not exists (
        select 1
        from raw_bills as bills
        where bills.entity_id = in_ledger.entity_id
            and bills.bill_number = in_ledger.bill_number
    )

),

named as (

    select distinct entity_id, invoice_id, customer_key
    from int_instalments
    where invoice_id in (select invoice_id from together where customer_id is null)

),

final as (

    select
        cast($as_of as date) as as_of,
        customers.entity_id,
        customers.customer_id,
        together.bill_number,
        together.invoice_id,
        together.due_on,
        together.currency,
        cast(together.amount as decimal(18, 4)) as amount_doc,
        cast(
            round(
                cast(together.amount as decimal(38, 4))
                * case when together.currency = $base_currency then 1 else rates.rate_to_base end,
                4
            ) as decimal(18, 4)
        ) as amount_base,
        together.basis,
        customers.customer_key
    from together
    left join named
        on together.customer_id is null
        and together.entity_id = named.entity_id
        and together.invoice_id = named.invoice_id
    inner join int_customers as customers
        on together.entity_id = customers.entity_id
        and (together.customer_id = customers.customer_id or named.customer_key = customers.customer_key)
    left join stg_fx_rates as rates
        on together.currency = rates.currency
        and rates.day = cast($as_of as date)
    order by customers.customer_key, together.due_on, together.bill_number

)

select * from final
