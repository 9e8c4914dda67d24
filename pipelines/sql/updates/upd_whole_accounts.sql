-- Grain: one row per account of the earlier build in which money goes to documents by anything but their numbers.

-- It went by amount, by age or by what a person decided.
select account_key
from int_applications
where rule not in ('stated', 'listed')

union

-- It came by a line that names none of the documents that bear a number the new exports name.
select account_key
from int_applications
where line_key in (select line_key from upd_named_lines where is_elsewhere = 1)

union

-- It stands, or stood, unapplied.
select account_key
from int_unapplied_events

union

-- The instalments of a document belong to several customers.
select account_key
from int_instalments
where document_key in (
        select document_key
        from int_instalments
        where instalments > 1
        group by document_key
        having min(customer_key) <> max(customer_key)
    )

union

-- A bill or cheque in hand names one of its documents, and nobody as its payer.
select instalments.account_key
from int_instalments as instalments
inner join upd_in_hand as in_hand
    on instalments.entity_id = in_hand.entity_id
    and instalments.invoice_id = in_hand.invoice_id
where in_hand.customer_id is null
