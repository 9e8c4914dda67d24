-- Grain: one open instalment that is not a credit, with its risk of being paid late as of $as_of.
-- Probabilities and days come from the frame risk_scores, made outside SQL from risk_features.
with reasons as (
    select
        item_key,
        concat('[', string_agg(reason, ',' order by place), ']') as reasons
    from risk_reasons
    group by item_key
),

final as (
    select
        cast($as_of as date) as as_of,
        items.entity_id,
        items.invoice_id,
        items.instalment_no,
        scores.p_late,
        scores.p_very_late,
        items.due_date + cast(scores.days_late as integer) as expected_pay_date,
        cast(scores.days_late as integer) as expected_days_late,
        items.due_date + cast(scores.days_late_p10 as integer) as pay_date_p10,
        items.due_date + cast(scores.days_late_p90 as integer) as pay_date_p90,
        scores.risk_band,
        coalesce(reasons.reasons, '[]') as reasons,
        $model_id as model_id,
        items.customer_key,
        items.item_key
    from risk_scores as scores
    inner join fct_open_items as items on items.item_key = scores.item_key
    left join reasons on reasons.item_key = scores.item_key
)

select * from final
order by customer_key, item_key
