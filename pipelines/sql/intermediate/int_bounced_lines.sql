-- Grain: one receipt line that names no document and that the customer's bank took back later, in full.
-- Such money pays nothing: what it would have paid stands open at its own due date, and the two lines add up to nothing.
-- A line takes back the one of its own receipt number; a bill or cheque also one of its customer and amount, for a bounce
-- often comes under a number of its own. A line that takes back from what was paid by number is not looked at here.
-- Within each of these the first that came meets the first that took back, the second the second, and so on.
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

by_number as (

    select
        *,
        row_number() over (
            partition by customer_key, currency, amount_doc, receipt_id, takes_back
            order by received_on, line_key
        ) as turn
    from lines
    -- An amount that no line takes back is in no question.
    where amount_doc in (select amount_doc from lines where takes_back)

),

met_by_number as (

    select
        *,
        receipt_id is not null
        and coalesce(
            min(case when not takes_back then received_on end) over of_turn
            <= max(case when takes_back then received_on end) over of_turn,
            false
        ) as is_met
    from by_number
    window of_turn as (partition by customer_key, currency, amount_doc, receipt_id, turn)

),

by_amount as (

    select
        *,
        row_number() over (
            partition by customer_key, currency, amount_doc, takes_back
            order by received_on, receipt_id, line_key
        ) as turn_of_amount
    from met_by_number
    where can_bounce
        and not is_met

),

met_by_amount as (

    select
        line_key,
        takes_back,
        min(case when not takes_back then received_on end) over of_turn
        <= max(case when takes_back then received_on end) over of_turn as is_met
    from by_amount
    window of_turn as (partition by customer_key, currency, amount_doc, turn_of_amount)

),

final as (

    select line_key
    from met_by_number
    where is_met
        and not takes_back

    union all

    select line_key
    from met_by_amount
    where is_met
        and not takes_back

)

select * from final
