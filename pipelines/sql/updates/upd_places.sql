-- Grain: one more imported row that the touched customers' figures are made from, by kind, import and line, beside those
-- that bear a number the new exports name.
with

customers as (

    select distinct accounts.entity_id, accounts.customer_id
    from int_accounts as accounts
    inner join upd_whole_keys as keys on accounts.customer_key = keys.customer_key

    union

    select entity_id, customer_id
    from upd_customers

),

together as (

    select 'invoices' as kind, import_no, instalment_key % 10000000000 as line_no
    from int_instalments
    where customer_key in (select customer_key from upd_whole_keys)

    union

    select 'receipts', cast(floor(line_key / 10000000000) as integer), line_key % 10000000000
    from upd_whole_lines

    union

    select 'receipts', in_hand.import_no, in_hand.line_no
    from upd_in_hand as in_hand
    inner join customers
        on in_hand.entity_id = customers.entity_id
        and coalesce(in_hand.customer_id, '') = customers.customer_id
    -- The customer of an invoice gave the bill that names nobody else.
    where in_hand.customer_id is not null
        or not exists (
            select 1
            from int_instalments as instalments
            where instalments.entity_id = in_hand.entity_id
                and instalments.invoice_id = in_hand.invoice_id
        )

    union

    select 'receipts', in_hand.import_no, in_hand.line_no
    from upd_in_hand as in_hand
    inner join int_instalments as instalments
        on in_hand.entity_id = instalments.entity_id
        and in_hand.invoice_id = instalments.invoice_id
    where in_hand.customer_id is null
        and instalments.customer_key in (select customer_key from upd_whole_keys)

)

select together.kind, together.import_no, imports.import_id, together.line_no
from together
inner join raw_imports as imports on together.import_no = imports.import_no
where imports.import_no <= $last_import
    and not exists (
        select 1
        from upd_named_rows as named
        where named.kind = together.kind
            and named.import_no = together.import_no
            and named.line_no = together.line_no
    )
