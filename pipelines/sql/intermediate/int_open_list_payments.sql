-- Grain: one row per instalment and open-items list in which it shrank, grew or was gone: money by difference.
-- An item reduced between two lists was paid by the date of the later one, whatever source that is of; one gone from the
-- next list of a source that held it before was paid by then; back or larger, it is open again. Amounts are without
-- sign: some lists show credit notes below zero, others not.
with

lists as (

    select
        import_id,
        source,
        as_of as listed_on,
        -- Of two lists of one day the one imported later is the next: a list mended and imported again.
        row_number() over (order by as_of, import_no) as list_no
    from raw_imports
    where kind = 'invoices' and ledger = 'open_items' and as_of <= $as_of

),

-- From each list on, the next of each source; of two sources, lists of one day stand beside each other.
next_lists as (

    select lists.list_no, later.source, min(later.list_no) as next_list_no
    from lists
    inner join lists as later
        on lists.list_no < later.list_no
        and (lists.source = later.source or lists.listed_on < later.listed_on)
    group by lists.list_no, later.source

),

listed as (

    select
        lists.source,
        lists.list_no,
        lists.listed_on,
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.invoice_id,
        coalesce(invoices.instalment_no, 1) as instalment_no,
        abs(coalesce(invoices.open_amount, invoices.amount)) as open_amount
    from raw_invoices as invoices
    inner join lists on invoices.import_id = lists.import_id

),

sources as (

    select entity_id, invoice_id, instalment_no, source, min(list_no) as first_list_no
    from listed
    group by entity_id, invoice_id, instalment_no, source

),

-- The first list after each that would hold the item were it still open.
expected as (

    select
        listed.entity_id,
        listed.invoice_id,
        listed.instalment_no,
        listed.list_no,
        min(next_lists.next_list_no) as next_list_no
    from listed
    inner join sources
        on listed.entity_id = sources.entity_id
        and listed.invoice_id = sources.invoice_id
        and listed.instalment_no = sources.instalment_no
        and listed.list_no >= sources.first_list_no
    inner join next_lists
        on listed.list_no = next_lists.list_no
        and sources.source = next_lists.source
    group by listed.entity_id, listed.invoice_id, listed.instalment_no, listed.list_no

),

in_order as (

    select
        *,
        row_number() over item as place,
        lead(list_no) over item as listed_again_no,
        lead(listed_on) over item as listed_again_on,
        lead(open_amount) over item as open_again
    from listed
    window item as (partition by entity_id, invoice_id, instalment_no order by list_no)

),

followed as (

    select
        in_order.*,
        amounts.amount,
        expected.next_list_no,
        following.listed_on as next_listed_on,
        coalesce(expected.next_list_no < coalesce(in_order.listed_again_no, expected.next_list_no + 1), false) as is_gone
    from in_order
    inner join stg_listed_amounts as amounts
        on in_order.entity_id = amounts.entity_id
        and in_order.invoice_id = amounts.invoice_id
        and in_order.instalment_no = amounts.instalment_no
    left join expected
        on in_order.entity_id = expected.entity_id
        and in_order.invoice_id = expected.invoice_id
        and in_order.instalment_no = expected.instalment_no
        and in_order.list_no = expected.list_no
    left join lists as following on expected.next_list_no = following.list_no

),

changes as (

    select entity_id, invoice_id, instalment_no, listed_on as paid_on, amount - open_amount as amount
    from followed
    where place = 1

    union all

    select entity_id, invoice_id, instalment_no, next_listed_on as paid_on, open_amount as amount
    from followed
    where is_gone

    union all

    -- Back on a later list after it was gone from one, it is open as a whole.
    select
        entity_id,
        invoice_id,
        instalment_no,
        listed_again_on as paid_on,
        case when is_gone then 0 else open_amount end - open_again as amount
    from followed
    where listed_again_no is not null

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
