-- Grain: one row per imported row of a bill or cheque that brings no money, as its export states clearing days for bills
-- or for cheques, and none for this one.
-- in_hand: received and not yet cleared. bounced: it came back before it cleared; neither it nor the line that took it
-- back counts, so the invoice stays open all along and the bounce adds no debt. What the bill register says of a bill
-- does not matter here.
-- A line takes back the bill of its own number and amount; under a number of its own, one of its customer, amount and
-- invoice, or of its customer and amount where it names no invoice. The oldest bill comes back first.
with

lines as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        -- Of a line without a customer only its invoice says who paid.
        coalesce('customer ' || receipts.customer_id, 'invoice ' || receipts.invoice_id) as payer,
        receipts.receipt_id,
        receipts.invoice_id,
        receipts.instalment_no,
        receipts.paid_on,
        coalesce(receipts.currency, $base_currency) as currency,
        receipts.method,
        abs(receipts.amount) as amount,
        receipts.amount < 0 as takes_back,
        receipts.amount > 0 and receipts.cleared_on is null and clearing.import_id is not null as is_uncleared
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join raw_stated_clearing as clearing
        on receipts.import_id = clearing.import_id
        and receipts.method = clearing.method
    where receipts.method in (select method from raw_stated_clearing)
        and coalesce(receipts.kind, 'payment') = 'payment'
        and receipts.paid_on <= $as_of
        and (
            (receipts.amount > 0 and receipts.cleared_on is null and clearing.import_id is not null)
            or (receipts.amount < 0 and coalesce(receipts.cleared_on, receipts.paid_on) <= $as_of)
            or receipts.receipt_id in (
                select receipt_id
                from raw_receipts
                where amount < 0
                    and method in (select method from raw_stated_clearing)
            )
        )
        and not exists (
            select 1
            from stg_superseded_receipts as superseded
            where superseded.import_no = imports.import_no
                and superseded.line_no = receipts.line_no
        )

),

numbered as (

    select
        *,
        row_number() over (
            partition by entity_id, payer, method, currency, amount, receipt_id, takes_back
            order by paid_on, coalesce(invoice_id, ''), coalesce(instalment_no, 0), import_no, line_no
        ) as place
    from lines
    where receipt_id is not null

),

of_own_number as (

    select
        paid.import_no,
        paid.line_no,
        paid.is_uncleared,
        backs.import_no as back_import_no,
        backs.line_no as back_line_no
    from numbered as paid
    inner join numbered as backs
        on paid.entity_id = backs.entity_id
        and paid.payer = backs.payer
        and paid.method = backs.method
        and paid.currency = backs.currency
        and paid.amount = backs.amount
        and paid.receipt_id = backs.receipt_id
        and paid.place = backs.place
        and paid.paid_on <= backs.paid_on
    where not paid.takes_back
        and backs.takes_back

),

-- Whose numbers lines that take back bear: of bills that are all uncleared, or of others.
numbers as (

    select
        entity_id,
        payer,
        method,
        receipt_id,
        min(case when is_uncleared then 1 else 0 end) as all_uncleared
    from lines
    where not takes_back
        and receipt_id is not null
    group by entity_id, payer, method, receipt_id

),

-- Another sum than that of the bill, as a part of it: the bill brought no money, so none goes back.
of_another_sum as (

    select lines.import_no, lines.line_no
    from lines
    inner join numbers
        on lines.entity_id = numbers.entity_id
        and lines.payer = numbers.payer
        and lines.method = numbers.method
        and lines.receipt_id = numbers.receipt_id
        and numbers.all_uncleared = 1
    where lines.takes_back
        and not exists (
            select 1
            from of_own_number as known
            where known.back_import_no = lines.import_no
                and known.back_line_no = lines.line_no
        )

),

