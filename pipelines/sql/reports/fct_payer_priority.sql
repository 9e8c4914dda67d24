-- Grain: one row per customer: its score from 0 to 100 and place among all, with the components and the reasons.
-- queue_place: where we seem to stand among those this payer pays, 1 = first to 5 = last; queue_trend: against the year
-- before. queue_reasons: the evidence, or why there is no place.
with

scored as (

    select
        components.*,
        scores.priority_score,
        scores.priority_rank,
        scores.payer_class
    from fct_payer_components as components
    inner join int_payer_scores as scores on components.customer_key = scores.customer_key

),

final as (

    select
        as_of,
        entity_id,
        customer_id,
        rep,
        region,
        priority_rank,
        priority_score,
        payer_class,
        money,
        age,
        trend,
        risk,
        delay,
        promises,
        limit_use,
        ability,
        pay_run,
        value,
        relationship,
        discipline,
        readiness,
        case
            when queue_share is null then null
            when queue_share < 0.1 then 1
            when queue_share < 0.25 then 2
            when queue_share < 0.4 then 3
            when queue_share < 0.6 then 4
            else 5
        end as queue_place,
        case
            when queue_change is null then null
            when queue_change > 0.1 then 'worse'
            when queue_change < -0.1 then 'better'
            else 'same'
        end as queue_trend,
        '[' || concat_ws(
            ',',
            case
                when overdue_invoices > 0
                    then '{"code":"overdue","amount":' || cast(cast(round(overdue_base) as bigint) as varchar)
                        || ',"currency":"' || $base_currency || '","items":' || cast(overdue_invoices as varchar)
                        || ',"days":' || cast(max_days_past_due as varchar) || '}'
            end,
            case
                when promise_state = 'broken'
                    then '{"code":"promise_broken","amount":'
                        || cast(cast(round(promised_amount) as bigint) as varchar) || ',"currency":"'
                        || promised_currency || '","day":"' || cast(promised_on as varchar) || '","times":'
                        || cast(promise_level - 1 as varchar) || '}'
            end,
            case
                when promise_state = 'partly_kept'
                    then '{"code":"promise_partly_kept","amount":'
                        || cast(cast(round(promised_amount) as bigint) as varchar) || ',"currency":"'
                        || promised_currency || '","day":"' || cast(promised_on as varchar) || '","times":'
                        || cast(promise_level - 1 as varchar) || '}'
            end,
            case
                -- No forecast reaches beyond a year: one that far says only that it may take longer.
                when open_base > 0 and risk >= 0.5
                    then case when expected_days_late >= 365 then '{"code":"late_risk_long"' else '{"code":"late_risk"' end
                        || ',"p_late":' || cast(cast(risk as decimal(18, 2)) as varchar) || ',"days":'
                        || cast(cast(round(greatest(expected_days_late, 0)) as bigint) as varchar) || '}'
            end,
            case
                when closed_late > 0 and days_late >= 0.5
                    then '{"code":"paid_late","late":' || cast(closed_late as varchar) || ',"of":'
                        || cast(closed_invoices as varchar) || ',"days":'
                        || cast(cast(round(days_late) as bigint) as varchar) || '}'
            end,
            case
                -- Who pays before the due date has days below nought, which nobody reads as such.
                when days_late_recent > days_late_before + 5
                    then '{"code":"' || case
                        when round(days_late_recent) < 0 then 'slower_early'
                        when round(days_late_before) < 0 then 'slower_from_early'
                        else 'slower'
                    end
                        || '","days":' || cast(cast(abs(round(days_late_recent)) as bigint) as varchar)
                        || ',"before":' || cast(cast(abs(round(days_late_before)) as bigint) as varchar) || '}'
            end,
            case
                when trend > 0.2 and overdue_before_base > 0
                    then '{"code":"overdue_grew","amount":'
                        || cast(cast(round(overdue_base - overdue_before_base) as bigint) as varchar)
                        || ',"currency":"' || $base_currency || '"}'
            end,
            case
                when limit_use >= 0.8
                    then '{"code":"limit_use","share":'
                        || cast(cast(
                            cast(open_base as double) / cast(credit_limit_base as double) as decimal(18, 2)
                        ) as varchar) || '}'
            end,
            case
                when ability >= 0.75 then '{"code":"weak_rating","score":' || cast(ability_rating as varchar) || '}'
            end,
            case
                when open_base > 0 and pay_run >= 0.75
                    then '{"code":"pays_soon","day":"' || cast(next_run_on as varchar) || '"}'
            end,
            case when open_base > 0 and relationship >= 0.8 then '{"code":"seldom_in_touch","count":'
                || cast(touches as varchar) || '}' end,
            case
                when discipline >= 0.5
                    then '{"code":"our_notices_late","share":'
                        || cast(cast(1 - discipline as decimal(18, 2)) as varchar) || '}'
            end,
            case when missing > 0 then '{"code":"we_lack","count":' || cast(missing as varchar) || '}' end
        ) || ']' as reasons,
        '[' || concat_ws(
            ',',
            case when queue_share is null then '{"code":"queue_few"}' end,
            case
                when closed_invoices > 0 and days_late > -0.5
                    then '{"code":"queue_late","days":' || cast(cast(round(days_late) as bigint) as varchar)
                        || ',"count":' || cast(closed_invoices as varchar) || '}'
            end,
            case
                when closed_invoices > 0 and days_late <= -0.5
                    then '{"code":"queue_early","days":' || cast(cast(round(-days_late) as bigint) as varchar)
                        || ',"count":' || cast(closed_invoices as varchar) || '}'
            end,
            case
                when days_late > days_late_last_year + 5
                    then '{"code":"queue_slip","days":'
                        || cast(cast(round(days_late - days_late_last_year) as bigint) as varchar) || '}'
            end,
            case
                when days_late < days_late_last_year - 5
                    then '{"code":"queue_gain","days":'
                        || cast(cast(round(days_late_last_year - days_late) as bigint) as varchar) || '}'
            end,
            case
                when newer_first_share >= 0.1
                    then '{"code":"queue_newer","share":'
                        || cast(cast(newer_first_share as decimal(18, 2)) as varchar) || '}'
            end,
            case
                when part_share >= 0.1
                    then '{"code":"queue_parts","share":' || cast(cast(part_share as decimal(18, 2)) as varchar) || '}'
            end,
            case
                -- Few payments tell nothing of round sums: of an invoice over one, all are.
                when round_share >= 0.35 and queue_share is not null
                    then '{"code":"queue_round","share":' || cast(cast(round_share as decimal(18, 2)) as varchar) || '}'
            end,
            case
                when after_contact_share >= 0.3
                    then '{"code":"queue_after_contact","share":'
                        || cast(cast(after_contact_share as decimal(18, 2)) as varchar) || '}'
            end,
            case
                when value_rating is not null
                    then '{"code":"queue_value","score":' || cast(value_rating as varchar) || '}'
            end,
            case
                when relationship is not null then '{"code":"queue_kept","count":' || cast(touches as varchar) || '}'
            end,
            case
                when notice_share is not null
                    then '{"code":"queue_notices","share":'
                        || cast(cast(notice_share as decimal(18, 2)) as varchar) || '}'
            end
        ) || ']' as queue_reasons,
        open_base,
        overdue_base,
        max_days_past_due,
        closed_invoices,
        closed_late,
        days_late,
        newer_first_share,
        part_share,
        round_share,
        after_contact_share,
        queue_share,
        customer_key
    from scored
    order by priority_rank

)

select * from final
