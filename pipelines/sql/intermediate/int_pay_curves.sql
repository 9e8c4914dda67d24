-- Grain: one row per customer with open invoices and day after due that a forecast asks about: the hazard of being
-- paid summed up to that day, so that exp(h(k) - h(d)) is the share still unpaid at d of what is unpaid at k.
-- A customer's own record is smoothed by the record of all: it counts like five invoices more.
with

ages as (

    select distinct customer_key, least(greatest(days_past_due, -400), 799) as days_past_due
    from fct_open_items
    where days_past_due is not null

),

asked as (

    select
        ages.customer_key,
        least(ages.days_past_due + offsets.plain_days, 799) as days_late
    from ages
    inner join int_pay_offsets as offsets on ages.customer_key = offsets.customer_key

    union

    select
        ages.customer_key,
        least(ages.days_past_due + offsets.run_days, 799) as days_late
    from ages
    inner join int_pay_offsets as offsets on ages.customer_key = offsets.customer_key
    where offsets.run_share > 0

    union

    select ages.customer_key, marks.days_late
    from ages
    cross join (
        select $late_grace_days as days_late
        union
        select $very_late_days as days_late
    ) as marks

),

rows_of as (

    select customer_key, days_late, 0 as paid, 0 as gone
    from asked

    union all

    select spells.customer_key, spells.days_late, spells.paid, spells.gone
    from int_pay_spells as spells
    where spells.customer_key in (select customer_key from asked)

),

by_day as (

    select customer_key, days_late, sum(paid) as paid, sum(gone) as gone
    from rows_of
    group by customer_key, days_late

),

seen as (

    select
        by_day.customer_key,
        by_day.days_late,
        by_day.paid,
        sum(by_day.gone) over (
            partition by by_day.customer_key
            order by by_day.days_late
            rows between current row and unbounded following
        ) as at_risk,
        hazards.hazard - lag(hazards.hazard, 1, 0) over (
            partition by by_day.customer_key order by by_day.days_late
        ) as hazard_of_all
    from by_day
    inner join int_pay_hazards as hazards on by_day.days_late = hazards.days_late

),

final as (

    select
        customer_key,
        days_late,
        sum((5 * hazard_of_all + cast(paid as double)) / (5 + cast(at_risk as double))) over (
            partition by customer_key order by days_late rows between unbounded preceding and current row
        ) as hazard
    from seen

)

select * from final
