-- Grain: one row per open invoice instalment and number of weeks ahead, 0 to 13: the share expected to be unpaid then.
-- The customer's own record and its pay runs say when; where a trained model scored the item, the curve is bent so that
-- it agrees with the probabilities of late and very late: in step before the late day, between the two days, and after
-- the second. What is promised comes in its week.
with

items as (

    select
        items.item_key,
        items.customer_key,
        least(greatest(items.days_past_due, -400), 799) as age,
        case when risk.model_id <> 'baseline' then risk.p_late end as p_late,
        case when risk.model_id <> 'baseline' then least(risk.p_very_late, risk.p_late) end as p_very_late
    from fct_open_items as items
    left join fct_late_risk as risk on items.item_key = risk.item_key
    where items.days_past_due is not null

),

marked as (

    select
        items.*,
        starts.own_hazard + starts.pull * starts_all.hazard as hazard_now,
        late.own_hazard + late.pull * late_all.hazard as hazard_late,
        very_late.own_hazard + very_late.pull * very_late_all.hazard as hazard_very_late
    from items
    inner join int_pay_curves as starts
        on items.customer_key = starts.customer_key
        and items.age >= starts.from_day
        and items.age < starts.until_day
    inner join int_pay_curves as late
        on items.customer_key = late.customer_key
        and late.from_day <= $late_grace_days
        and late.until_day > $late_grace_days
    inner join int_pay_curves as very_late
        on items.customer_key = very_late.customer_key
        and very_late.from_day <= $very_late_days
        and very_late.until_day > $very_late_days
    inner join int_pay_hazards as starts_all on items.age = starts_all.days_late
    inner join int_pay_hazards as late_all on late_all.days_late = $late_grace_days
    inner join int_pay_hazards as very_late_all on very_late_all.days_late = $very_late_days

),

dated as (

    select
        marked.*,
        offsets.week_no,
        least(marked.age + offsets.plain_days, 799) as days_late,
        1 - offsets.run_share as weight
    from marked
    inner join int_pay_offsets as offsets on marked.customer_key = offsets.customer_key

    union all

    select
        marked.*,
        offsets.week_no,
        least(marked.age + offsets.run_days, 799) as days_late,
        offsets.run_share as weight
    from marked
    inner join int_pay_offsets as offsets on marked.customer_key = offsets.customer_key
    where offsets.run_share > 0

),

shares as (

    select
        dated.item_key,
        dated.week_no,
        dated.days_late,
        dated.weight,
        dated.p_late,
        dated.p_very_late,
        exp(dated.hazard_now - curves.own_hazard - curves.pull * curves_all.hazard) as share,
        case when dated.age >= $late_grace_days then 1 else exp(dated.hazard_now - dated.hazard_late) end as late_share,
        case when dated.age >= $very_late_days then 1 else exp(dated.hazard_now - dated.hazard_very_late) end
            as very_late_share
    from dated
    inner join int_pay_curves as curves
        on dated.customer_key = curves.customer_key
        and dated.days_late >= curves.from_day
        and dated.days_late < curves.until_day
    inner join int_pay_hazards as curves_all on dated.days_late = curves_all.days_late

),

bent as (

    select
        item_key,
        week_no,
        weight,
        case
            when p_late is null then share
            when days_late <= $late_grace_days
                then 1 - (1 - share) * (1 - p_late) / greatest(1 - late_share, 1e-9)
            when days_late <= $very_late_days
                then p_very_late
                    + (share - very_late_share) * (p_late - p_very_late)
                    / greatest(late_share - very_late_share, 1e-9)
            else share * p_very_late / greatest(very_late_share, 1e-9)
        end as unpaid_share
    from shares

),

by_habit as (

    select
        item_key,
        week_no,
        sum(weight * least(greatest(unpaid_share, 0), 1)) as unpaid_share
    from bent
    group by item_key, week_no

),

-- Of what is promised nothing comes before its week, and all in it.
promised as (

    select
        by_habit.item_key,
        by_habit.week_no,
        sum(promises.share) as share,
        sum(case when by_habit.week_no < promises.week_no then promises.share else 0 end) as still_promised
    from by_habit
    inner join int_promised_shares as promises on by_habit.item_key = promises.item_key
    group by by_habit.item_key, by_habit.week_no

),

final as (

    select
        by_habit.item_key,
        by_habit.week_no,
        by_habit.unpaid_share * (1 - coalesce(promised.share, 0)) + coalesce(promised.still_promised, 0)
            as unpaid_share
    from by_habit
    left join promised
        on by_habit.item_key = promised.item_key
        and by_habit.week_no = promised.week_no

)

select * from final
