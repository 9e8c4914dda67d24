-- Grain: one row per invoice row that a later import holds again. Within one import a key is unique.
-- Of the open-items lists of one source the later is that of the later day, in whatever order they were imported.
-- Of a single import nothing is read.
with

list_days as (

    select
        imports.import_id,
        imports.import_no,
        imports.as_of,
        coalesce(min(lists.import_no), imports.import_no) as first_import_no
    from raw_imports as imports
    left join raw_imports as lists
        on imports.ledger = 'open_items'
        and lists.ledger = 'open_items'
        and imports.source = lists.source
        and imports.as_of <= lists.as_of
    where imports.kind = 'invoices'
    group by imports.import_id, imports.import_no, imports.as_of

),

in_turn as (

    select
        import_id,
        import_no,
        row_number() over (order by first_import_no, as_of, import_no) as turn
    from list_days

),

earlier_imports as (

    select import_id, import_no, turn
    from in_turn
    where turn < (select max(turn) from in_turn)

),

later as (

    select
        coalesce(documents.entity_id, $default_entity) as entity_id,
        documents.invoice_id,
        coalesce(documents.instalment_no, 1) as instalment_no,
        max(in_turn.turn) as turn
    from in_turn
    inner join raw_invoices as documents on in_turn.import_id = documents.import_id
    where in_turn.turn > 1
    group by
        coalesce(documents.entity_id, $default_entity),
        documents.invoice_id,
        coalesce(documents.instalment_no, 1)

),

final as (

    select earlier_imports.import_no, documents.line_no
    from earlier_imports
    inner join raw_invoices as documents on earlier_imports.import_id = documents.import_id
    inner join later
        on coalesce(documents.entity_id, $default_entity) = later.entity_id
        and documents.invoice_id = later.invoice_id
        and coalesce(documents.instalment_no, 1) = later.instalment_no
        and earlier_imports.turn < later.turn

)

select * from final
