-- Accounts whose balance at the as-of date differs from the month-end history, where the as-of date is a month end.
with

live as (

    select account_key, bucket_order, sum(open_base) as open_base
    from fct_open_items
    group by account_key, bucket_order

),

history as (

    select aging.account_key, aging.bucket_order, aging.open_base
    from int_aging_accounts as aging
    inner join ref_months as months on aging.month_no = months.month_no
    where months.month_end = (select max(as_of) from fct_open_items)

),

broken as (

    select
        coalesce(live.account_key, history.account_key) as account_key,
        coalesce(live.bucket_order, history.bucket_order) as bucket_order,
        live.open_base as live_base,
        history.open_base as history_base
    from live
    full outer join history
        on live.account_key = history.account_key
        and live.bucket_order = history.bucket_order
    where coalesce(live.open_base, 0) <> coalesce(history.open_base, 0)

)

select
    accounts.entity_id,
    accounts.customer_id,
    broken.bucket_order,
    broken.live_base,
    broken.history_base
from broken
inner join int_accounts as accounts on broken.account_key = accounts.account_key
where (select count(*) from history) > 0
