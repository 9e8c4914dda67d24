-- Grain: one row per receipt line of the earlier build that is computed again.
select line_key
from upd_whole_lines

union

select import_no * 10000000000 + line_no
from upd_named_rows
where kind = 'receipts'
