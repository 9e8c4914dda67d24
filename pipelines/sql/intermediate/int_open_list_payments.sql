-- Grain: one row per instalment and open-items list in which it shrank, grew or was gone: money by difference.
-- An item gone or reduced between two lists of one source was paid by the date of the later list; back or larger, it
-- is open again. Amounts are without sign: some lists show credit notes below zero, others not.
with

lists as (

    select
        import_id,
        import_no,
        source,
        as_of as listed_on,
        row_number() over in_turn as list_no,
        lead(as_of) over in_turn as next_listed_on
    from raw_imports
    where kind = 'invoices' and ledger = 'open_items' and as_of <= $as_of
    -- Of two lists of one day the one imported later is the next: a list mended and imported again.
    window in_turn as (partition by source order by as_of, import_no)

),

listed as (

    select
        lists.source,
        lists.list_no,
        lists.listed_on,
        lists.next_listed_on,
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.invoice_id,
        coalesce(invoices.instalment_no, 1) as instalment_no,
        abs(coalesce(invoices.open_amount, invoices.amount)) as open_amount,
        abs(invoices.amount) as amount
    from raw_invoices as invoices
    inner join lists on invoices.import_id = lists.import_id

),

in_order as (

    select
        *,
        row_number() over item as place,
        lead(list_no) over item as listed_again_no,
        lead(listed_on) over item as listed_again_on,
        lead(open_amount) over item as open_again
    from listed
    window item as (partition by source, entity_id, invoice_id, instalment_no order by list_no)

),

changes as (

    select entity_id, invoice_id, instalment_no, listed_on as paid_on, amount - open_amount as amount
    from in_order
    where place = 1

    union all

    select
        entity_id,
        invoice_id,
        instalment_no,
        next_listed_on as paid_on,
        open_amount - case when listed_again_no = list_no + 1 then open_again else 0 end as amount
    from in_order
    where next_listed_on is not null

    union all

    -- Back on a later list after it was gone from one.
    select entity_id, invoice_id, instalment_no, listed_again_on as paid_on, -open_again as amount
    from in_order
    where listed_again_no > list_no + 1

),

final as (

    select
        entity_id,
        invoice_id,
        instalment_no,
        paid_on,
        cast(sum(amount) as decimal(18, 4)) as amount
    from changes
    group by entity_id, invoice_id, instalment_no, paid_on
    having sum(amount) <> 0

)

select * from final
