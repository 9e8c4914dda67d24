-- Grain: one row per open invoice instalment and week ahead (14: later) in which money is promised, or a bill in hand
-- falls due: the share of it.
-- An open promise counts by how the customer kept its earlier ones; three more at the rate of all customers smooth that,
-- and four more at three in four the rate of all. A bill counts by how many of all bills whose end is known brought their
-- money, and 19 of 20 more; one that falls due on a day nobody knows moves nothing. Of the invoice they name, bills cover
-- what falls due first, one bill after the other, and so do promises; what names none is spread evenly over all that its
-- customer owes.
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

    select (cast(honoured as double) + 19) / (ended + 20) as honoured_share
    from int_bill_ends

),

agreed as (

    select
        'promise' as form,
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
        'bill' as form,
        bills.bill_number as agreed_key,
        bills.entity_id,
        bills.customer_id,
        bills.invoice_id,
        bills.due_on as expected_on,
        bills.amount_base as left_base,
        honoured.honoured_share as kept_share
    from fct_bills_in_hand as bills
    cross join honoured
    where bills.due_on is not null

),

coming as (

    select
        *,
        least(greatest((date_diff('day', cast($as_of as date), expected_on) + 6) / 7, 1), 14) as week_from
    from agreed

),

-- What of the invoice is promised up to the end of each promise or bill that names it, the next to come first.
named as (

    select
        *,
        sum(left_base) over (
            partition by entity_id, customer_id, invoice_id, form
            order by expected_on, agreed_key
            rows between unbounded preceding and current row
        ) as until_base
    from coming
    where invoice_id is not null

),

named_invoices as (

    select distinct entity_id, customer_id, invoice_id
    from named

),

-- And what of it is owed up to the end of each instalment, the oldest first.
owed as (

    select
        items.entity_id,
        items.customer_id,
        items.invoice_id,
        items.item_key,
        items.open_base,
        sum(items.open_base) over (
            partition by items.entity_id, items.customer_id, items.invoice_id
            order by items.due_date, items.instalment_no, items.item_key
            rows between unbounded preceding and current row
        ) as until_base
    from fct_open_items as items
    inner join named_invoices
        on items.entity_id = named_invoices.entity_id
        and items.customer_id = named_invoices.customer_id
        and items.invoice_id = named_invoices.invoice_id
    where items.days_past_due is not null
        and items.open_base > 0

),

covered as (

    select
        owed.item_key,
        owed.open_base,
        named.kept_share,
        named.week_from,
        least(named.until_base, owed.until_base)
        - greatest(named.until_base - named.left_base, owed.until_base - owed.open_base) as covered_base
    from named
    inner join owed
        on named.entity_id = owed.entity_id
        and named.customer_id = owed.customer_id
        and named.invoice_id = owed.invoice_id

),

promised as (

    select
        item_key,
        week_from,
        kept_share * cast(covered_base as double) / cast(open_base as double) as share
    from covered
    where covered_base > 0

    union all

    select
        items.item_key,
        coming.week_from,
        coming.kept_share
        * least(
            cast(coming.left_base as double)
            / cast(sum(items.open_base) over (partition by coming.form, coming.entity_id, coming.agreed_key) as double),
            1
        ) as share
    from coming
    inner join fct_open_items as items
        on coming.entity_id = items.entity_id
        and coming.customer_id = items.customer_id
    where coming.invoice_id is null
        and items.days_past_due is not null
        and items.open_base > 0

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
