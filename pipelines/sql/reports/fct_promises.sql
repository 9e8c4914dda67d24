-- Grain: one row per promise to pay, and per instalment of a plan (part_no from 1), known to the build, with what came in
-- for it by its day plus the tolerance.
-- Money counts once: promises about the same debt are served in the order of their days, from when each was made.
-- level: of the customer after this promise; one more for each broken or partly kept, back to 1 when one is kept.
with recursive

ordered as (

    select
        promises.*,
        coalesce(promises.invoice_id, '') as about,
        promises.promised_on + $promise_tolerance_days as last_day,
        row_number() over (
            partition by promises.entity_id, promises.customer_id, coalesce(promises.invoice_id, ''), promises.currency
            order by promises.promised_on, promises.promise_key
        ) as place
    from raw_promises as promises

),

-- Where each promise begins and ends on the line of all money that ever came in for the debt.
reached as (

    select
        ordered.promise_key,
        ordered.entity_id,
        ordered.customer_id,
        ordered.about,
        ordered.currency,
        ordered.place,
        ordered.amount,
        coalesce(
            sum(
                case
                    when money.day >= ordered.made_on then 0
                    when ordered.currency = $base_currency then money.amount_base
                    else money.amount_doc
                end
            ),
            0
        ) as money_before,
        coalesce(sum(case when ordered.currency = $base_currency then money.amount_base else money.amount_doc end), 0)
            as money_by_then
    from ordered
    left join int_promise_money as money
        on ordered.entity_id = money.entity_id
        and ordered.customer_id = money.customer_id
        and ordered.about = money.invoice_id
        and (ordered.currency = $base_currency or ordered.currency = money.currency)
        and money.day <= ordered.last_day
    group by
        ordered.promise_key,
        ordered.entity_id,
        ordered.customer_id,
        ordered.about,
        ordered.currency,
        ordered.place,
        ordered.amount

),

served as (

    select
        promise_key,
        entity_id,
        customer_id,
        about,
        currency,
        place,
        cast(greatest(least(money_by_then - money_before, amount), 0) as decimal(18, 4)) as received,
        cast(money_before + greatest(least(money_by_then - money_before, amount), 0) as decimal(18, 4)) as used_up_to
    from reached
    where place = 1

    union all

    select
        reached.promise_key,
        reached.entity_id,
        reached.customer_id,
        reached.about,
        reached.currency,
        reached.place,
        cast(
            greatest(
                least(
                    reached.money_by_then - greatest(served.used_up_to, reached.money_before),
                    reached.amount
                ),
                0
            ) as decimal(18, 4)
        ) as received,
        cast(
            greatest(served.used_up_to, reached.money_before) + greatest(
                least(
                    reached.money_by_then - greatest(served.used_up_to, reached.money_before),
                    reached.amount
                ),
                0
            ) as decimal(18, 4)
        ) as used_up_to
    from served
    inner join reached
        on served.entity_id = reached.entity_id
        and served.customer_id = reached.customer_id
        and served.about = reached.about
        and served.currency = reached.currency
        and served.place + 1 = reached.place

),

settled as (

    select
        ordered.*,
        served.received,
        case
            when served.received >= ordered.amount then 'kept'
            when ordered.last_day > cast($as_of as date) then 'open'
            when served.received > 0 then 'partly_kept'
            else 'broken'
        end as state,
        case when ordered.currency = $base_currency then 1 else rates.rate_to_base end as rate
    from ordered
    inner join served on ordered.promise_key = served.promise_key
    left join stg_fx_rates as rates
        on ordered.currency = rates.currency
        and rates.day = cast($as_of as date)

),

since_kept as (

    select
        *,
        sum(case when state = 'kept' then 1 else 0 end) over (
            partition by entity_id, customer_id
            order by promised_on, promise_key
            rows between unbounded preceding and current row
        ) as kept_so_far
    from settled

),

final as (

    select
        cast($as_of as date) as as_of,
        promise_key,
        promise_id,
        version_id,
        part_no,
        parts,
        entity_id,
        customer_id,
        invoice_id,
        made_on,
        made_by,
        promised_on,
        last_day,
        currency,
        amount,
        received,
        cast(round(cast(amount as decimal(38, 4)) * rate, 4) as decimal(18, 4)) as amount_base,
        cast(round(cast(received as decimal(38, 4)) * rate, 4) as decimal(18, 4)) as received_base,
        state,
        1 + cast(
            sum(case when state in ('broken', 'partly_kept') then 1 else 0 end) over (
                partition by entity_id, customer_id, kept_so_far
                order by promised_on, promise_key
                rows between unbounded preceding and current row
            ) as integer
        ) as level
    from since_kept
    order by entity_id, customer_id, promised_on, promise_key

)

select * from final
