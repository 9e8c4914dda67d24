-- One row per scored instalment and place (1 to 3): a reason as JSON, `effect` being what it adds to the log-odds.
-- Which group of features speaks comes from the frame risk_scores; the figures come from the features themselves.
with said as (
    select item_key, 1 as place, reason_1 as speaks, effect_1 as effect from risk_scores
    union all
    select item_key, 2 as place, reason_2 as speaks, effect_2 as effect from risk_scores
    union all
    select item_key, 3 as place, reason_3 as speaks, effect_3 as effect from risk_scores
),

-- What a reason says of the limit is the balance a page shows: part payments, credits and money on account are off it.
owed as (
    select
        customer_key,
        case when sum(open_base) > 0 then sum(open_base) else 0 end as open_base
    from fct_open_items
    group by customer_key
),

figures as (
    select
        said.item_key,
        said.place,
        said.speaks,
        said.effect,
        scores.rate,
        scores.rate_low,
        scores.rate_high,
        scores.rate_segment,
        features.known_n,
        features.late_n,
        features.issued_n - features.closed_n as open_n,
        features.overdue_n,
        features.part_n,
        features.part_n + features.closed_n as payment_n,
        features.promise_n,
        features.broken_n,
        features.due_day - features.issue_day as terms_days,
        features.day - 1 - features.due_day as days_past_due,
        features.day - 1 - features.last_closed_day as silent_days,
        round(features.item_paid_cents * 1.0 / features.cents, 4) as share_paid,
        round(cast(owed.open_base as double) * 100 / nullif(features.limit_cents, 0), 4) as share_of_limit,
        round(features.days_late_sum * 1.0 / nullif(features.closed_n, 0), 0) as mean_days,
        features.last_days_late as last_days,
        round(features.cents * 1.0 * features.issued_n / nullif(features.issued_cents, 0), 1) as times_usual
    from said
    inner join risk_scores as scores on scores.item_key = said.item_key
    inner join risk_features as features on features.item_key = said.item_key
    left join owed on owed.customer_key = features.customer_key
    where said.speaks is not null
),

coded as (
    select
        figures.*,
        case speaks
            when 'record' then case
                when known_n = 0 then 'risk_new'
                when late_n = 0 then 'risk_record_clean'
                when mean_days >= 1 then 'risk_record_days'
                else 'risk_record'
            end
            when 'last' then case
                when last_days is null then 'risk_last_none'
                when last_days >= 1 then 'risk_last_late'
                when last_days <= -1 then 'risk_last_early'
                else 'risk_last_on_day'
            end
            when 'overdue' then case when overdue_n > 0 then 'risk_overdue' else 'risk_overdue_none' end
            when 'age' then case
                when days_past_due > 0 and effect >= 0 then 'risk_past_due_up'
                when days_past_due > 0 then 'risk_past_due_down'
                when effect > 0 then 'risk_days_left_up'
                else 'risk_days_left_down'
            end
            when 'amount' then case
                when times_usual is null and effect > 0 then 'risk_amount_first_up'
                when times_usual is null then 'risk_amount_first_down'
                when effect > 0 then 'risk_amount_up'
                else 'risk_amount_down'
            end
            when 'silence' then case
                when silent_days is null then 'risk_silence_never'
                when effect > 0 then 'risk_silence_up'
                else 'risk_silence_down'
            end
            when 'open' then case when effect > 0 then 'risk_open_up' else 'risk_open_down' end
            when 'terms' then case when effect > 0 then 'risk_terms_up' else 'risk_terms_down' end
            when 'calendar' then case when effect > 0 then 'risk_calendar_up' else 'risk_calendar_down' end
            when 'part' then case when effect > 0 then 'risk_part_up' else 'risk_part_down' end
            when 'limit' then case
                when share_of_limit is null then 'risk_limit_unknown'
                when effect > 0 then 'risk_limit_up'
                else 'risk_limit_down'
            end
            when 'segment' then case
                when effect > 0 and rate_segment > rate then 'risk_segment_up'
                when effect <= 0 and rate_segment < rate then 'risk_segment_down'
                else 'risk_segment'
            end
            when 'item_paid' then case
                when share_paid > 0 and effect > 0 then 'risk_item_paid_up'
                when share_paid > 0 then 'risk_item_paid_down'
                when effect > 0 then 'risk_item_unpaid_up'
                else 'risk_item_unpaid_down'
            end
            when 'promises' then case when broken_n > 0 then 'risk_promises_broken' when promise_n > 0 then 'risk_promises_kept' else 'risk_promises_none' end
            when 'trend' then case when effect > 0 then 'risk_trend_up' else 'risk_trend_down' end
            when 'baseline' then 'risk_baseline'
        end as code
    from figures
),

final as (
    select
        item_key,
        place,
        concat(
            '{"code":"', code, '"',
            case
                when code = 'risk_new' then concat(',"rate":', rate, ',"rate_low":', rate_low, ',"rate_high":', rate_high)
                when code = 'risk_record_clean' then concat(',"known":', cast(known_n as bigint))
                when code = 'risk_record' then concat(',"late":', cast(late_n as bigint), ',"known":', cast(known_n as bigint))
                when code = 'risk_record_days' then concat(
                    ',"late":', cast(late_n as bigint),
                    ',"known":', cast(known_n as bigint),
                    ',"days":', cast(mean_days as bigint)
                )
                when code in ('risk_last_late', 'risk_last_early') then concat(',"days":', cast(abs(last_days) as bigint))
                when code = 'risk_overdue' then concat(
                    ',"overdue":', cast(overdue_n as bigint),
                    ',"open":', cast(greatest(open_n, overdue_n) as bigint)
                )
                when speaks in ('overdue', 'open') then concat(',"open":', cast(open_n as bigint))
                when speaks = 'age' then concat(',"days":', cast(abs(days_past_due) as bigint))
                when speaks = 'amount' and times_usual is not null then concat(',"times":', times_usual)
                when speaks = 'silence' and silent_days is not null then concat(',"days":', cast(silent_days as bigint))
                when speaks = 'terms' then concat(',"days":', cast(terms_days as bigint))
                when speaks = 'part' then concat(
                    ',"part":', cast(part_n as bigint),
                    ',"payments":', cast(payment_n as bigint)
                )
                when code = 'risk_promises_broken' then concat(
                    ',"broken":', cast(broken_n as bigint),
                    ',"promises":', cast(promise_n as bigint)
                )
                when code = 'risk_promises_kept' then concat(',"promises":', cast(promise_n as bigint))
                when speaks = 'limit' and share_of_limit is not null then concat(',"share":', share_of_limit)
                when speaks = 'segment' then concat(',"rate":', rate_segment, ',"rate_all":', rate)
                when speaks = 'item_paid' and share_paid > 0 then concat(',"share":', share_paid)
                else ''
            end,
            ',"effect":', round(effect, 3), '}'
        ) as reason
    from coded
)

select * from final
