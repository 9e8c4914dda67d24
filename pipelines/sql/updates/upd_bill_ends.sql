-- Grain: one row where bills have come to an end since the earlier build, or are no longer said to have.
with

counted as (

    select
        coalesce(sum(case when state in ('cleared', 'discounted', 'endorsed', 'bounced') then 1 else 0 end), 0) as ended,
        coalesce(sum(case when state in ('cleared', 'discounted', 'endorsed') then 1 else 0 end), 0) as honoured
    from raw_bills

)

select
    counted.ended,
    counted.honoured
from counted
cross join int_bill_ends as known
where counted.ended <> known.ended
    or counted.honoured <> known.honoured
