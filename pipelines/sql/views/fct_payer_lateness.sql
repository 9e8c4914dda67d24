-- Grain: one row per entity, customer, rep and region with payments in the last twelve months or overdue money; sums.
-- Weighted average days late = paid_days / paid_base; with open items = (paid_days + overdue_days) / (paid_base +
-- overdue_base); days to pay = (terms_days + paid_days) / paid_base; a year earlier: before_days / before_base.
select
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
    lateness.payments,
    lateness.paid_base,
    lateness.paid_days,
    lateness.terms_days,
    lateness.before_base,
    lateness.before_days,
    lateness.overdue_base,
    lateness.overdue_days,
    lateness.account_key
from int_account_lateness as lateness
inner join int_accounts as accounts on lateness.account_key = accounts.account_key
