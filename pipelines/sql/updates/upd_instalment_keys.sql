-- Grain: one row per instalment of the earlier build that is computed again.
select import_no * 10000000000 + line_no as instalment_key
from upd_places
where kind = 'invoices'

union

select import_no * 10000000000 + line_no
from upd_named_rows
where kind = 'invoices'
