-- Grain: one row per entity and customer, from customer exports and from every document that names one.
-- Where no export states region or rep, the customer's latest document does.
with

seen as (

    select
        entity_id,
        customer_id,
        max(customer_name) as customer_name
    from stg_invoices
    group by entity_id, customer_id

    union all

    select entity_id, customer_id, null as customer_name
    from stg_receipts
    where customer_id is not null
    group by entity_id, customer_id

    union all

    -- Money that names neither a customer nor an invoice we hold belongs to the unknown customer ''.
    select lines.entity_id, '' as customer_id, '' as customer_name
    from stg_receipts as lines
    where lines.customer_id is null
        and not exists (
            select 1
            from stg_invoices as invoices
            where invoices.entity_id = lines.entity_id
                and invoices.invoice_id = lines.invoice_id
        )
    group by lines.entity_id

    union all

    select entity_id, customer_id, customer_name
    from stg_customers

),

everyone as (

    select entity_id, customer_id, max(customer_name) as customer_name
    from seen
    group by entity_id, customer_id

),

documents_with_owner as (

    select
        entity_id,
        customer_id,
        max(case when rep is not null then issue_date end) as rep_stated_on,
        max(case when region is not null then issue_date end) as region_stated_on
    from stg_invoices
    where rep is not null or region is not null
    group by entity_id, customer_id

),

latest_owner as (

    select
        invoices.entity_id,
        invoices.customer_id,
        max(case when invoices.issue_date = owners.rep_stated_on then invoices.rep end) as rep,
        max(case when invoices.issue_date = owners.region_stated_on then invoices.region end) as region
    from stg_invoices as invoices
    inner join documents_with_owner as owners
        on invoices.entity_id = owners.entity_id
        and invoices.customer_id = owners.customer_id
        and (invoices.issue_date = owners.rep_stated_on or invoices.issue_date = owners.region_stated_on)
    group by invoices.entity_id, invoices.customer_id

),

final as (

    select
        row_number() over (order by everyone.entity_id, everyone.customer_id) as customer_key,
        everyone.entity_id,
        everyone.customer_id,
        coalesce(stated.customer_name, everyone.customer_name, everyone.customer_id) as customer_name,
        stated.parent_id,
        coalesce(stated.region, latest_owner.region, '') as region,
        coalesce(stated.rep, latest_owner.rep, '') as rep,
        stated.industry,
        stated.customer_type,
        stated.credit_limit as credit_limit_base,
        stated.terms_days,
        stated.payment_run,
        stated.decision_maker,
        stated.acceptor,
        stated.payer
    from everyone
    left join stg_customers as stated
        on everyone.entity_id = stated.entity_id
        and everyone.customer_id = stated.customer_id
    left join latest_owner
        on everyone.entity_id = latest_owner.entity_id
        and everyone.customer_id = latest_owner.customer_id

)

select * from final
