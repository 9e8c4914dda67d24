-- Grain: one row per month of issue, desk and days after due: what was billed, how much of it has come to that age by
-- the as-of date, and how much of that was still unpaid then; in base. Giving up is not being paid.
-- An age is reached, and a payment in time for it, by counting the ages below: no row per invoice and age.
-- Accounts known from open-items lists alone, and assumed due dates, are left out.
-- Rows in which everything is zero are left out.
with

ages as (

    select 0 as age_days
    union
    select 30 as age_days
    union
    select 60 as age_days
    union
    select 90 as age_days
    union
    select 120 as age_days
    union
    select $at_risk_days as age_days

),

ranked as (

    select
        age_days,
        row_number() over (order by age_days) as age_rank
    from ages

),

events as (

    select
        account_key,
        issue_date,
        due_date,
        null as days_late,
        amount_base
    from int_instalment_balances
    where amount_doc > 0
        and not is_assumed

    union all

    select
        account_key,
        issue_date,
        due_date,
        date_diff('day', due_date, applied_on) as days_late,
        amount_base
    from int_applications
    where kind <> 'write_off'
        and due_date is not null
        and not is_assumed

),

placed as (

    select
        desks.desk_key,
        extract(year from events.issue_date) * 12 + extract(month from events.issue_date) as month_no,
        date_diff('day', events.due_date, cast($as_of as date)) as reached_days,
        events.days_late,
        events.amount_base
    from events
    inner join int_desks as desks on events.account_key = desks.account_key
    left join int_open_items_only as lists on events.account_key = lists.account_key
    where lists.account_key is null

),

counted as (

    select
        desk_key,
        month_no,
        case when reached_days >= 0 then 1 else 0 end
        + case when reached_days >= 30 then 1 else 0 end
        + case when reached_days >= 60 then 1 else 0 end
        + case when reached_days >= 90 then 1 else 0 end
        + case when reached_days >= 120 then 1 else 0 end
        + case when reached_days >= $at_risk_days and $at_risk_days not in (0, 30, 60, 90, 120) then 1 else 0 end
            as ages_reached,
        case when days_late > 0 then 1 else 0 end
        + case when days_late > 30 then 1 else 0 end
        + case when days_late > 60 then 1 else 0 end
        + case when days_late > 90 then 1 else 0 end
        + case when days_late > 120 then 1 else 0 end
        + case when days_late > $at_risk_days and $at_risk_days not in (0, 30, 60, 90, 120) then 1 else 0 end
            as ages_missed,
        days_late is null as is_billing,
        amount_base
    from placed

),

sums as (

    select desk_key, month_no, ages_reached, ages_missed, is_billing, sum(amount_base) as amount_base
    from counted
    group by desk_key, month_no, ages_reached, ages_missed, is_billing

),

final as (

    select
        cast(sums.month_no as integer) as month_no,
        sums.desk_key,
        ranked.age_days,
        cast(sum(case when sums.is_billing then sums.amount_base else 0 end) as decimal(18, 4)) as billed_base,
        cast(
            sum(case when sums.is_billing and sums.ages_reached >= ranked.age_rank then sums.amount_base else 0 end)
            as decimal(18, 4)
        ) as reached_base,
        cast(
            sum(
                case
                    when sums.ages_reached < ranked.age_rank then 0
                    when sums.is_billing then sums.amount_base
                    when sums.ages_missed < ranked.age_rank then -sums.amount_base
                    else 0
                end
            ) as decimal(18, 4)
        ) as unpaid_base
    from sums
    cross join ranked
    where sums.month_no between $first_month and $last_month
    group by sums.month_no, sums.desk_key, ranked.age_days

)

select * from final
where billed_base <> 0 or reached_base <> 0 or unpaid_base <> 0
