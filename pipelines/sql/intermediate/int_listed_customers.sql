-- Grain: one row per customer known from open-items lists alone; last_day: that of the last list that tells what it owes.
-- Where there are lists and no ledger, also whoever has no document in them: it owed nothing by the day of each.
with

last_lists as (

    select source, max(as_of) as last_day
    from raw_imports
    where kind = 'invoices' and ledger = 'open_items' and as_of <= $as_of
    group by source

),

listed as (

    select instalments.customer_key, max(last_lists.last_day) as last_day
    from last_lists
    inner join raw_imports as imports
        on last_lists.source = imports.source
        and imports.ledger = 'open_items'
    inner join int_instalments as instalments on imports.import_no = instalments.import_no
    group by instalments.customer_key

),

-- Whether a list holds all of their documents now, too, is no matter.
in_ledgers as (

    select distinct customers.customer_key
    from listed
    inner join int_customers as customers on listed.customer_key = customers.customer_key
    inner join raw_invoices as documents
        on customers.entity_id = coalesce(documents.entity_id, $default_entity)
        and customers.customer_id = documents.customer_id
    inner join raw_imports as imports
        on documents.import_id = imports.import_id
        and coalesce(imports.ledger, 'ledger') = 'ledger'

),

of_all as (

    select min(last_day) as last_day
    from last_lists
    where not exists (
        select 1
        from raw_imports
        where kind = 'invoices' and coalesce(ledger, 'ledger') = 'ledger'
    )

),

final as (

    select customer_key, last_day
    from listed
    where customer_key not in (select customer_key from in_ledgers)

    union all

    select customers.customer_key, of_all.last_day
    from int_customers as customers
    cross join of_all
    where of_all.last_day is not null
        and not exists (
            select 1
            from int_owners as owners
            where owners.entity_id = customers.entity_id and owners.customer_id = customers.customer_id
        )

)

select * from final
