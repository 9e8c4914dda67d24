-- Grain: one imported row of receipts that is new or bears a number the new exports name.
-- Of the files the numbers are read first, and the rest of few rows only: hence the condition beside the first join.
with

-- An earlier receipt may be replaced by them or spend one of their credit notes, or count now by a bill in the register.
numbers_of_receipts as (

    select entity_id, number
    from upd_numbers
    where in_receipts = 1

    union all

    select coalesce(entity_id, $default_entity), bill_number
    from raw_bills

)

-- It names one of their documents.
select receipts.*
from raw_receipts as receipts
inner join upd_numbers as documents
    on receipts.invoice_id = documents.number
    and coalesce(receipts.entity_id, $default_entity) = documents.entity_id
where receipts.invoice_id in (select number from upd_numbers)

union

select receipts.*
from raw_receipts as receipts
inner join numbers_of_receipts as numbers
    on receipts.receipt_id = numbers.number
    and coalesce(receipts.entity_id, $default_entity) = numbers.entity_id

union

-- People entered something about the customer since: a receipt may count now and not before.
select receipts.*
from raw_receipts as receipts
inner join upd_entered_customers as customers
    on receipts.customer_id = customers.customer_id
    and coalesce(receipts.entity_id, $default_entity) = customers.entity_id

union

select *
from raw_receipts
where import_id in (select import_id from raw_imports where import_no > $last_import)
