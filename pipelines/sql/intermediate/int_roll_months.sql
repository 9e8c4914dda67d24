-- Grain: one row per month end, desk, bucket at the month end before and where that money is now, in base.
-- to_order is the bucket at the month end, or 100 paid, 101 credited, 102 written off: a write-off is no collection.
-- Invoices only; accounts known from open-items lists alone are left out, because their paid invoices are unknown.
-- Rows of zero are left out.
with

ending as (

    select
        items.item_key,
        items.to_month,
        items.balance_base,
        case when abs(items.left_doc) >= 0.01 then items.left_base else 0 end as left_base,
        desks.desk_key,
        classes.class_due_date
    from int_item_months as items
    inner join int_desks as desks on items.account_key = desks.account_key
    inner join int_due_classes as classes on items.due_date = classes.due_date
    left join int_open_items_only as lists on items.account_key = lists.account_key
    where abs(items.balance_doc) >= 0.01
        and lists.account_key is null
        and items.to_month <= $last_month

),

given_up as (

    select
        instalment_key,
        extract(year from applied_on) * 12 + extract(month from applied_on) as month_no,
        sum(case when kind = 'write_off' then amount_base else 0 end) as written_off_base,
        sum(case when kind in ('credit', 'discount') then amount_base else 0 end) as credited_base
    from int_applications
    where kind <> 'payment'
    group by instalment_key, extract(year from applied_on) * 12 + extract(month from applied_on)

),

-- Where a stretch ends, the balance went down, or up again after a bounce.
ends as (

    select
        ending.desk_key,
        ending.class_due_date,
        ending.to_month as month_no,
        least(ending.balance_base, ending.left_base) as kept_base,
        ending.balance_base - least(ending.balance_base, ending.left_base) as gone_base,
        greatest(coalesce(given_up.written_off_base, 0), 0) as written_off_base,
        greatest(coalesce(given_up.credited_base, 0), 0) as credited_base
    from ending
    left join given_up
        on ending.item_key = given_up.instalment_key
        and ending.to_month = given_up.month_no

),

gone as (

    select
        desk_key,
        class_due_date,
        month_no,
        sum(kept_base) as kept_base,
        sum(gone_base) as gone_base,
        sum(least(written_off_base, gone_base)) as written_off_base,
        sum(least(credited_base, gone_base - least(written_off_base, gone_base))) as credited_base
    from ends
    group by desk_key, class_due_date, month_no

),

kept as (

    select desk_key, class_due_date, from_month + 1 as from_month, to_month, balance_base as amount_base
    from int_class_stretches
    where to_month - from_month > 1

    union all

    select desk_key, class_due_date, month_no, month_no + 1, kept_base
    from gone
    where kept_base <> 0

),

moves as (

    select
        kept.desk_key,
        kept.class_due_date,
        spans.month_no,
        cast(null as integer) as to_order,
        kept.amount_base
    from kept
    inner join ref_month_spans as spans
        on kept.from_month = spans.from_month
        and kept.to_month = spans.to_month

    union all

    select desk_key, class_due_date, month_no, 100, gone_base - written_off_base - credited_base
    from gone

    union all

    select desk_key, class_due_date, month_no, 101, credited_base
    from gone

    union all

    select desk_key, class_due_date, month_no, 102, written_off_base
    from gone

),

final as (

    select
        moves.month_no,
        moves.desk_key,
        before.bucket_order as from_order,
        coalesce(moves.to_order, after.bucket_order) as to_order,
        cast(sum(moves.amount_base) as decimal(18, 4)) as amount_base
    from moves
    inner join ref_months as months on moves.month_no = months.month_no
    inner join ref_months as earlier on moves.month_no - 1 = earlier.month_no
    inner join ref_bucket_days as before
        on least(greatest(date_diff('day', moves.class_due_date, earlier.month_end), 0), $open_ended_from)
        = before.days_past_due
    inner join ref_bucket_days as after
        on least(greatest(date_diff('day', moves.class_due_date, months.month_end), 0), $open_ended_from)
        = after.days_past_due
    where moves.amount_base <> 0
    group by moves.month_no, moves.desk_key, before.bucket_order, coalesce(moves.to_order, after.bucket_order)

)

select * from final
where amount_base <> 0
