-- One row per application of money to an instalment, up to $known; what is paid by the end of its day decides.
-- A write-off of a twentieth or less rounds an instalment off and counts as payment; a larger one closes it unpaid.
with applied as (
    select
        items.item_key,
        items.due_day,
        items.amount_doc,
        date_diff('day', date '2000-01-01', applications.applied_on) as applied_day,
        applications.amount_doc as applied_doc,
        cast(round(applications.amount_base * 100, 0) as double) as cents,
        case
            when applications.kind = 'write_off' and applications.amount_doc * 20 > items.amount_doc then 0
            else applications.amount_doc
        end as paid_doc
    from int_applications as applications
    inner join risk_items as items on items.item_key = applications.instalment_key
    where applications.applied_on <= $known
),

running as (
    select
        item_key,
        applied_day,
        due_day,
        amount_doc,
        cents,
        sum(applied_doc) over by_day as applied_so_far,
        sum(paid_doc) over by_day as paid_so_far,
        lag(applied_day) over by_day as day_before
    from applied
    window by_day as (partition by item_key order by applied_day)
),

final as (
    select
        item_key,
        applied_day,
        due_day,
        cents,
        case when day_before = applied_day then 0 else 1 end as is_first_of_day,
        amount_doc - applied_so_far < 0.01 as is_closed,
        amount_doc - paid_so_far < 0.01 as is_settled
    from running
)

select * from final
