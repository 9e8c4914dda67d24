-- Grain: one row per row of an earlier export, of invoices or receipts, that bears a number the new exports name.
-- Such a row may be replaced by them, pay one of their documents or be paid by one of their receipts. So may a receipt by
-- a bill in the register, or of a customer about whom people entered something since, count now and not before.
-- Of the files the numbers are read first, and the rest of few rows only: hence the conditions beside the joins.
with

found as (

    select
        'invoices' as kind,
        invoices.import_id,
        invoices.line_no,
        numbers.entity_id,
        invoices.customer_id
    from raw_invoices as invoices
    inner join upd_numbers as numbers
        on invoices.invoice_id = numbers.number
        and coalesce(invoices.entity_id, $default_entity) = numbers.entity_id
    where invoices.invoice_id in (select number from upd_numbers)

    union

    select
        'receipts' as kind,
        receipts.import_id,
        receipts.line_no,
        numbers.entity_id,
        coalesce(receipts.customer_id, '') as customer_id
    from raw_receipts as receipts
    inner join upd_numbers as numbers
        on receipts.invoice_id = numbers.number
        and coalesce(receipts.entity_id, $default_entity) = numbers.entity_id
    where receipts.invoice_id in (select number from upd_numbers)

    union

    select
        'receipts' as kind,
        receipts.import_id,
        receipts.line_no,
        numbers.entity_id,
        coalesce(receipts.customer_id, '') as customer_id
    from raw_receipts as receipts
    inner join upd_numbers as numbers
        on receipts.receipt_id = numbers.number
        and coalesce(receipts.entity_id, $default_entity) = numbers.entity_id
        and numbers.in_receipts = 1

    union

    select
        'receipts' as kind,
        receipts.import_id,
        receipts.line_no,
        bills.entity_id,
        coalesce(receipts.customer_id, '') as customer_id
    from raw_receipts as receipts
    inner join raw_bills as bills
        on receipts.receipt_id = bills.bill_number
        and coalesce(receipts.entity_id, $default_entity) = bills.entity_id

    union

    select
        'receipts' as kind,
        receipts.import_id,
        receipts.line_no,
        customers.entity_id,
        receipts.customer_id
    from raw_receipts as receipts
    inner join upd_entered_customers as customers
        on receipts.customer_id = customers.customer_id
        and coalesce(receipts.entity_id, $default_entity) = customers.entity_id

)

select
    found.kind,
    imports.import_no,
    found.line_no,
    found.entity_id,
    found.customer_id
from found
inner join raw_imports as imports on found.import_id = imports.import_id
where imports.import_no <= $last_import
