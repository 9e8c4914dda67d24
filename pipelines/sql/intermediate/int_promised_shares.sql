-- Grain: one row per open invoice instalment and week ahead (14: later) in which money is promised, or a bill in hand
-- falls due: the share of it.
-- An open promise counts by how the customer kept its earlier ones; three more at the rate of all customers smooth that,
-- and four more at three in four the rate of all. A bill counts by how many of all bills whose end is known brought their
-- money, and 19 of 20 more; one that falls due on a day nobody knows moves nothing. Either is spread evenly over the
-- invoice it names, else over all of its customer.
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

honoured as (

    select
        (cast(sum(case when state in ('cleared', 'discounted', 'endorsed') then 1 else 0 end) as double) + 19)
        / (sum(case when state in ('cleared', 'discounted', 'endorsed', 'bounced') then 1 else 0 end) + 20)
            as honoured_share
    from raw_bills

),

agreed as (

    select
        cast(promises.promise_key as varchar) as agreed_key,
        promises.entity_id,
        promises.customer_id,
        promises.invoice_id,
        promises.promised_on as expected_on,
        promises.amount_base - promises.received_base as left_base,
        reliability.kept_share
    from fct_promises as promises
    inner join reliability
        on promises.entity_id = reliability.entity_id
        and promises.customer_id = reliability.customer_id
    where promises.state = 'open'
        and promises.amount_base > promises.received_base

    union all

    select
        'bill ' || bills.bill_number as agreed_key,
        bills.entity_id,
        bills.customer_id,
        bills.invoice_id,
        bills.due_on as expected_on,
        bills.amount_base as left_base,
        coalesce(honoured.honoured_share, 0.95) as kept_share
    from fct_bills_in_hand as bills
    cross join honoured
    where bills.due_on is not null

),

promised as (

    select
        items.item_key,
        agreed.kept_share
        * least(
            cast(agreed.left_base as double)
            / cast(sum(items.open_base) over (partition by agreed.entity_id, agreed.agreed_key) as double),
            1
        ) as share,
        least(
            greatest((date_diff('day', cast($as_of as date), agreed.expected_on) + 6) / 7, 1), 14
        ) as week_from
    from agreed
    inner join fct_open_items as items
        on agreed.entity_id = items.entity_id
        and agreed.customer_id = items.customer_id
        and coalesce(agreed.invoice_id, items.invoice_id) = items.invoice_id
    where items.days_past_due is not null

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
