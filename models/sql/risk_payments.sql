-- One row per instalment and day on which money was applied to it, up to $known.
-- A write-off of a twentieth or less rounds an instalment off and counts as payment; a larger one closes it unpaid.
with applied as (
    select
        items.item_key,
        items.customer_key,
        items.due_day,
        items.amount_doc,
        date_diff('day', date '2000-01-01', applications.applied_on) as applied_day,
        applications.amount_doc as applied_doc,
        cast(round(applications.amount_base * 100, 0) as bigint) as cents,
        case
            when applications.kind = 'write_off' and applications.amount_doc * 20 > items.amount_doc then 0
            else applications.amount_doc
        end as paid_doc
    from fct_applications as applications
    inner join risk_items as items
        on items.invoice_id = applications.invoice_id
        and items.instalment_no = applications.instalment_no
        and items.entity_id = applications.entity_id
    where applications.applied_on <= $known
),

by_day as (
    select
        item_key,
        customer_key,
        applied_day,
        min(due_day) as due_day,
        min(amount_doc) as amount_doc,
        sum(applied_doc) as applied_doc,
        sum(paid_doc) as paid_doc,
        sum(cents) as cents
    from applied
    group by item_key, customer_key, applied_day
),

running as (
    select
        item_key,
        customer_key,
        applied_day,
        due_day,
        amount_doc,
        paid_doc,
        cents,
        sum(applied_doc) over (partition by item_key order by applied_day) as applied_so_far,
        sum(paid_doc) over (partition by item_key order by applied_day) as paid_so_far
    from by_day
),

final as (
    select
        item_key,
        customer_key,
        applied_day,
        due_day,
        paid_doc,
        cast(cents as bigint) as cents,
        amount_doc - applied_so_far < 0.01 as is_closed,
        amount_doc - paid_so_far < 0.01 as is_settled
    from running
)

select * from final
