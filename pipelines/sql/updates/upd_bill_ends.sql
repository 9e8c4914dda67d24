-- Grain: one row per state to which another number of bills has come than the earlier build knew.
with

counted as (

    select state, count(*) as bills
    from raw_bills
    group by state

)

select coalesce(counted.state, known.state) as state
from counted
full outer join int_bill_ends as known on counted.state = known.state
where coalesce(counted.bills, 0) <> coalesce(known.bills, 0)
