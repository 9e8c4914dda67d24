-- Grain: one row per customer: a score from 0 to 100, higher = act sooner, with each component between 0 and 1.
-- Rank: score, then overdue, then open amount, then customer id, so that the same input gives the same order.
-- queue_place: where we seem to stand among those this payer pays, 1 = paid first, from the days late of a year.
with

exposure as (

    select
        customer_key,
        sum(open_base) as open_base,
        sum(overdue_base) as overdue_base,
        sum(overdue_items) as overdue_items,
        max(max_days_past_due) as max_days_past_due,
        sum(overdue_amount_days) as overdue_amount_days,
        sum(invoiced_open_base) as invoiced_open_base,
        sum(risk_base) as risk_base,
        cast(sum(overdue_base) as double) + sum(not_due_risk_base) as money_at_risk
    from int_payer_exposure
    group by customer_key

),

three_months_ago as (

    select customers.customer_key, sum(months.overdue_end_base) as overdue_base
    from fct_receivables_monthly as months
    inner join dim_customers as customers
        on months.entity_id = customers.entity_id
        and months.customer_id = customers.customer_id
    where months.month_no = $last_month - 2
    group by customers.customer_key

),

-- The level of the last promise whose outcome is known; kept promises bring it back to 1.
decided_promises as (

    select
        entity_id,
        customer_id,
        level,
        state,
        amount,
        currency,
        promised_on,
        row_number() over (
            partition by entity_id, customer_id order by promised_on desc, promise_key desc
        ) as newest
    from fct_promises
    where state <> 'open'

),

measured as (

    select
        customers.customer_key,
        customers.entity_id,
        customers.customer_id,
        customers.rep,
        customers.region,
        customers.credit_limit_base,
        coalesce(exposure.open_base, 0) as open_base,
        coalesce(exposure.overdue_base, 0) as overdue_base,
        coalesce(exposure.overdue_items, 0) as overdue_items,
        exposure.max_days_past_due,
        coalesce(three_months_ago.overdue_base, 0) as overdue_before_base,
        case
            when coalesce(exposure.money_at_risk, 0) > 0
                then cume_dist() over (order by coalesce(exposure.money_at_risk, 0))
            else 0
        end as money,
        coalesce(exposure.risk_base / nullif(cast(exposure.invoiced_open_base as double), 0), 0) as risk,
        coalesce(
            cast(exposure.overdue_amount_days as double) / 120 / nullif(cast(exposure.overdue_base as double), 0), 0
        ) as age,
        greatest(
            coalesce(
                cast(exposure.overdue_base - coalesce(three_months_ago.overdue_base, 0) as double)
                / nullif(cast(greatest(exposure.overdue_base, three_months_ago.overdue_base) as double), 0),
                0
            ),
            0
        ) as trend,
        case
            when customers.credit_limit_base > 0
                then least(greatest(cast(exposure.open_base as double) / cast(customers.credit_limit_base as double), 0), 1)
        end as limit_use,
        1 - power(0.5, coalesce(promises.level, 1) - 1) as promises,
        promises.state as promise_state,
        promises.level as promise_level,
        promises.amount as promised_amount,
        promises.currency as promised_currency,
        promises.promised_on,
        habits.closed_invoices,
        habits.closed_late,
        habits.days_late,
        habits.days_late_recent,
        habits.days_late_before
    from dim_customers as customers
    left join exposure on customers.customer_key = exposure.customer_key
    left join three_months_ago on customers.customer_key = three_months_ago.customer_key
    left join int_payer_habits as habits on customers.customer_key = habits.customer_key
    left join decided_promises as promises
        on customers.entity_id = promises.entity_id
        and customers.customer_id = promises.customer_id
        and promises.newest = 1

),

scored as (

    select
        *,
        case
            when open_base <= 0 then 0
            else round(
                100 * (
                    $weight_money * money + $weight_risk * risk + $weight_age * age + $weight_trend * trend
                    + $weight_limit_use * coalesce(limit_use, 0) + $weight_promises * promises
                ) / (
                    $weight_money + $weight_risk + $weight_age + $weight_trend + $weight_limit_use + $weight_promises
                ),
                2
            )
        end as priority_score
    from measured

),

final as (

    select
        cast($as_of as date) as as_of,
        entity_id,
        customer_id,
        rep,
        region,
        row_number() over (
            order by priority_score desc, overdue_base desc, open_base desc, entity_id, customer_id
        ) as priority_rank,
        priority_score,
        case
            when priority_score >= 70 then 'A'
            when priority_score >= 50 then 'B'
            when priority_score >= 25 then 'C'
            else 'D'
        end as payer_class,
        money,
        risk,
        age,
        trend,
        coalesce(limit_use, 0) as limit_use,
        promises,
        case
            when coalesce(closed_invoices, 0) < 3 then null
            when days_late <= 0 then 1
            when days_late <= 7 then 2
            when days_late <= 15 then 3
            when days_late <= 30 then 4
            else 5
        end as queue_place,
        '[' || concat_ws(
            ',',
            case
                when overdue_items > 0
                    then '{"code":"overdue","amount":' || cast(cast(round(overdue_base, 0) as bigint) as varchar)
                        || ',"currency":"' || $base_currency || '","items":' || cast(overdue_items as varchar)
                        || ',"days":' || cast(max_days_past_due as varchar) || '}'
            end,
            case
                when promise_state = 'broken'
                    then '{"code":"promise_broken","amount":'
                        || cast(cast(round(promised_amount, 0) as bigint) as varchar) || ',"currency":"'
                        || promised_currency || '","day":"' || cast(promised_on as varchar) || '","times":'
                        || cast(promise_level - 1 as varchar) || '}'
            end,
            case
                when promise_state = 'partly_kept'
                    then '{"code":"promise_partly_kept","amount":'
                        || cast(cast(round(promised_amount, 0) as bigint) as varchar) || ',"currency":"'
                        || promised_currency || '","day":"' || cast(promised_on as varchar) || '","times":'
                        || cast(promise_level - 1 as varchar) || '}'
            end,
            case
                when closed_late > 0 and days_late >= 0.5
                    then '{"code":"paid_late","late":' || cast(closed_late as varchar) || ',"of":'
                        || cast(closed_invoices as varchar) || ',"days":'
                        || cast(cast(round(days_late, 0) as bigint) as varchar) || '}'
            end,
            case
                when days_late_recent > days_late_before + 5
                    then '{"code":"slower","days":' || cast(cast(round(days_late_recent, 0) as bigint) as varchar)
                        || ',"before":' || cast(cast(round(days_late_before, 0) as bigint) as varchar) || '}'
            end,
            case
                when trend > 0.2 and overdue_before_base > 0
                    then '{"code":"overdue_grew","amount":'
                        || cast(cast(round(overdue_base - overdue_before_base, 0) as bigint) as varchar)
                        || ',"currency":"' || $base_currency || '"}'
            end,
            case
                when limit_use >= 0.8
                    then '{"code":"limit_use","share":'
                        || cast(round(cast(open_base as double) / cast(credit_limit_base as double), 2) as varchar) || '}'
            end
        ) || ']' as reasons,
        open_base,
        overdue_base,
        max_days_past_due,
        closed_invoices,
        closed_late,
        days_late,
        customer_key
    from scored
    order by priority_rank

)

select * from final