left_over as (

    select lines.*
    from lines
    where (
        lines.is_uncleared
        and not exists (
            select 1
            from of_own_number as known
            where known.import_no = lines.import_no
                and known.line_no = lines.line_no
        )
    )
    or (
        lines.takes_back
        and not exists (
            select 1
            from numbers
            where numbers.entity_id = lines.entity_id
                and numbers.payer = lines.payer
                and numbers.method = lines.method
                and numbers.receipt_id = lines.receipt_id
        )
    )

),

in_turn as (

    select
        *,
        row_number() over (
            partition by entity_id, payer, method, currency, amount, coalesce(invoice_id, ''), takes_back
            order by paid_on, coalesce(receipt_id, ''), coalesce(instalment_no, 0), import_no, line_no
        ) as place
    from left_over

),

of_its_invoice as (

    select
        paid.import_no,
        paid.line_no,
        backs.import_no as back_import_no,
        backs.line_no as back_line_no
    from in_turn as paid
    inner join in_turn as backs
        on paid.entity_id = backs.entity_id
        and paid.payer = backs.payer
        and paid.method = backs.method
        and paid.currency = backs.currency
        and paid.amount = backs.amount
        and coalesce(paid.invoice_id, '') = coalesce(backs.invoice_id, '')
        and paid.place = backs.place
        and paid.paid_on <= backs.paid_on
    where not paid.takes_back
        and backs.takes_back

),

in_turn_by_amount as (

    select
        *,
        row_number() over (
            partition by entity_id, payer, method, currency, amount, takes_back
            order by
                paid_on, coalesce(receipt_id, ''), coalesce(invoice_id, ''), coalesce(instalment_no, 0), import_no, line_no
        ) as place
    from left_over
    where (invoice_id is null or not takes_back)
        and not exists (
            select 1
            from of_its_invoice as known
            where (known.import_no = left_over.import_no and known.line_no = left_over.line_no)
                or (known.back_import_no = left_over.import_no and known.back_line_no = left_over.line_no)
        )

),

of_its_amount as (

    select
        paid.import_no,
        paid.line_no,
        backs.import_no as back_import_no,
        backs.line_no as back_line_no
    from in_turn_by_amount as paid
    inner join in_turn_by_amount as backs
        on paid.entity_id = backs.entity_id
        and paid.payer = backs.payer
        and paid.method = backs.method
        and paid.currency = backs.currency
        and paid.amount = backs.amount
        and paid.place = backs.place
        and paid.paid_on <= backs.paid_on
    where not paid.takes_back
        and backs.takes_back

),

pairs as (

    select import_no, line_no, back_import_no, back_line_no
    from of_own_number
    where is_uncleared

    union all

    select *
    from of_its_invoice

    union all

    select *
    from of_its_amount

),

-- Each line with the number of the bill it is about.
told as (

    select lines.import_no, lines.line_no, lines.receipt_id as bill_number, 'in_hand' as reason
    from lines
    where lines.is_uncleared
        and not exists (
            select 1
            from pairs
            where pairs.import_no = lines.import_no
                and pairs.line_no = lines.line_no
        )

    union all

    select lines.import_no, lines.line_no, lines.receipt_id, 'bounced'
    from pairs
    inner join lines
        on pairs.import_no = lines.import_no
        and pairs.line_no = lines.line_no

    union all

    select pairs.back_import_no, pairs.back_line_no, lines.receipt_id, 'bounced'
    from pairs
    inner join lines
        on pairs.import_no = lines.import_no
        and pairs.line_no = lines.line_no

    union all

    select lines.import_no, lines.line_no, lines.receipt_id, 'bounced'
    from of_another_sum
    inner join lines
        on of_another_sum.import_no = lines.import_no
        and of_another_sum.line_no = lines.line_no

),

final as (

    select
        told.import_no,
        told.line_no,
        told.reason,
        told.bill_number,
        lines.entity_id,
        lines.customer_id,
        lines.invoice_id,
        lines.currency,
        lines.amount
    from told
    inner join lines
        on told.import_no = lines.import_no
        and told.line_no = lines.line_no

)

select * from final
