-- Grain: one row per imported row of a bill or cheque in hand, or that may have taken such a one back: no money yet, so
-- the earlier build knows no line of it.
with

lines as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        receipts.invoice_id,
        max(case when receipts.amount > 0 then 1 else 0 end) over (
            partition by
                coalesce(receipts.entity_id, $default_entity),
                receipts.customer_id,
                case when receipts.customer_id is null then receipts.invoice_id end
        ) as in_hand
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join raw_stated_clearing as clearing
        on receipts.import_id = clearing.import_id
        and receipts.method = clearing.method
    where receipts.method in (select method from raw_stated_clearing)
        and (
            receipts.amount < 0
            or receipts.cleared_on > $as_of
            or (receipts.cleared_on is null and clearing.import_id is not null)
        )

)

select import_no, line_no, entity_id, customer_id, invoice_id
from lines
where in_hand = 1
