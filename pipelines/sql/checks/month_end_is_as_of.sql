-- Customers whose balance at the as-of date differs from the month-end history, where the as-of date is a month end.
with

live as (

    select as_of, entity_id, customer_id, bucket, sum(open_base) as open_base
    from fct_aging
    group by as_of, entity_id, customer_id, bucket

),

history as (

    select month_end, entity_id, customer_id, bucket, sum(open_base) as open_base
    from fct_aging_monthly
    where month_end = (select max(as_of) from fct_aging)
    group by month_end, entity_id, customer_id, bucket

)

select
    coalesce(live.entity_id, history.entity_id) as entity_id,
    coalesce(live.customer_id, history.customer_id) as customer_id,
    coalesce(live.bucket, history.bucket) as bucket,
    live.open_base as live_base,
    history.open_base as history_base
from live
full outer join history
    on live.entity_id = history.entity_id
    and live.customer_id = history.customer_id
    and live.bucket = history.bucket
where coalesce(live.open_base, 0) <> coalesce(history.open_base, 0)
    and (select count(*) from history) > 0
