-- Accounts whose open amount is not what was invoiced less what was applied by the as-of date, and instalments whose
-- listed open amount is not their balance.
with

invoiced as (

    select account_key, sum(amount_base) as amount_base, sum(open_base) as open_base
    from int_instalment_balances
    group by account_key

),

applied as (

    select account_key, sum(amount_base) as amount_base
    from int_applications
    group by account_key

),

listed as (

    select account_key, item_key, open_doc, open_base
    from fct_open_items
    where item_key > 0

),

broken as (

    select
        invoiced.account_key,
        cast(null as bigint) as instalment_key,
        invoiced.amount_base,
        applied.amount_base as applied_base,
        invoiced.open_base
    from invoiced
    full outer join applied on invoiced.account_key = applied.account_key
    where coalesce(invoiced.amount_base, 0) - coalesce(applied.amount_base, 0) <> coalesce(invoiced.open_base, 0)

    union all

    select
        balances.account_key,
        balances.instalment_key,
        balances.amount_base,
        balances.amount_base - balances.open_base as applied_base,
        listed.open_base
    from int_instalment_balances as balances
    left join listed
        on balances.instalment_key = listed.item_key
        and balances.account_key = listed.account_key
    where (listed.item_key is not null or abs(balances.open_doc) >= 0.01)
        and (
            balances.open_doc <> coalesce(listed.open_doc, 0)
            or balances.open_base <> coalesce(listed.open_base, 0)
        )

)

select
    accounts.entity_id,
    accounts.customer_id,
    invoices.invoice_id,
    invoices.instalment_no,
    broken.amount_base,
    broken.applied_base,
    broken.open_base
from broken
inner join int_accounts as accounts on broken.account_key = accounts.account_key
left join int_instalments as invoices on broken.instalment_key = invoices.instalment_key
