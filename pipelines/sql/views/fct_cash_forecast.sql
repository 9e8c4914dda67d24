-- Grain: one row per week after the as-of date and customer: the cash expected then from today's open invoices.
-- week_start is the as-of date plus one, then every seven days, 13 weeks. P10 to P90 come from independent items: a
-- normal range around the expectation, never below nothing or above what the customer still has to pay.
with

weekly as (

    select
        accounts.entity_id,
        accounts.customer_id,
        weeks.week_no,
        sum(weeks.expected_base) as expected_base,
        sqrt(sum(weeks.variance_base)) as deviation
    from int_cash_weeks as weeks
    inner join int_accounts as accounts on weeks.account_key = accounts.account_key
    group by accounts.entity_id, accounts.customer_id, weeks.week_no

),

bounded as (

    select
        weekly.*,
        sum(expected_base) over (partition by entity_id, customer_id) as to_come_base
    from weekly

),

final as (

    select
        starts.week_start,
        bounded.customer_id,
        bounded.entity_id,
        cast(bounded.expected_base as decimal(18, 4)) as expected_base,
        cast(greatest(cast(bounded.expected_base as double) - 1.2816 * bounded.deviation, 0) as decimal(18, 4))
            as p10_base,
        cast(
            least(
                cast(bounded.expected_base as double) + 1.2816 * bounded.deviation,
                cast(bounded.to_come_base as double)
            ) as decimal(18, 4)
        ) as p90_base
    from bounded
    inner join ref_weeks as starts on bounded.week_no = starts.week_no
    where bounded.expected_base <> 0 or bounded.deviation > 0

)

select * from final
