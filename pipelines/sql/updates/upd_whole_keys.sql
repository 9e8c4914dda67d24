-- Grain: one row per touched customer of the earlier build whose every document may differ, and not just those that bear
-- a number the new exports name. Of the others money goes to documents by their numbers and nothing else, and what the
-- touched rows say of the customer itself is what the earlier build knows.
with

known as (

    select
        accounts.customer_key,
        accounts.account_key,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region
    from int_accounts as accounts
    inner join upd_customer_keys as keys on accounts.customer_key = keys.customer_key

)

-- A new export of customers or an entry is about it, or it promised or gave a bill.
select known.customer_key
from known
inner join upd_customers as customers
    on known.entity_id = customers.entity_id
    and known.customer_id = customers.customer_id
where customers.is_whole = 1

union

select known.customer_key
from known
inner join upd_whole_names as names
    on known.entity_id = names.entity_id
    and known.customer_id = names.customer_id

union

select customer_key
from known
where account_key in (select account_key from upd_whole_accounts)

union

-- An export names the day on which it accepted one of its open invoices.
select customer_key
from known
where customer_key in (select customer_key from fct_acceptances)

union

-- It is no customer that the earlier build tells of.
select customer_key
from known
where customer_key not in (select customer_key from dim_customers)

union

-- It has several accounts: several reps, regions or, where customers were merged, numbers.
select customer_key
from known
group by customer_key
having count(*) > 1

union

-- A touched document says other things of it than the earlier build knows.
select known.customer_key
from known
inner join dim_customers as customers on known.customer_key = customers.customer_key
inner join upd_named_invoices as invoices
    on known.entity_id = coalesce(invoices.entity_id, $default_entity)
    and known.customer_id = invoices.customer_id
where coalesce(invoices.rep, known.rep) <> known.rep
    or coalesce(invoices.region, known.region) <> known.region
    or coalesce(invoices.customer_name, customers.customer_name) <> customers.customer_name
    or coalesce(invoices.tax_id, customers.tax_id, '') <> coalesce(customers.tax_id, '')
