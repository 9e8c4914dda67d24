-- Grain: one row per customer with open items at the as-of date; place 1 has most overdue, then most open.
-- The first places of a whole book are read from here, names and all, whatever the number of customers.
with

totals as (

    select
        customer_key,
        entity_id,
        customer_id,
        sum(overdue_base) as overdue_base,
        sum(open_base) as open_base,
        max(case when overdue_items > 0 then 1 else 0 end) as has_overdue
    from fct_account_balances
    group by customer_key, entity_id, customer_id

)

select
    row_number() over (
        order by totals.overdue_base desc, totals.open_base desc, totals.entity_id, totals.customer_id
    ) as place,
    totals.customer_key,
    totals.entity_id,
    totals.customer_id,
    customers.customer_name,
    cast(totals.overdue_base as decimal(18, 4)) as overdue_base,
    cast(totals.open_base as decimal(18, 4)) as open_base,
    totals.has_overdue = 1 as has_overdue
from totals
inner join dim_customers as customers on totals.customer_key = customers.customer_key
order by place
