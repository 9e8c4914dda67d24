-- Grain: one row per entity and customer, from customer exports and from every document or bill that names one.
-- Where no export states region or rep, the customer's latest document does; a tax number may come from documents too.
-- A customer that an earlier build knows keeps its key; new ones are numbered on from the last. What it says of one of
-- whom single documents are computed again holds. is_named: 0 for one that no export names any more, whose key still
-- stands behind sums of that build.
with

seen as (

    select entity_id, customer_id, customer_name, 1 as is_named
    from int_owners

    union all

    select entity_id, customer_id, null as customer_name, 1 as is_named
    from stg_receipts
    where customer_id is not null
    group by entity_id, customer_id

    union all

    -- Money that names neither a customer nor an invoice we hold belongs to the unknown customer ''.
    select entity_id, '' as customer_id, '' as customer_name, 1 as is_named
    from stg_receipts
    where customer_id is null
    group by entity_id

    union all

    -- A bill or cheque that is no money yet, or never became any, may be all that is known of a customer.
    select entity_id, coalesce(customer_id, '') as customer_id, null as customer_name, 1 as is_named
    from stg_uncleared_receipts

    union all

    select entity_id, customer_id, null as customer_name, 1 as is_named
    from raw_bills

    union all

    select entity_id, customer_id, customer_name, 1 as is_named
    from stg_customers

    union all

    select entity_id, customer_id, customer_name, is_named
    from ref_known_customers

),

everyone as (

    select entity_id, customer_id, max(customer_name) as customer_name, max(is_named) as is_named
    from seen
    group by entity_id, customer_id

),

stated_on as (

    select
        entity_id,
        customer_id,
        max(case when rep is not null then last_issued_on end) as rep_stated_on,
        max(case when region is not null then last_issued_on end) as region_stated_on
    from int_owners
    group by entity_id, customer_id

),

latest_owner as (

    select
        owners.entity_id,
        owners.customer_id,
        max(case when owners.last_issued_on = stated_on.rep_stated_on then owners.rep end) as rep,
        max(case when owners.last_issued_on = stated_on.region_stated_on then owners.region end) as region
    from int_owners as owners
    inner join stated_on
        on owners.entity_id = stated_on.entity_id
        and owners.customer_id = stated_on.customer_id
    group by owners.entity_id, owners.customer_id

),

final as (

    select
        coalesce(
            known.customer_key,
            last_keys.customer_key + row_number() over (
                partition by known.customer_key is null
                order by everyone.entity_id, everyone.customer_id
            )
        ) as customer_key,
        everyone.entity_id,
        everyone.customer_id,
        everyone.is_named,
        coalesce(stated.customer_name, everyone.customer_name, everyone.customer_id) as customer_name,
        stated.parent_id,
        coalesce(stated.region, known.region, latest_owner.region, '') as region,
        coalesce(stated.rep, known.rep, latest_owner.rep, '') as rep,
        stated.industry,
        stated.customer_type,
        -- Where no limit is set, systems write 0.
        case when stated.credit_limit > 0 then stated.credit_limit end as credit_limit_base,
        stated.terms_days,
        stated.payment_run,
        stated.decision_maker,
        stated.acceptor,
        stated.payer,
        coalesce(stated.tax_id, known.tax_id, numbers.tax_id) as tax_id
    from everyone
    cross join ref_last_keys as last_keys
    left join ref_known_customers as known
        on everyone.entity_id = known.entity_id
        and everyone.customer_id = known.customer_id
    left join stg_customers as stated
        on everyone.entity_id = stated.entity_id
        and everyone.customer_id = stated.customer_id
    left join stg_tax_numbers as numbers
        on everyone.entity_id = numbers.entity_id
        and everyone.customer_id = numbers.customer_id
    left join latest_owner
        on everyone.entity_id = latest_owner.entity_id
        and everyone.customer_id = latest_owner.customer_id

)

select * from final
