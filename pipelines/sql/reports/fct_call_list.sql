-- Grain: one row per rep and customer worth contacting: whom, how, why and by when.
-- Order within a rep: priority score, then overdue, then entity and customer id.
-- strategy and next_action: of the first rule that fits. call_by: for a customer that pays in runs, so many working days
-- before its next run as a call and its bank's transfer need, never before the as-of date (call_basis run); else by its class (call_basis class).
with

fitting as (

    select
        candidates.rep,
        candidates.customer_key,
        min(rules.place) as place
    from fct_call_candidates as candidates
    inner join fct_payer_priority as priority on candidates.customer_key = priority.customer_key
    inner join fct_payer_components as components on candidates.customer_key = components.customer_key
    inner join ref_strategy_rules as rules
        on (rules.classes = '' or position(priority.payer_class in rules.classes) > 0)
        and (rules.customer_type = '' or rules.customer_type = candidates.customer_type)
        and (rules.min_days is null or candidates.max_days_past_due >= rules.min_days)
        and (rules.max_days is null or candidates.max_days_past_due <= rules.max_days)
        and (rules.min_overdue is null or candidates.overdue_base >= rules.min_overdue)
        and (rules.min_broken is null or coalesce(components.promise_level, 1) - 1 >= rules.min_broken)
        and (not rules.disputed or candidates.is_disputed = 1)
    group by candidates.rep, candidates.customer_key

),

planned as (

    select
        candidates.*,
        priority.entity_id,
        priority.customer_id,
        priority.reasons,
        priority.priority_score,
        priority.payer_class,
        rules.method as next_action,
        rules.strategy,
        rules.place as rule_place,
        customers.customer_name,
        customers.region,
        components.next_run_on,
        -- Some engines take the greatest of what is not null.
        case
            when runs.place is not null
                then greatest(runs.place - $call_lead_days - coalesce(components.transfer_days, 0), 0)
        end as run_place,
        case priority.payer_class when 'A' then 0 when 'B' then 1 when 'C' then 2 else 4 end as class_place
    from fct_call_candidates as candidates
    inner join fct_payer_priority as priority on candidates.customer_key = priority.customer_key
    inner join fct_payer_components as components on candidates.customer_key = components.customer_key
    inner join dim_customers as customers on candidates.customer_key = customers.customer_key
    inner join fitting
        on candidates.rep = fitting.rep
        and candidates.customer_key = fitting.customer_key
    inner join ref_strategy_rules as rules on fitting.place = rules.place
    left join ref_working_days as runs on components.next_run_on = runs.day

),

final as (

    select
        cast($as_of as date) as as_of,
        planned.rep,
        row_number() over (
            partition by planned.rep
            order by planned.priority_score desc, planned.overdue_base desc, planned.entity_id, planned.customer_id
        ) as call_rank,
        planned.entity_id,
        planned.customer_id,
        cast(planned.amount_due_base as decimal(18, 4)) as amount_due_base,
        cast(planned.overdue_base as decimal(18, 4)) as overdue_base,
        cast(planned.max_days_past_due as integer) as max_days_past_due,
        planned.p_late_weighted,
        planned.next_action,
        working_days.day as call_by,
        case when planned.run_place is null then 'class' else 'run' end as call_basis,
        planned.next_run_on,
        planned.strategy,
        planned.rule_place,
        planned.reasons,
        planned.priority_score,
        planned.payer_class,
        -- Names stand here too: the call list is asked for again and again, by rep.
        planned.customer_name,
        planned.region,
        planned.customer_key
    from planned
    inner join ref_working_days as working_days
        on coalesce(planned.run_place, planned.class_place) = working_days.place
    order by planned.rep, call_rank

)

select * from final
