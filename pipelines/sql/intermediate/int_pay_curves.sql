-- Grain: one row per customer with open invoices and stretch of days after due, from_day to before until_day, in which
-- its own record holds nothing. The hazard of being paid summed up to a day d of the stretch is
-- h(d) = own_hazard + pull x that of all customers at d, so that exp(h(k) - h(d)) is the share still unpaid at d of what
-- is unpaid at k. A customer's own record is smoothed by the record of all: it counts like five invoices more.
with

customers as (

    select distinct customer_key
    from fct_open_items
    where days_past_due is not null

),

-- Every curve starts at nought, a day before the first that is looked at.
events as (

    select customer_key, -401 as days_late, 0 as paid, 0 as gone
    from customers

    union all

    select customer_key, days_late, paid, gone
    from int_pay_spells
    where customer_key in (select customer_key from customers)

),

seen as (

    select
        events.customer_key,
        events.days_late,
        cast(events.paid as double) as paid,
        cast(
            sum(events.gone) over (
                partition by events.customer_key
                order by events.days_late
                rows between current row and unbounded following
            ) as double
        ) as at_risk,
        coalesce(hazards.hazard, 0) as hazard_of_all,
        lag(coalesce(hazards.hazard, 0), 1, 0) over (
            partition by events.customer_key order by events.days_late
        ) as hazard_before
    from events
    left join int_pay_hazards as hazards on events.days_late = hazards.days_late

),

stretches as (

    select
        customer_key,
        days_late as from_day,
        lead(days_late, 1, 800) over (partition by customer_key order by days_late) as until_day,
        hazard_of_all,
        sum((5 * (hazard_of_all - hazard_before) + paid) / (5 + at_risk)) over (
            partition by customer_key order by days_late rows between unbounded preceding and current row
        ) as hazard,
        5 / (5 + lead(at_risk, 1, 0) over (partition by customer_key order by days_late)) as pull
    from seen

),

final as (

    select
        customer_key,
        cast(from_day as integer) as from_day,
        cast(until_day as integer) as until_day,
        hazard - pull * hazard_of_all as own_hazard,
        pull
    from stretches

)

select * from final
