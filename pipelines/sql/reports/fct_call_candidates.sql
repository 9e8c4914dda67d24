-- Grain: one row per rep and customer worth contacting: money overdue, or due within a week and likely to be late.
select
    exposure.rep,
    exposure.customer_key,
    customers.customer_type,
    exposure.amount_due_base,
    exposure.overdue_base,
    coalesce(exposure.max_days_past_due, 0) as max_days_past_due,
    exposure.late_base / nullif(cast(exposure.invoiced_open_base as double), 0) as p_late_weighted,
    case
        when exposure.overdue_base > 0 and exposure.disputed_overdue_base >= exposure.overdue_base then 1
        else 0
    end as is_disputed
from int_payer_exposure as exposure
inner join dim_customers as customers on exposure.customer_key = customers.customer_key
where exposure.amount_due_base > 0
    and (
        exposure.overdue_base > 0
        or exposure.late_base / nullif(cast(exposure.invoiced_open_base as double), 0) >= 0.5
    )
