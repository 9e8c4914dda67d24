-- Grain: one row per customer with an early warning: its place when all of them are told, in the order of that table.
select
    customer_key,
    row_number() over (order by signs desc, at_risk_base desc, entity_id, customer_id) as warning_rank
from fct_early_warnings
