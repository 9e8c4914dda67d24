-- Customers whose expected cash, with what comes later or never, is not what they owe on invoices less what they have
-- already paid but not applied. Each account is rounded to the cent.
with

owed as (

    select
        customer_key,
        sum(open_base) as net_base,
        count(distinct account_key) as accounts
    from fct_open_items
    group by customer_key
    having sum(case when days_past_due is not null then open_base else 0 end) > 0

),

expected as (

    select
        accounts.customer_key,
        sum(weeks.expected_base) as expected_base,
        min(weeks.expected_base) as least_base
    from int_cash_weeks as weeks
    inner join int_accounts as accounts on weeks.account_key = accounts.account_key
    group by accounts.customer_key

)

select
    customers.entity_id,
    customers.customer_id,
    owed.net_base,
    expected.expected_base,
    expected.least_base
from owed
full outer join expected on owed.customer_key = expected.customer_key
inner join dim_customers as customers on coalesce(owed.customer_key, expected.customer_key) = customers.customer_key
where abs(greatest(coalesce(owed.net_base, 0), 0) - coalesce(expected.expected_base, 0))
    >= 0.01 * coalesce(owed.accounts, 1)
    or expected.least_base < 0
