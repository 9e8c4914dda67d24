-- Grain: one receipt line that names no document and that the customer's bank took back later, in full.
-- Such money pays nothing: what it would have paid stands open at its own due date, and the two lines add up to nothing.
-- A line takes back the one of its own receipt number; a bill or cheque also one of its customer and amount, for a bounce
-- often comes under a number of its own. A line that takes back from what was paid by number is not looked at here.
with

lines as (

    select
        lines.line_key,
        lines.customer_key,
        lines.currency,
        abs(lines.amount_doc) as amount_doc,
        lines.amount_doc < 0 as takes_back,
        lines.received_on,
        texts.receipt_id,
        coalesce(texts.method in ('bill', 'cheque'), false) as can_bounce
    from int_receipt_lines as lines
    inner join int_receipt_texts as texts on lines.line_key = texts.line_key
    where lines.kind = 'payment'
        and not lines.is_decided
        and lines.spent_document_key is null
        and (
            lines.amount_doc < 0
            or (lines.amount_doc > 0 and lines.document_key is null and not lines.states_invoice)
        )
        and lines.customer_key in (select customer_key from int_receipt_lines where amount_doc < 0)
        and lines.line_key not in (select line_key from int_targeted_applications where amount_doc < 0)
        and lines.line_key not in (select line_key from int_spread_applications where amount_doc < 0)

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_key, currency, amount_doc, takes_back, receipt_id
            order by received_on, receipt_id, line_key
        ) as place
    from lines
    where receipt_id is not null

),

of_own_number as (

    select paid.line_key, backs.line_key as back_key
    from numbered as paid
    inner join numbered as backs
        on paid.customer_key = backs.customer_key
        and paid.currency = backs.currency
        and paid.amount_doc = backs.amount_doc
        and paid.receipt_id = backs.receipt_id
        and paid.place = backs.place
        and paid.received_on <= backs.received_on
    where not paid.takes_back
        and backs.takes_back

),

in_turn as (

    select
        *,
        row_number() over (
            partition by customer_key, currency, amount_doc, takes_back
            order by received_on, receipt_id, line_key
        ) as place
    from lines
    where can_bounce
        and line_key not in (select line_key from of_own_number)
        and line_key not in (select back_key from of_own_number)

),

of_its_amount as (

    select paid.line_key
    from in_turn as paid
    inner join in_turn as backs
        on paid.customer_key = backs.customer_key
        and paid.currency = backs.currency
        and paid.amount_doc = backs.amount_doc
        and paid.place = backs.place
        and paid.received_on <= backs.received_on
    where not paid.takes_back
        and backs.takes_back

),

final as (

    select line_key
    from of_own_number

    union

    select line_key
    from of_its_amount

)

select * from final
