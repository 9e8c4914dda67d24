-- Grain: one imported row of receipts that is new or bears a number the new exports name.
-- An earlier one may be replaced by them, pay one of their documents or be paid by one of their receipts. So may a
-- receipt by a bill in the register, or of a customer about whom people entered something since, count now and not
-- before. Of the files the numbers are read first, and the rest of few rows only: hence the condition beside the join.
select receipts.*
from raw_receipts as receipts
inner join upd_numbers as numbers
    on receipts.invoice_id = numbers.number
    and coalesce(receipts.entity_id, $default_entity) = numbers.entity_id
where receipts.invoice_id in (select number from upd_numbers)

union

select receipts.*
from raw_receipts as receipts
inner join upd_numbers as numbers
    on receipts.receipt_id = numbers.number
    and coalesce(receipts.entity_id, $default_entity) = numbers.entity_id
    and numbers.in_receipts = 1

union

select receipts.*
from raw_receipts as receipts
inner join raw_bills as bills
    on receipts.receipt_id = bills.bill_number
    and coalesce(receipts.entity_id, $default_entity) = bills.entity_id

union

select receipts.*
from raw_receipts as receipts
inner join upd_entered_customers as customers
    on receipts.customer_id = customers.customer_id
    and coalesce(receipts.entity_id, $default_entity) = customers.entity_id

union

select receipts.*
from raw_receipts as receipts
inner join raw_imports as imports on receipts.import_id = imports.import_id
where imports.import_no > $last_import
