-- Grain: one row per account and week after the as-of date, 1 to 13, and 14 for what comes later or never; in base.
-- Money already in hand but not applied pays the customer's open invoices in equal parts, and is not expected again.
-- variance_base: of independent items, each paid in that week or not.
with

in_hand as (

    select
        customer_key,
        greatest(1 + sum(case when days_past_due is null then cast(open_base as double) else 0 end)
            / sum(case when days_past_due is not null then cast(open_base as double) else 0 end), 0) as due_share
    from fct_open_items
    group by customer_key
    having sum(case when days_past_due is not null then open_base else 0 end) > 0

),

shares as (

    select
        item_key,
        week_no,
        unpaid_share,
        -- Of two shares that are the same, one may be a hair larger: less than nothing is not paid.
        greatest(lag(unpaid_share, 1, 1) over (partition by item_key order by week_no) - unpaid_share, 0) as paid_share
    from int_cash_shares

),

items as (

    select
        items.account_key,
        shares.week_no,
        cast(items.open_base as double) * in_hand.due_share as open_base,
        shares.unpaid_share,
        shares.paid_share
    from shares
    inner join fct_open_items as items on shares.item_key = items.item_key
    inner join in_hand on items.customer_key = in_hand.customer_key

),

sums as (

    select
        account_key,
        week_no,
        -- First to six digits: a sum of doubles comes a hair beside half a cent, on either side.
        cast(cast(cast(sum(open_base * (1 - unpaid_share)) as decimal(24, 6)) as decimal(18, 2)) as decimal(18, 4))
            as paid_until_base,
        cast(cast(cast(sum(open_base) as decimal(24, 6)) as decimal(18, 2)) as decimal(18, 4)) as open_base,
        sum(open_base * open_base * paid_share * (1 - paid_share)) as variance_base
    from items
    group by account_key, week_no

),

-- The same share summed in another order may round to a cent less: what was expected once stays expected.
rising as (

    select
        account_key,
        week_no,
        open_base,
        max(least(paid_until_base, open_base)) over (
            partition by account_key order by week_no rows between unbounded preceding and current row
        ) as paid_until_base,
        variance_base
    from sums

),

final as (

    select
        account_key,
        week_no,
        paid_until_base - lag(paid_until_base, 1, 0) over (partition by account_key order by week_no) as expected_base,
        variance_base
    from rising
    where week_no > 0

    union all

    select account_key, 14 as week_no, open_base - paid_until_base as expected_base, cast(0 as double) as variance_base
    from rising
    where week_no = 13

)

select * from final
