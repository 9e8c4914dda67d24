-- Grain: one row per customer and rep with open items: what is open, overdue, due within a week and at risk.
-- Risk of an item: while not due, the probability that it is paid late; once overdue, that it becomes very late.
with

items as (

    select
        open_items.customer_key,
        open_items.rep,
        open_items.region,
        open_items.open_base,
        open_items.days_past_due,
        open_items.disputed,
        open_items.days_past_due > 0 as is_overdue,
        coalesce(case when open_items.days_past_due > 0 then risk.p_very_late else risk.p_late end, 0) as p_risk,
        coalesce(risk.p_late, 0) as p_late,
        greatest(coalesce(risk.expected_days_late, 0), 0) as days_late
    from fct_open_items as open_items
    left join fct_late_risk as risk on open_items.item_key = risk.item_key

),

final as (

    select
        customer_key,
        rep,
        min(region) as region,
        sum(open_base) as open_base,
        sum(case when is_overdue then open_base else 0 end) as overdue_base,
        sum(case when days_past_due > -7 then open_base else 0 end) as amount_due_base,
        sum(case when is_overdue and disputed then open_base else 0 end) as disputed_overdue_base,
        max(case when is_overdue then days_past_due end) as max_days_past_due,
        sum(case when is_overdue then open_base * least(days_past_due, 120) else 0 end) as overdue_amount_days,
        sum(case when days_past_due is not null then open_base else 0 end) as invoiced_open_base,
        sum(case when days_past_due is not null then cast(open_base as double) * p_risk else 0 end) as risk_base,
        sum(case when days_past_due is not null then cast(open_base as double) * days_late else 0 end) as delay_base,
        sum(case when days_past_due is not null then cast(open_base as double) * p_late else 0 end) as late_base,
        sum(case when days_past_due <= 0 then cast(open_base as double) * p_late else 0 end) as not_due_risk_base
    from items
    group by customer_key, rep

)

select * from final
