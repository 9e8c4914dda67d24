-- Grain: one row per imported row of a bill or cheque that is no money by the as-of date: its export states clearing days
-- for bills or for cheques, and for this one none, or one after that date; and per row that took such a one back.
-- in_hand: received and not yet cleared, on clears_on where that is known. bounced: it came back before it cleared;
-- neither it nor the line that took it back counts, so the invoice stays open all along and the bounce adds no debt. What
-- the bill register says of a bill does not matter here.
-- A line takes back the bill of its own number and amount; under a number of its own, one of its payer, amount and
-- invoice, or of its payer and amount where it names no invoice. The oldest bill comes back first: within each of these
-- the first bill meets the first line, the second the second, and so on.
with

lines as (

    select
        imports.import_no,
        receipts.line_no,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        receipts.customer_id,
        -- Of a line without a customer only its invoice says who paid.
        coalesce('customer ' || receipts.customer_id, 'invoice ' || receipts.invoice_id, '') as payer,
        receipts.receipt_id,
        receipts.invoice_id,
        coalesce(receipts.instalment_no, 0) as instalment_no,
        receipts.paid_on,
        receipts.cleared_on as clears_on,
        coalesce(receipts.currency, $base_currency) as currency,
        receipts.method,
        abs(receipts.amount) as amount,
        receipts.amount < 0 as takes_back,
        receipts.amount > 0
        and clearing.import_id is not null
        and (receipts.cleared_on is null or receipts.cleared_on > $as_of) as is_uncleared
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join raw_stated_clearing as clearing
        on receipts.import_id = clearing.import_id
        and receipts.method = clearing.method
    where receipts.method in (select method from raw_stated_clearing)
        and coalesce(receipts.kind, 'payment') = 'payment'
        and receipts.paid_on <= $as_of
        and (
            (
                receipts.amount > 0
                and clearing.import_id is not null
                and (receipts.cleared_on is null or receipts.cleared_on > $as_of)
            )
            or (receipts.amount < 0 and coalesce(receipts.cleared_on, receipts.paid_on) <= $as_of)
            or (
                receipts.amount > 0
                and receipts.receipt_id in (
                    select receipt_id
                    from raw_receipts
                    where amount < 0
                        and method in (select method from raw_stated_clearing)
                )
            )
        )
        and not exists (
            select 1
            from stg_superseded_receipts as superseded
            where superseded.import_no = imports.import_no
                and superseded.line_no = receipts.line_no
        )

),

-- How many bills bear the number of a line, and how many of these had cleared. What shares neither number nor amount with
-- a line that takes back is in no question.
by_number as (

    select
        *,
        case when receipt_id is null then 0 else count(case when not takes_back then 1 end) over of_number end
            as bills_of_number,
        count(case when not takes_back and not is_uncleared then 1 end) over of_number as cleared_of_number,
        row_number() over (
            partition by entity_id, payer, method, receipt_id, currency, amount, takes_back
            order by paid_on, coalesce(invoice_id, ''), instalment_no, import_no, line_no
        ) as turn
    from lines
    where receipt_id in (select receipt_id from lines where takes_back)
        or amount in (select amount from lines where takes_back)
    window of_number as (partition by entity_id, payer, method, receipt_id)

),

met_by_number as (

    select
        *,
        receipt_id is not null
        and coalesce(
            min(case when not takes_back then paid_on end) over of_turn
            <= max(case when takes_back then paid_on end) over of_turn,
            false
        ) as is_met,
        max(case when is_uncleared then 1 else 0 end) over of_turn = 1 as meets_uncleared
    from by_number
    window of_turn as (partition by entity_id, payer, method, receipt_id, currency, amount, turn)

),

by_invoice as (

    select
        *,
        row_number() over (
            partition by entity_id, payer, method, currency, amount, coalesce(invoice_id, ''), takes_back
            order by paid_on, coalesce(receipt_id, ''), instalment_no, import_no, line_no
        ) as turn_of_invoice
    from met_by_number
    where not is_met
        and (is_uncleared or (takes_back and bills_of_number = 0))

),

met_by_invoice as (

    select
        *,
        coalesce(
            min(case when not takes_back then paid_on end) over of_turn
            <= max(case when takes_back then paid_on end) over of_turn,
            false
        ) as is_met_by_invoice,
        max(case when not takes_back then receipt_id end) over of_turn as number_by_invoice
    from by_invoice
    window of_turn as (
        partition by entity_id, payer, method, currency, amount, coalesce(invoice_id, ''), turn_of_invoice
    )

),

by_amount as (

    select
        *,
        row_number() over (
            partition by entity_id, payer, method, currency, amount, takes_back
            order by paid_on, coalesce(receipt_id, ''), coalesce(invoice_id, ''), instalment_no, import_no, line_no
        ) as turn_of_amount
    from met_by_invoice
    where not is_met_by_invoice
        and (is_uncleared or invoice_id is null)

),

met_by_amount as (

    select
        *,
        coalesce(
            min(case when not takes_back then paid_on end) over of_turn
            <= max(case when takes_back then paid_on end) over of_turn,
            false
        ) as is_met_by_amount,
        max(case when not takes_back then receipt_id end) over of_turn as number_by_amount
    from by_amount
    window of_turn as (partition by entity_id, payer, method, currency, amount, turn_of_amount)

),

-- Each line with the number of the bill it is about.
bounced as (

    -- Also of another sum than that of the bill, as a part of it: the bill brought no money, so none goes back.
    select import_no, line_no, receipt_id as bill_number
    from met_by_number
    where (is_met and meets_uncleared)
        or (takes_back and not is_met and bills_of_number > 0 and cleared_of_number = 0)

    union all

    select import_no, line_no, number_by_invoice
    from met_by_invoice
    where is_met_by_invoice

    union all

    select import_no, line_no, number_by_amount
    from met_by_amount
    where is_met_by_amount

),

final as (

    select
        lines.import_no,
        lines.line_no,
        case when bounced.line_no is null then 'in_hand' else 'bounced' end as reason,
        case when bounced.line_no is null then lines.receipt_id else bounced.bill_number end as bill_number,
        lines.entity_id,
        lines.customer_id,
        lines.invoice_id,
        lines.paid_on as received_on,
        lines.clears_on,
        lines.currency,
        lines.amount
    from lines
    left join bounced
        on lines.import_no = bounced.import_no
        and lines.line_no = bounced.line_no
    where lines.is_uncleared
        or bounced.line_no is not null

)

select * from final
