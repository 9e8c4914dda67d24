-- One row per instalment that can be paid late, issued up to $known: when it was first closed, what its due date showed.
-- Invoices and debit notes of a positive amount. A due date that was assumed, or a list of open items without its paid
-- ones, cannot say who pays late: not labelled. $per_mille thins a huge book by whole customers, always the same ones.
-- Days count from 2000-01-01; cents are base currency, whole numbers kept as DOUBLE, in which they add up exactly.
-- A write-off of a twentieth or less rounds an instalment off and counts as payment; a larger one closes it unpaid.
-- Only first closings count: a later bounce cannot change what an earlier day knew.
with items as (
    select
        instalments.instalment_key as item_key,
        instalments.customer_key,
        date_diff('day', date '2000-01-01', instalments.issue_date) as issue_day,
        date_diff('day', date '2000-01-01', instalments.due_date) as due_day,
        case when instalments.due_basis = 'assumed' or imports.ledger = 'open_items' then 0 else 1 end as is_labelled,
        instalments.amount_doc,
        round(cast(instalments.amount_base as double) * 100, 0) as cents
    from int_instalments as instalments
    inner join imports on imports.import_no = instalments.import_no
    where instalments.doc_type in ('invoice', 'debit_note')
        and instalments.amount_doc >= 0.01
        and instalments.issue_date <= $known
        and instalments.customer_key * 7919 % 1000 < $per_mille
),

applied as (
    select
        instalment_key,
        count(*) as payment_n,
        sum(amount_doc) as applied_doc,
        min(amount_doc) as least_doc,
        max(applied_on) as last_applied_on,
        max(case when kind = 'write_off' then amount_doc else 0 end) as written_off_doc
    from int_applications
    where applied_on <= $known
    group by instalment_key
),

paid as (
    select
        items.*,
        coalesce(applied.payment_n, 0) as payment_n,
        case
            when items.amount_doc - applied.applied_doc < 0.01
                then date_diff('day', date '2000-01-01', applied.last_applied_on)
        end as last_day,
        -- It would still be open without its smallest payment, so the last one closed it. Else the days are followed.
        coalesce(
            applied.least_doc > 0
            and items.amount_doc - applied.applied_doc + applied.least_doc >= 0.01
            and applied.written_off_doc * 20 <= items.amount_doc,
            true
        ) as is_plain
    from items
    left join applied on applied.instalment_key = items.item_key
),

followed as (
    select
        paid.item_key,
        paid.amount_doc,
        date_diff('day', date '2000-01-01', applications.applied_on) as applied_day,
        sum(applications.amount_doc) over by_day as applied_so_far,
        sum(
            case
                when applications.kind = 'write_off' and applications.amount_doc * 20 > paid.amount_doc then 0
                else applications.amount_doc
            end
        ) over by_day as paid_so_far,
        count(*) over by_day as payments_so_far
    from int_applications as applications
    inner join paid on paid.item_key = applications.instalment_key
    where not paid.is_plain
        and applications.applied_on <= $known
    window by_day as (partition by paid.item_key order by applications.applied_on)
),

first_days as (
    select
        item_key,
        min(case when amount_doc - paid_so_far < 0.01 then applied_day end) as settled_day,
        min(case when amount_doc - applied_so_far < 0.01 then applied_day end) as closed_day,
        min(case when amount_doc - applied_so_far < 0.01 then payments_so_far end) as payment_n
    from followed
    group by item_key
),

closed as (
    select
        paid.item_key,
        paid.customer_key,
        paid.issue_day,
        paid.due_day,
        paid.is_labelled,
        paid.cents,
        case when paid.is_plain then paid.payment_n else first_days.payment_n end as payment_n,
        case when paid.is_plain then paid.last_day else first_days.settled_day end as settled_day,
        case when paid.is_plain then paid.last_day else first_days.closed_day end as closed_day,
        paid.due_day + $grace as late_day,
        paid.due_day + $very_late as very_late_day
    from paid
    left join first_days on first_days.item_key = paid.item_key
),

final as (
    select
        closed.*,
        case when settled_day <= late_day then 0 else 1 end as is_late,
        case when settled_day <= very_late_day then 0 else 1 end as is_very_late,
        -- Days late of a closed instalment, held between -60 and 180; what was written off never came.
        case
            when closed_day is null then null
            when settled_day is null then 180
            else greatest(-60, least(180, settled_day - due_day))
        end as days_late
    from closed
)

select * from final
