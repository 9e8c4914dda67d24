-- Grain: one row per receipt line that a later import holds again.
-- Only a line with a receipt number can be recognised in a later import. The day is part of what it is recognised by:
-- a cheque that bounces comes back later under its own number. Of a single import nothing is read.
with

earlier_imports as (

    select import_id, import_no
    from raw_imports
    where import_no < (select max(import_no) from raw_imports where holds_receipts)

),

later as (

    select
        coalesce(lines.entity_id, $default_entity) as entity_id,
        lines.receipt_id,
        coalesce(lines.invoice_id, '') as invoice_id,
        coalesce(lines.instalment_no, 0) as instalment_no,
        coalesce(lines.kind, 'payment') as kind,
        lines.paid_on,
        max(imports.import_no) as import_no
    from raw_imports as imports
    inner join raw_receipts as lines on imports.import_id = lines.import_id
    where imports.import_no > (select min(import_no) from raw_imports where holds_receipts)
        and lines.receipt_id is not null
    group by
        coalesce(lines.entity_id, $default_entity),
        lines.receipt_id,
        coalesce(lines.invoice_id, ''),
        coalesce(lines.instalment_no, 0),
        coalesce(lines.kind, 'payment'),
        lines.paid_on

),

final as (

    select earlier_imports.import_no, lines.line_no
    from earlier_imports
    inner join raw_receipts as lines on earlier_imports.import_id = lines.import_id
    inner join later
        on coalesce(lines.entity_id, $default_entity) = later.entity_id
        and lines.receipt_id = later.receipt_id
        and coalesce(lines.invoice_id, '') = later.invoice_id
        and coalesce(lines.instalment_no, 0) = later.instalment_no
        and coalesce(lines.kind, 'payment') = later.kind
        and lines.paid_on = later.paid_on
        and earlier_imports.import_no < later.import_no

)

select * from final
