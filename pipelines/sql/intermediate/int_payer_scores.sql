-- Grain: one row per customer: a score from 0 to 100, higher = act sooner, from the components and their weights, and its
-- place among all. It stands apart from the reasons: it changes for everyone whenever it does for one.
-- Score: the weighted mean of the components known of the customer; 0 where nothing is open.
-- Rank: score, then overdue, then open amount, then entity and customer id, so that the same input gives the same order.
with

weighed as (

    select
        customer_key,
        entity_id,
        customer_id,
        open_base,
        overdue_base,
        money,
        $weight_money * money + $weight_age * age + $weight_trend * coalesce(trend, 0) + $weight_risk * risk
        + $weight_delay * delay + $weight_promises * promises + $weight_limit_use * coalesce(limit_use, 0)
        + $weight_ability * coalesce(ability, 0) + $weight_pay_run * coalesce(pay_run, 0)
        + $weight_value * coalesce(value, 0) + $weight_relationship * coalesce(relationship, 0)
        + $weight_discipline * coalesce(discipline, 0) + $weight_readiness * coalesce(readiness, 0) as points,
        $weight_money + $weight_age + $weight_risk + $weight_delay + $weight_promises
        + case when trend is null then 0 else $weight_trend end
        + case when limit_use is null then 0 else $weight_limit_use end
        + case when ability is null then 0 else $weight_ability end
        + case when pay_run is null then 0 else $weight_pay_run end
        + case when value is null then 0 else $weight_value end
        + case when relationship is null then 0 else $weight_relationship end
        + case when discipline is null then 0 else $weight_discipline end
        + case when readiness is null then 0 else $weight_readiness end as weight_known
    from fct_payer_components

),

scored as (

    select
        *,
        case
            when open_base <= 0 or weight_known <= 0 then 0
            else cast(cast(100 * cast(points as double) / cast(weight_known as double) as decimal(18, 2)) as double)
        end as priority_score
    from weighed

),

final as (

    select
        customer_key,
        money,
        priority_score,
        row_number() over (
            order by priority_score desc, overdue_base desc, open_base desc, entity_id, customer_id
        ) as priority_rank,
        case
            when priority_score >= 70 then 'A'
            when priority_score >= 50 then 'B'
            when priority_score >= 25 then 'C'
            else 'D'
        end as payer_class
    from scored

)

select * from final
