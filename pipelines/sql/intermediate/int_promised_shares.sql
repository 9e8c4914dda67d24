-- Grain: one row per open invoice instalment and week ahead (14: later) in which money is promised: the share of it.
-- An open promise counts by how the customer kept its earlier ones; three more at the rate of all customers smooth that,
-- and four more at three in four the rate of all. It is spread evenly over the invoice it names, else over all.
with

outcomes as (

    select
        entity_id,
        customer_id,
        sum(case when state = 'kept' then 1 else 0 end) as kept,
        sum(case when state in ('kept', 'partly_kept', 'broken') then 1 else 0 end) as ended
    from fct_promises
    group by entity_id, customer_id

),

reliability as (

    select
        entity_id,
        customer_id,
        (kept + 3 * (cast(sum(kept) over () as double) + 3) / (sum(ended) over () + 4)) / (ended + 3) as kept_share
    from outcomes

),

promised as (

    select
        promises.promise_key,
        items.item_key,
        reliability.kept_share
        * least(
            cast(promises.amount_base - promises.received_base as double)
            / cast(sum(items.open_base) over (partition by promises.promise_key) as double),
            1
        ) as share,
        least(
            greatest((date_diff('day', cast($as_of as date), promises.promised_on) + 6) / 7, 1), 14
        ) as week_from
    from fct_promises as promises
    inner join reliability
        on promises.entity_id = reliability.entity_id
        and promises.customer_id = reliability.customer_id
    inner join fct_open_items as items
        on promises.entity_id = items.entity_id
        and promises.customer_id = items.customer_id
        and coalesce(promises.invoice_id, items.invoice_id) = items.invoice_id
    where promises.state = 'open'
        and promises.amount_base > promises.received_base
        and items.days_past_due is not null

),

by_week as (

    select
        item_key,
        cast(floor(week_from) as integer) as week_no,
        sum(share) as share
    from promised
    group by item_key, cast(floor(week_from) as integer)

),

final as (

    select
        item_key,
        week_no,
        share / greatest(sum(share) over (partition by item_key), 1) as share
    from by_week

)

select * from final
