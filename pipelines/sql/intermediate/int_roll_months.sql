-- Grain: one row per month end, desk, bucket at the month end before and where that money is now, in base.
-- to_order is the bucket at the month end, or 100 paid, 101 credited, 102 written off: a write-off is no collection.
-- Invoices only; accounts known from open-items lists alone are left out, because their paid invoices are unknown.
-- Rows of zero are left out.
with

given_up as (

    select
        instalment_key as item_key,
        extract(year from applied_on) * 12 + extract(month from applied_on) as month_no,
        sum(case when kind = 'write_off' then amount_base else 0 end) as written_off_base,
        sum(case when kind in ('credit', 'discount') then amount_base else 0 end) as credited_base
    from int_applications
    where kind <> 'payment'
    group by instalment_key, extract(year from applied_on) * 12 + extract(month from applied_on)

),

-- Where a span ends its amount leaves the balance, where one starts it joins: together, what went in that month. Only
-- of the items that were given up in part, or may have risen again, it must be known one by one.
known_singly as (

    select item_key
    from given_up

    union

    select item_key
    from int_balance_spans
    where may_rise

),

steps as (

    select item_key, account_key, due_date, to_month as month_no, amount_base as gone_base
    from int_balance_spans
    where item_key in (select item_key from known_singly)
        and not is_residue
        and to_month <= $last_month

    union all

    select item_key, account_key, due_date, from_month as month_no, -amount_base as gone_base
    from int_balance_spans
    where item_key in (select item_key from known_singly)
        and not is_residue
        and not is_first

),

by_item as (

    select
        item_key,
        account_key,
        due_date,
        month_no,
        sum(gone_base) as gone_base
    from steps
    group by item_key, account_key, due_date, month_no

),

-- A balance that rose again lost nothing, and no more is given up than went.
single as (

    select
        desks.desk_key,
        classes.class_due_date,
        by_item.month_no,
        greatest(-by_item.gone_base, 0) as risen_base,
        least(greatest(coalesce(given_up.written_off_base, 0), 0), greatest(by_item.gone_base, 0)) as written_off_base,
        greatest(coalesce(given_up.credited_base, 0), 0) as credited_base,
        greatest(by_item.gone_base, 0) as gone_base
    from by_item
    inner join int_desks as desks on by_item.account_key = desks.account_key
    inner join int_due_classes as classes on by_item.due_date = classes.due_date
    left join int_open_items_only as lists on by_item.account_key = lists.account_key
    left join given_up
        on by_item.item_key = given_up.item_key
        and by_item.month_no = given_up.month_no
    where lists.account_key is null

),

going as (

    select
        desk_key,
        class_due_date,
        to_month as month_no,
        amount_base as gone_base,
        0 as written_off_base,
        0 as credited_base
    from int_class_spans
    where to_month <= $last_month

    union all

    select desk_key, class_due_date, from_month as month_no, -amount_base as gone_base, 0, 0
    from int_class_spans
    where not is_first

    union all

    select
        desk_key,
        class_due_date,
        month_no,
        risen_base as gone_base,
        written_off_base,
        least(credited_base, gone_base - written_off_base) as credited_base
    from single

),

gone as (

    select
        desk_key,
        class_due_date,
        month_no,
        sum(gone_base) as gone_base,
        sum(written_off_base) as written_off_base,
        sum(credited_base) as credited_base
    from going
    group by desk_key, class_due_date, month_no

),

moves as (

    -- What stood at the month end before stands at the next one too,
    select
        spans.desk_key,
        spans.class_due_date,
        months.month_no,
        cast(null as integer) as to_order,
        spans.amount_base
    from int_class_spans as spans
    inner join ref_month_spans as months
        on spans.from_month + 1 = months.from_month
        and least(spans.to_month, $last_month) + 1 = months.to_month

    union all

    -- less what went.
    select desk_key, class_due_date, month_no, cast(null as integer), -gone_base
    from gone

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
