-- Grain: one row per entity and customer of whom the imported rows that bear a number the new exports name say more than
-- that number.

-- Its document is no plain invoice or says less than before, or goes from one customer to another.
select entity_id, customer_id
from upd_named_documents
where is_doubtful = 1 or customer_id <> other_id

union

select entity_id, other_id
from upd_named_documents
where is_doubtful = 1 or customer_id <> other_id

union

-- It paid, and its line names no such document, or one of another customer; so does the other customer.
select entity_id, customer_id
from upd_named_lines
where is_elsewhere = 1 or customer_id <> other_id

union

select entity_id, other_id
from upd_named_lines
where customer_id <> other_id

union

-- A bill or cheque of its own is in hand.
select entity_id, coalesce(customer_id, '')
from upd_in_hand
