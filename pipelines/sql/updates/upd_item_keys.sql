-- Grain: one row per open item of the earlier build that is computed again: an instalment, or a receipt line below zero.
select instalment_key as item_key
from upd_instalment_keys

union all

select -line_key
from upd_line_keys
