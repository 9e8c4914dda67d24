-- Grain: one row per import, entity, customer and reason for which accepted rows count in no figure of this build.
-- void, draft: by their status. later: dated after the as-of date. in_hand: a bill or cheque not yet cleared.
-- bounced: one that came back before it cleared, and the line that took it back.
-- listed: money of a customer of open-items lists that names no document, and that the lists count.
-- replaced: a later export holds the row again; these are counted by import, entity and customer stay empty.
with

invoices as (

    select
        imports.import_no,
        invoices.line_no,
        'invoices' as kind,
        coalesce(invoices.entity_id, $default_entity) as entity_id,
        invoices.customer_id,
        case
            when coalesce(invoices.status, 'open') in ('void', 'draft') then invoices.status
            else 'later'
        end as reason
    from raw_invoices as invoices
    inner join raw_imports as imports on invoices.import_id = imports.import_id
    where coalesce(invoices.status, 'open') in ('void', 'draft')
        or invoices.issue_date > $as_of

),

receipts as (

    select
        imports.import_no,
        receipts.line_no,
        'receipts' as kind,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        coalesce(receipts.customer_id, '') as customer_id,
        'later' as reason
    from raw_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    where receipts.paid_on > $as_of
        or (receipts.method in ('bill', 'cheque') and receipts.cleared_on > $as_of)

),

listed as (

    select
        cast(floor(lines.line_key / 10000000000) as integer) as import_no,
        'receipts' as kind,
        lines.entity_id,
        customers.customer_id,
        'listed' as reason
    from int_listed_customers as listed_customers
    inner join int_customers as customers on listed_customers.customer_key = customers.customer_key
    inner join stg_receipts as lines
        on customers.entity_id = lines.entity_id
        and customers.customer_id = coalesce(lines.customer_id, '')
    where not exists (
        select 1
        from int_receipt_lines as counted
        where counted.line_key = lines.line_key
    )

),

standing as (

    select import_no, kind, entity_id, customer_id, reason
    from invoices
    where not exists (
        select 1
        from stg_superseded_invoices as superseded
        where superseded.import_no = invoices.import_no
            and superseded.line_no = invoices.line_no
    )

    union all

    select import_no, kind, entity_id, customer_id, reason
    from receipts
    where not exists (
        select 1
        from stg_superseded_receipts as superseded
        where superseded.import_no = receipts.import_no
            and superseded.line_no = receipts.line_no
    )
        and not exists (
            select 1
            from stg_uncleared_receipts as uncleared
            where uncleared.import_no = receipts.import_no
                and uncleared.line_no = receipts.line_no
        )

    union all

    select import_no, 'receipts' as kind, entity_id, coalesce(customer_id, '') as customer_id, reason
    from stg_uncleared_receipts

    union all

    select import_no, kind, entity_id, customer_id, reason
    from listed

    union all

    select import_no, 'invoices' as kind, '' as entity_id, '' as customer_id, 'replaced' as reason
    from stg_superseded_invoices

    union all

    select import_no, 'receipts' as kind, '' as entity_id, '' as customer_id, 'replaced' as reason
    from stg_superseded_receipts

),

final as (

    select import_no, kind, entity_id, customer_id, reason, count(*) as items
    from standing
    group by import_no, kind, entity_id, customer_id, reason
    order by import_no, kind, entity_id, customer_id, reason

)

select * from final
