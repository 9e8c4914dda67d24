-- Grain: one row per item in a foreign currency and kind of exchange difference; nothing in document currency.
-- unrealised: what is open, at the rate of the as-of date less at the booking rate. realised: what was paid, at the rates
-- of the days it was applied less at the booking rate. Balances stand at booking rates: these rows are beside them.
with

unrealised as (

    select
        items.entity_id,
        items.customer_id,
        items.rep,
        items.region,
        items.invoice_id,
        items.instalment_no,
        items.doc_type,
        items.currency,
        round(cast(items.open_doc as decimal(38, 4)) * rates.rate_to_base, 4) - items.open_base as amount_base,
        items.customer_key,
        items.item_key
    from fct_open_items as items
    inner join stg_fx_rates as rates
        on items.currency = rates.currency
        and items.as_of = rates.day

),

paid as (

    select
        applications.instalment_key,
        sum(
            round(cast(applications.amount_doc as decimal(38, 4)) * rates.rate_to_base, 4) - applications.amount_base
        ) as amount_base
    from int_applications as applications
    inner join int_instalments as instalments on applications.instalment_key = instalments.instalment_key
    inner join stg_fx_rates as rates
        on instalments.currency = rates.currency
        and applications.applied_on = rates.day
    where applications.kind = 'payment'
        and instalments.currency <> $base_currency
    group by applications.instalment_key

),

realised as (

    select
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        instalments.invoice_id,
        instalments.instalment_no,
        instalments.doc_type,
        instalments.currency,
        paid.amount_base,
        instalments.customer_key,
        instalments.instalment_key as item_key
    from paid
    inner join int_instalments as instalments on paid.instalment_key = instalments.instalment_key
    inner join int_accounts as accounts on instalments.account_key = accounts.account_key

),

together as (

    select unrealised.*, 'unrealised' as kind
    from unrealised

    union all

    select realised.*, 'realised' as kind
    from realised

),

final as (

    select
        cast($as_of as date) as as_of,
        entity_id,
        customer_id,
        rep,
        region,
        invoice_id,
        instalment_no,
        doc_type,
        currency,
        kind,
        cast(0 as decimal(18, 4)) as amount_doc,
        cast(amount_base as decimal(18, 4)) as amount_base,
        customer_key,
        item_key
    from together
    where amount_base <> 0
    order by customer_key, item_key, kind

)

select * from final
