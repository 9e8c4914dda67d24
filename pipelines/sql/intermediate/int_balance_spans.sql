-- Grain: one row per item and span of month ends over which an amount stands; what spans a month end adds up to the
-- item's balance there. A part payment is a span below zero, so that no running sum is needed; the span of the item
-- itself counts it (items = 1).
-- An item is an instalment (positive key) or a receipt line standing unapplied (negative key); due_date is empty where
-- nothing falls due. to_month is exclusive; months are counted as year * 12 + month.
-- is_residue: less than 0.01 in document currency is left, which leaves the receivables as written off.
-- is_first: starts with the item, so that nothing stood before. may_rise: something was taken back.
with

balances as (

    select
        instalment_key as item_key,
        account_key,
        case when amount_doc > 0 then due_date end as due_date,
        is_assumed,
        amount_doc,
        amount_base,
        open_doc,
        open_base,
        greatest(extract(year from issue_date) * 12 + extract(month from issue_date), $first_month) as issue_month,
        case
            when first_applied_on is null then $last_month + 1
            else greatest(extract(year from first_applied_on) * 12 + extract(month from first_applied_on), $first_month)
        end as first_month,
        case
            when last_applied_on is null then $last_month + 1
            else greatest(extract(year from last_applied_on) * 12 + extract(month from last_applied_on), $first_month)
        end as last_month
    from int_instalment_balances

),

-- What was applied to the items that were paid in more than one month.
applied as (

    select
        balances.item_key,
        balances.account_key,
        balances.due_date,
        balances.is_assumed,
        balances.issue_month,
        balances.last_month,
        greatest(
            extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on), $first_month
        ) as month_no,
        applications.amount_doc,
        applications.amount_base
    from int_applications as applications
    inner join balances on applications.instalment_key = balances.item_key
    where balances.first_month <> balances.last_month

),

-- Of these something was taken back, so that nothing may have stood open for a while: their balance is run through.
swinging as (

    select item_key
    from applied
    where amount_doc < 0.01
    group by item_key

    union

    select item_key
    from balances
    where amount_doc < 0.01
        and first_month <> last_month

),

changes as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        issue_month as month_no,
        amount_doc,
        amount_base
    from balances
    where item_key in (select item_key from swinging)

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        month_no,
        -amount_doc as amount_doc,
        -amount_base as amount_base
    from applied
    where item_key in (select item_key from swinging)

    union all

    select
        -line_key as item_key,
        account_key,
        cast(null as date) as due_date,
        false as is_assumed,
        greatest(extract(year from event_on) * 12 + extract(month from event_on), $first_month) as month_no,
        change_doc as amount_doc,
        change_base as amount_base
    from int_unapplied_events

),

by_month as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        month_no,
        sum(amount_doc) as amount_doc,
        sum(amount_base) as amount_base
    from changes
    where month_no <= $last_month
    group by item_key, account_key, due_date, is_assumed, month_no

),

running as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        month_no as from_month,
        lead(month_no, 1, $last_month + 1) over (partition by item_key order by month_no) as to_month,
        sum(amount_doc) over (
            partition by item_key order by month_no rows between unbounded preceding and current row
        ) as balance_doc,
        sum(amount_base) over (
            partition by item_key order by month_no rows between unbounded preceding and current row
        ) as balance_base,
        row_number() over (partition by item_key order by month_no) = 1 as is_first
    from by_month

),

spans as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        issue_month as from_month,
        least(last_month, $last_month + 1) as to_month,
        amount_base,
        1 as items,
        abs(amount_doc) < 0.01 as is_residue,
        true as is_first,
        false as may_rise
    from balances
    where item_key not in (select item_key from swinging)

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        month_no as from_month,
        least(last_month, $last_month + 1) as to_month,
        -amount_base as amount_base,
        0 as items,
        false as is_residue,
        month_no = issue_month as is_first,
        false as may_rise
    from applied
    where item_key not in (select item_key from swinging)

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        last_month as from_month,
        $last_month + 1 as to_month,
        open_base as amount_base,
        1 as items,
        abs(open_doc) < 0.01 as is_residue,
        last_month = issue_month as is_first,
        false as may_rise
    from balances
    where item_key not in (select item_key from swinging)
        and (open_doc <> 0 or open_base <> 0)

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        from_month,
        to_month,
        balance_base as amount_base,
        1 as items,
        abs(balance_doc) < 0.01 as is_residue,
        is_first,
        true as may_rise
    from running
    where balance_doc <> 0 or balance_base <> 0

),

final as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        cast(from_month as integer) as from_month,
        cast(to_month as integer) as to_month,
        cast(amount_base as decimal(18, 4)) as amount_base,
        items,
        is_residue,
        is_first,
        may_rise
    from spans
    where from_month < to_month

)

select * from final
