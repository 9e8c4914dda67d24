-- Grain: one imported row of invoices, new or earlier, that bears a number the new exports name.
-- Of the files the numbers are read first, and the rest of few rows only: hence the condition beside the join.
select invoices.*
from raw_invoices as invoices
inner join upd_numbers as numbers
    on invoices.invoice_id = numbers.number
    and coalesce(invoices.entity_id, $default_entity) = numbers.entity_id
where invoices.invoice_id in (select number from upd_numbers)
