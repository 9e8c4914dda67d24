-- Grain: one row per month of issue, entity, rep, region and days after due; additive sums only.
-- Share still unpaid = unpaid_base / reached_base; it is final once reached_base = billed_base.
select
    months.month_end,
    desks.entity_id,
    desks.rep,
    desks.region,
    cohorts.age_days,
    cohorts.billed_base,
    cohorts.reached_base,
    cohorts.unpaid_base,
    cohorts.month_no
from int_cohort_months as cohorts
inner join int_desk_names as desks on cohorts.desk_key = desks.desk_key
inner join ref_months as months on cohorts.month_no = months.month_no
