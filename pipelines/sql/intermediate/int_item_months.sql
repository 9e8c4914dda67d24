-- Grain: one row per open item and stretch of month ends over which its balance does not change; no zero balances.
-- An item is an instalment (positive key) or a receipt line standing unapplied (negative key); due_date is empty where
-- nothing falls due. to_month is exclusive; months are counted as year * 12 + month. left_doc and left_base: what
-- stands after the stretch.
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

-- Whatever was applied, was applied within one month: before it stands the amount, from it on the rest.
plain_items as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        amount_doc,
        amount_base,
        open_doc,
        open_base,
        issue_month,
        first_month as applied_month
    from balances
    where first_month = last_month

),

events as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        issue_month as month_no,
        amount_doc,
        amount_base
    from balances
    where first_month <> last_month

    union all

    select
        balances.item_key,
        balances.account_key,
        balances.due_date,
        balances.is_assumed,
        greatest(
            extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on), $first_month
        ) as month_no,
        -applications.amount_doc as amount_doc,
        -applications.amount_base as amount_base
    from int_applications as applications
    inner join balances on applications.instalment_key = balances.item_key
    where balances.first_month <> balances.last_month

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
    from events
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
        lead(month_no, 1, $last_month + 1) over item as to_month,
        sum(amount_doc) over item_so_far as balance_doc,
        sum(amount_base) over item_so_far as balance_base,
        lead(amount_doc, 1, 0) over item as change_doc,
        lead(amount_base, 1, 0) over item as change_base
    from by_month
    window
        item as (partition by item_key order by month_no),
        item_so_far as (
            partition by item_key order by month_no rows between unbounded preceding and current row
        )

),

stretches as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        issue_month as from_month,
        least(applied_month, $last_month + 1) as to_month,
        amount_doc as balance_doc,
        amount_base as balance_base,
        open_doc as left_doc,
        open_base as left_base
    from plain_items

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        applied_month as from_month,
        $last_month + 1 as to_month,
        open_doc as balance_doc,
        open_base as balance_base,
        0 as left_doc,
        0 as left_base
    from plain_items

    union all

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        from_month,
        to_month,
        balance_doc,
        balance_base,
        balance_doc + change_doc as left_doc,
        balance_base + change_base as left_base
    from running

),

final as (

    select
        item_key,
        account_key,
        due_date,
        is_assumed,
        cast(from_month as integer) as from_month,
        cast(to_month as integer) as to_month,
        cast(balance_doc as decimal(18, 4)) as balance_doc,
        cast(balance_base as decimal(18, 4)) as balance_base,
        cast(left_doc as decimal(18, 4)) as left_doc,
        cast(left_base as decimal(18, 4)) as left_base
    from stretches
    where from_month < to_month
        and (balance_doc <> 0 or balance_base <> 0)

)

select * from final
