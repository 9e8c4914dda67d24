-- Grain: one row per imported row of a bill or cheque in hand, or that may have taken such a one back: no money yet, so
-- the earlier build knows no line of it.
with

in_hand as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        receipts.invoice_id
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join raw_stated_clearing as clearing
        on receipts.import_id = clearing.import_id
        and receipts.method = clearing.method
    where receipts.method in ('bill', 'cheque')
        and (
            receipts.cleared_on > $as_of
            or (receipts.cleared_on is null and receipts.amount > 0 and clearing.import_id is not null)
        )

)

select *
from in_hand

union

select
    imports.import_no,
    receipts.line_no,
    coalesce(receipts.entity_id, $default_entity) as entity_id,
    receipts.customer_id,
    receipts.invoice_id
from raw_receipts as receipts
inner join raw_imports as imports on receipts.import_id = imports.import_id
where receipts.method in (select method from raw_stated_clearing)
    and receipts.amount < 0
    and (
        receipts.customer_id in (select customer_id from in_hand)
        or (receipts.customer_id is null and receipts.invoice_id in (select invoice_id from in_hand))
    )
