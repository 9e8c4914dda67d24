-- Grain: one row per rep and customer worth contacting: money overdue, or due within a week and likely to be late.
-- Order within a rep: priority score, then overdue, then customer id.
with

candidates as (

    select
        exposure.rep,
        priority.entity_id,
        priority.customer_id,
        exposure.amount_due_base,
        exposure.overdue_base,
        coalesce(exposure.max_days_past_due, 0) as max_days_past_due,
        exposure.late_base / nullif(cast(exposure.invoiced_open_base as double), 0) as p_late_weighted,
        exposure.disputed_overdue_base,
        priority.priority_score,
        priority.payer_class,
        priority.reasons
    from int_payer_exposure as exposure
    inner join fct_payer_priority as priority on exposure.customer_key = priority.customer_key
    where exposure.amount_due_base > 0

),

chosen as (

    select
        *,
        row_number() over (
            partition by rep
            order by priority_score desc, overdue_base desc, entity_id, customer_id
        ) as call_rank,
        case
            when overdue_base <= 0 then 'remind'
            when disputed_overdue_base >= overdue_base then 'review'
            when max_days_past_due > 90 then 'visit'
            when max_days_past_due > 60 then 'letter'
            else 'call'
        end as next_action,
        case
            when overdue_base <= 0 then 'remind'
            when max_days_past_due > 90 then 'escalate'
            when payer_class = 'D' then 'nurture'
            else 'chase'
        end as strategy,
        case payer_class when 'A' then 0 when 'B' then 1 when 'C' then 2 else 4 end as working_days_left
    from candidates
    where overdue_base > 0 or p_late_weighted >= 0.5

),

final as (

    select
        cast($as_of as date) as as_of,
        chosen.rep,
        chosen.call_rank,
        chosen.entity_id,
        chosen.customer_id,
        cast(chosen.amount_due_base as decimal(18, 4)) as amount_due_base,
        cast(chosen.overdue_base as decimal(18, 4)) as overdue_base,
        cast(chosen.max_days_past_due as integer) as max_days_past_due,
        chosen.p_late_weighted,
        chosen.next_action,
        working_days.day as call_by,
        chosen.strategy,
        chosen.reasons,
        chosen.priority_score,
        chosen.payer_class
    from chosen
    inner join ref_working_days as working_days on chosen.working_days_left = working_days.place
    order by chosen.rep, chosen.call_rank

)

select * from final
