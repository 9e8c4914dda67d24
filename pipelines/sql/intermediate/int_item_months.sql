-- Grain: one row per open item and stretch of month ends over which its balance does not change; no zero balances.
-- An item is an instalment (positive key) or a receipt line standing unapplied (negative key).
-- to_month is exclusive; months are counted as year * 12 + month.
with

events as (

    select
        instalment_key as item_key,
        extract(year from issue_date) * 12 + extract(month from issue_date) as month_no,
        amount_doc,
        amount_base
    from int_instalments

    union all

    select
        instalment_key as item_key,
        extract(year from applied_on) * 12 + extract(month from applied_on) as month_no,
        -amount_doc as amount_doc,
        -amount_base as amount_base
    from int_applications

    union all

    select
        -line_key as item_key,
        extract(year from event_on) * 12 + extract(month from event_on) as month_no,
        change_doc as amount_doc,
        change_base as amount_base
    from int_unapplied_events

),

by_month as (

    select
        item_key,
        greatest(month_no, $first_month) as month_no,
        sum(amount_doc) as amount_doc,
        sum(amount_base) as amount_base
    from events
    where month_no <= $last_month
    group by item_key, greatest(month_no, $first_month)

),

running as (

    select
        item_key,
        cast(month_no as integer) as from_month,
        cast(lead(month_no, 1, $last_month + 1) over item as integer) as to_month,
        cast(sum(amount_doc) over item_so_far as decimal(18, 4)) as balance_doc,
        cast(sum(amount_base) over item_so_far as decimal(18, 4)) as balance_base
    from by_month
    window
        item as (partition by item_key order by month_no),
        item_so_far as (
            partition by item_key order by month_no rows between unbounded preceding and current row
        )

),

final as (

    select item_key, from_month, to_month, balance_doc, balance_base
    from running
    where balance_doc <> 0 or balance_base <> 0

)

select * from final
