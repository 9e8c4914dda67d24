-- Grain: one row per receipt line (money, credit, discount or write-off), as the latest import that holds it says.
-- Money by bill or cheque counts from the day it clears, by the bill register where it names the receipt (a bill in hand
-- or bounced does not count), and from the day received where its export states no clearing days at all; lines after the
-- as-of date are out.
with

-- Unless the register says that the bill has brought its money.
uncleared as (

    select lines.import_no, lines.line_no
    from stg_uncleared_receipts as lines
    where not exists (
        select 1
        from raw_bills as bills
        where bills.entity_id = lines.entity_id
            and bills.bill_number = lines.bill_number
            and bills.customer_id = coalesce(lines.customer_id, bills.customer_id)
            and bills.counts_on is not null
    )

),

lines as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.receipt_id,
        receipts.customer_id,
        receipts.paid_on,
        case
            when bills.state is not null then bills.counts_on
            when receipts.method in ('bill', 'cheque') then coalesce(receipts.cleared_on, receipts.paid_on)
            else receipts.paid_on
        end as received_on,
        receipts.applied_on,
        receipts.amount,
        coalesce(receipts.currency, $base_currency) as currency,
        receipts.currency is not null as currency_stated,
        receipts.method,
        receipts.invoice_id,
        receipts.instalment_no,
        receipts.reference,
        coalesce(receipts.kind, 'payment') as kind
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join raw_bills as bills
        on coalesce(receipts.entity_id, $default_entity) = bills.entity_id
        and receipts.receipt_id = bills.bill_number
        and coalesce(receipts.customer_id, bills.customer_id) = bills.customer_id
        and coalesce(receipts.method, 'bill') in ('bill', 'cheque')

),

final as (

    select
        lines.import_no * 10000000000 + lines.line_no as line_key,
        lines.entity_id,
        lines.receipt_id,
        lines.customer_id,
        lines.paid_on,
        lines.received_on,
        lines.applied_on,
        lines.amount,
        lines.currency,
        lines.currency_stated,
        lines.method,
        lines.invoice_id,
        lines.instalment_no,
        lines.reference,
        lines.kind
    from lines
    where lines.received_on <= $as_of
        and not exists (
            select 1
            from stg_superseded_receipts as superseded
            where superseded.import_no = lines.import_no
                and superseded.line_no = lines.line_no
        )
        and not exists (
            select 1
            from uncleared
            where uncleared.import_no = lines.import_no
                and uncleared.line_no = lines.line_no
        )

)

select * from final
