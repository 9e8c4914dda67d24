-- Grain: one row per instalment to which more is directed than it owes, or from which a line takes back.
-- On every other one each line pays in full.
select instalment_key
from int_directed_lines
where instalment_key is not null
group by instalment_key
having min(amount_doc) <= 0 or sum(amount_doc) > max(owed_doc)
