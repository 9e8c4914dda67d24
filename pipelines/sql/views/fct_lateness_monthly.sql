-- Grain: one row per month end, entity, rep and region with payments or overdue money; additive sums only.
-- Weighted average days late = paid_days / paid_base; with open items = (paid_days + overdue_days) / (paid_base +
-- overdue_base); days to pay = (terms_days + paid_days) / paid_base.
select
    months.month_end,
    desks.entity_id,
    desks.rep,
    desks.region,
    lateness.paid_base,
    lateness.paid_days,
    lateness.terms_days,
    lateness.overdue_base,
    lateness.overdue_days,
    lateness.left_out_base,
    lateness.month_no
from int_lateness_months as lateness
inner join int_desk_names as desks on lateness.desk_key = desks.desk_key
inner join ref_months as months on lateness.month_no = months.month_no
