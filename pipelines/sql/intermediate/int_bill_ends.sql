-- Grain: one row per state of the bills in the register: how many of them came to it.
select state, count(*) as bills
from raw_bills
group by state
