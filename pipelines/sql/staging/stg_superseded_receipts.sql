-- Grain: one row per receipt line that a later import holds again.
-- Only a line with a receipt number can be recognised in a later import. The day is part of what it is recognised by:
-- a cheque that bounces comes back later under its own number. Of a single import nothing is read.
with

earlier_imports as (

    select import_id, import_no
    from raw_imports
    where import_no < (select max(import_no) from raw_imports where holds_receipts)

),

later_imports as (

    select import_id, import_no
    from raw_imports
    where import_no > (select min(import_no) from raw_imports where holds_receipts)

),

final as (

    select distinct earlier_imports.import_no, lines.line_no
    from earlier_imports
    inner join raw_receipts as lines on earlier_imports.import_id = lines.import_id
    inner join raw_receipts as later
        on coalesce(lines.entity_id, $default_entity) = coalesce(later.entity_id, $default_entity)
        and lines.receipt_id = later.receipt_id
        and coalesce(lines.invoice_id, '') = coalesce(later.invoice_id, '')
        and coalesce(lines.instalment_no, 0) = coalesce(later.instalment_no, 0)
        and coalesce(lines.kind, 'payment') = coalesce(later.kind, 'payment')
        and lines.paid_on = later.paid_on
    inner join later_imports
        on later.import_id = later_imports.import_id
        and earlier_imports.import_no < later_imports.import_no

)

select * from final
