-- Grain: one row per account with documents known from open-items lists alone: their paid invoices are unknown.
-- known_from: the day from which the lists of its sources tell what it owed; of an earlier day they lack what was paid.
with

first_lists as (

    select source, min(coalesce(as_of, cast($as_of as date))) as first_day
    from raw_imports
    where ledger = 'open_items'
    group by source

),

final as (

    select
        instalments.account_key,
        count(*) as documents,
        max(first_lists.first_day) as known_from
    from int_instalments as instalments
    inner join raw_imports as imports on instalments.import_no = imports.import_no
    inner join first_lists on imports.source = first_lists.source
    where imports.ledger = 'open_items'
    group by instalments.account_key

)

select * from final
