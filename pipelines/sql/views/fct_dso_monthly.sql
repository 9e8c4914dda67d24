-- Grain: one row per month end and scope (total, entity, region, rep, customer; entity_id for entity and customer).
-- A figure that cannot be computed is null and the reason stands beside it.
select
    months.month_end,
    scopes.scope,
    scopes.entity_id,
    scopes.scope_id,
    dso.ar_end_base,
    dso.sales_base,
    dso.dso_simple,
    dso.dso_countback,
    dso.is_lower_bound,
    dso.dso_best_possible,
    dso.add_days,
    dso.cei,
    dso.overdue_ratio,
    dso.not_computable_reason,
    dso.current_end_base,
    dso.overdue_end_base
from int_dso_months as dso
inner join int_scopes as scopes on dso.scope_key = scopes.scope_key
inner join ref_months as months on dso.month_no = months.month_no
