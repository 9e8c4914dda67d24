-- Grain: one row per aged summary, entity, customer, rep, region, currency and bucket: balances without their invoices.
-- They stand apart: nothing of them is in fct_open_items or fct_aging, so that no balance is counted twice.
-- The buckets are the summary's own; a later summary of the same source and entity takes the place of an earlier one.
with

lists as (

    select
        import_no,
        import_id,
        source,
        file_name,
        as_of as listed_on,
        coalesce(as_of, cast($as_of as date)) as valued_on
    from raw_imports
    where kind = 'aged_summary' and coalesce(as_of, cast($as_of as date)) <= $as_of

),

balances as (

    select
        lists.import_no,
        lists.import_id,
        lists.source,
        lists.file_name,
        lists.listed_on,
        lists.valued_on,
        coalesce(summaries.entity_id, $default_entity) as entity_id,
        summaries.customer_id,
        max(summaries.customer_name) over (
            partition by lists.import_no, summaries.entity_id, summaries.customer_id
        ) as customer_name,
        coalesce(summaries.rep, '') as rep,
        coalesce(summaries.region, '') as region,
        coalesce(summaries.currency, $base_currency) as currency,
        summaries.bucket as source_bucket,
        case
            when summaries.days_from is null and summaries.days_to is null then 'unaged'
            when summaries.days_from is null then 'not_due'
            when summaries.days_to is null then cast(summaries.days_from - 1 as varchar) || '+'
            else cast(summaries.days_from as varchar) || '-' || cast(summaries.days_to as varchar)
        end as bucket,
        case
            when summaries.days_from is null and summaries.days_to is null then 99999
            when summaries.days_from is null then 0
            else summaries.days_from + 1
        end as bucket_order,
        summaries.days_from,
        summaries.days_to,
        summaries.open_amount
    from raw_aged_summary as summaries
    inner join lists on summaries.import_id = lists.import_id

),

newest as (

    select
        import_no,
        entity_id,
        row_number() over (partition by source, entity_id order by valued_on desc, import_no desc) as place
    from (select distinct import_no, source, entity_id, valued_on from balances) as listed

),

final as (

    select
        balances.listed_on as as_of,
        balances.import_id,
        balances.source,
        balances.file_name,
        newest.place = 1 as is_newest,
        balances.entity_id,
        balances.customer_id,
        coalesce(max(balances.customer_name), balances.customer_id) as customer_name,
        balances.rep,
        balances.region,
        balances.bucket,
        balances.bucket_order,
        min(balances.source_bucket) as source_bucket,
        balances.days_from,
        balances.days_to,
        balances.currency,
        cast(sum(balances.open_amount) as decimal(18, 4)) as open_doc,
        cast(
            round(
                cast(sum(balances.open_amount) as decimal(38, 4))
                * case when balances.currency = $base_currency then 1 else rates.rate_to_base end,
                4
            )
            as decimal(18, 4)
        ) as open_base
    from balances
    inner join newest
        on balances.import_no = newest.import_no
        and balances.entity_id = newest.entity_id
    left join stg_fx_rates as rates
        on balances.currency = rates.currency
        and balances.valued_on = rates.day
    group by
        balances.listed_on,
        balances.import_id,
        balances.source,
        balances.file_name,
        newest.place,
        balances.entity_id,
        balances.customer_id,
        balances.rep,
        balances.region,
        balances.bucket,
        balances.bucket_order,
        balances.days_from,
        balances.days_to,
        balances.currency,
        rates.rate_to_base

)

select * from final
order by import_id, entity_id, customer_id, bucket_order
