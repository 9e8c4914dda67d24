-- Grain: one row: how many bills of the register have come to an end, and how many of them brought their money.
select
    coalesce(sum(case when state in ('cleared', 'discounted', 'endorsed', 'bounced') then 1 else 0 end), 0) as ended,
    coalesce(sum(case when state in ('cleared', 'discounted', 'endorsed') then 1 else 0 end), 0) as honoured
from raw_bills
