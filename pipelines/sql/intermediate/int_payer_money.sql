-- Grain: one row per customer: the place of its money at risk among all customers', from above 0 to 1; 0 where there is
-- none. It stands apart from what concerns one customer alone: it changes for everyone whenever it does for one.
with

exposure as (

    select
        customer_key,
        cast(sum(overdue_base) as double) + sum(not_due_risk_base) as money_at_risk
    from int_payer_exposure
    group by customer_key

)

select
    customers.customer_key,
    case
        when coalesce(exposure.money_at_risk, 0) > 0
            then cume_dist() over (order by coalesce(exposure.money_at_risk, 0))
        else 0
    end as money
from dim_customers as customers
left join exposure on customers.customer_key = exposure.customer_key
