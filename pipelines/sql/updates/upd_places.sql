-- Grain: one row per imported row that the touched customers' figures are made from, by kind, import and line.
with

customers as (

    select distinct accounts.entity_id, accounts.customer_id
    from int_accounts as accounts
    inner join upd_customer_keys as keys on accounts.customer_key = keys.customer_key

    union

    select entity_id, customer_id
    from upd_customers

),

-- Bills and cheques in hand are no money yet, so the earlier build knows no line of them.
in_hand as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        receipts.invoice_id
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    where receipts.cleared_on > $as_of
        and receipts.method in ('bill', 'cheque')

),

together as (

    select 'invoices' as kind, import_no, instalment_key % 10000000000 as line_no
    from int_instalments
    where customer_key in (select customer_key from upd_customer_keys)

    union

    select 'receipts', cast(floor(line_key / 10000000000) as integer), line_key % 10000000000
    from upd_line_keys

    union

    select kind, import_no, line_no
    from upd_named_rows

    union

    select 'invoices', imports.import_no, invoices.line_no
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id
    where imports.import_no > $last_import

    union

    select 'receipts', imports.import_no, receipts.line_no
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    where imports.import_no > $last_import

    union

    select 'receipts', in_hand.import_no, in_hand.line_no
    from in_hand
    inner join customers
        on in_hand.entity_id = customers.entity_id
        and in_hand.customer_id = customers.customer_id

    union

    select 'receipts', in_hand.import_no, in_hand.line_no
    from in_hand
    inner join int_instalments as instalments
        on in_hand.entity_id = instalments.entity_id
        and in_hand.invoice_id = instalments.invoice_id
    where in_hand.customer_id is null
        and instalments.customer_key in (select customer_key from upd_customer_keys)

)

select together.kind, together.import_no, imports.import_id, together.line_no
from together
inner join raw_imports as imports on together.import_no = imports.import_no
