-- Grain: one row per customer with money not yet due and a sign that it will not come in time: what to do before.
-- Signs: likely late (60 % or more of an invoice not yet due), terms creeping (10 days longer than before), promise not
-- kept, orders growing against the limit (30 % more in three months at 80 % of the limit), paying slower (7 days), over
-- the limit. Order: number of signs, then money at risk, then entity and customer id.
with

not_due as (

    select
        items.customer_key,
        sum(items.open_base) as not_due_base,
        min(items.due_date) as next_due_date,
        sum(cast(items.open_base as double) * coalesce(risk.p_late, 0)) as at_risk_base,
        sum(case when risk.p_late >= 0.6 then items.open_base else 0 end) as likely_late_base,
        count(distinct case when risk.p_late >= 0.6 then items.invoice_id end) as likely_late_invoices
    from fct_open_items as items
    left join fct_late_risk as risk on items.item_key = risk.item_key
    where items.days_past_due <= 0
    group by items.customer_key

),

watched as (

    select
        components.*,
        not_due.not_due_base,
        not_due.next_due_date,
        not_due.at_risk_base,
        not_due.likely_late_base,
        not_due.likely_late_invoices,
        orders.terms_recent,
        orders.terms_before,
        cast(orders.sales_recent_base as double) / nullif(cast(orders.sales_before_base as double), 0) - 1 as growth,
        case when not_due.likely_late_invoices > 0 then 1 else 0 end as is_likely_late,
        case
            when orders.invoices_recent >= 3
                and orders.invoices_before >= 3
                and orders.terms_recent >= orders.terms_before + 10 then 1
            else 0
        end as is_creeping,
        case when components.promise_level > 1 then 1 else 0 end as is_broken,
        case
            when components.limit_use >= 0.8
                and orders.sales_recent_base >= 1.3 * orders.sales_before_base
                and orders.sales_before_base > 0 then 1
            else 0
        end as is_growing,
        case when components.days_late_recent >= components.days_late_before + 7 then 1 else 0 end as is_slower,
        case when components.open_base > components.credit_limit_base then 1 else 0 end as is_over_limit
    from fct_payer_components as components
    inner join not_due on components.customer_key = not_due.customer_key
    left join int_payer_orders as orders on components.customer_key = orders.customer_key

),

counted as (

    select
        *,
        is_likely_late + is_creeping + is_broken + is_growing + is_slower + is_over_limit as signs
    from watched

),

final as (

    select
        cast($as_of as date) as as_of,
        row_number() over (
            order by signs desc, cast(at_risk_base as decimal(18, 4)) desc, entity_id, customer_id
        ) as warning_rank,
        entity_id,
        customer_id,
        rep,
        region,
        not_due_base,
        next_due_date,
        cast(at_risk_base as decimal(18, 4)) as at_risk_base,
        cast(signs as integer) as signs,
        is_likely_late,
        is_creeping,
        is_broken,
        is_growing,
        is_slower,
        is_over_limit,
        '[' || concat_ws(
            ',',
            case
                when is_likely_late = 1
                    then '{"code":"warn_likely_late","amount":'
                        || cast(cast(round(likely_late_base) as bigint) as varchar) || ',"currency":"'
                        || $base_currency || '","items":' || cast(likely_late_invoices as varchar) || '}'
            end,
            case
                when is_creeping = 1
                    then '{"code":"warn_terms","days":' || cast(cast(round(terms_recent) as bigint) as varchar)
                        || ',"before":' || cast(cast(round(terms_before) as bigint) as varchar) || '}'
            end,
            case when is_broken = 1 then '{"code":"warn_promise","times":' || cast(promise_level - 1 as varchar) || '}' end,
            case
                when is_growing = 1
                    then '{"code":"warn_growth","share":'
                        || cast(cast(growth as decimal(18, 2)) as varchar)
                        || ',"share_limit":'
                        || cast(cast(
                            cast(open_base as double) / cast(credit_limit_base as double) as decimal(18, 2)
                        ) as varchar)
                        || '}'
            end,
            case
                when is_slower = 1
                    then '{"code":"' || case
                        when round(days_late_recent) < 0 then 'slower_early'
                        when round(days_late_before) < 0 then 'slower_from_early'
                        else 'slower'
                    end
                        || '","days":' || cast(cast(abs(round(days_late_recent)) as bigint) as varchar)
                        || ',"before":' || cast(cast(abs(round(days_late_before)) as bigint) as varchar) || '}'
            end,
            case
                when is_over_limit = 1 and is_growing = 0
                    then '{"code":"limit_use","share":'
                        || cast(cast(
                            cast(open_base as double) / cast(credit_limit_base as double) as decimal(18, 2)
                        ) as varchar) || '}'
            end
        ) || ']' as reasons,
        customer_key
    from counted
    where signs > 0
    order by warning_rank

)

select * from final
