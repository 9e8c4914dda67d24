-- Grain: one row per day after due from -400 to 799: the hazard of being paid summed up to that day, all customers.
with

days as (

    select number - 400 as days_late
    from ref_numbers
    where number < 1200

),

spells as (

    select days_late, sum(paid) as paid, sum(gone) as gone
    from int_pay_spells
    group by days_late

),

seen as (

    select
        days.days_late,
        coalesce(spells.paid, 0) as paid,
        sum(coalesce(spells.gone, 0)) over (
            order by days.days_late rows between current row and unbounded following
        ) as at_risk
    from days
    left join spells on days.days_late = spells.days_late

),

final as (

    select
        days_late,
        sum(case when at_risk > 0 then cast(paid as double) / cast(at_risk as double) else 0 end) over (
            order by days_late rows between unbounded preceding and current row
        ) as hazard
    from seen

)

select * from final
