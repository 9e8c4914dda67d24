-- Grain: one row per customer: the components of its priority, each from 0 to 1, higher = act sooner, and the facts
-- behind them. A component of which nothing is known is null: it is left out of the score, neither for nor against.
-- queue_share: from 0 (we are paid first) to 1 (last): what this payer's receipts and the three factors say together.
-- queue_change: by how much the receipts alone say more (we slipped back) or less than a year earlier.
with

exposure as (

    select
        customer_key,
        sum(open_base) as open_base,
        sum(overdue_base) as overdue_base,
        max(max_days_past_due) as max_days_past_due,
        sum(overdue_amount_days) as overdue_amount_days,
        sum(invoiced_open_base) as invoiced_open_base,
        sum(risk_base) as risk_base,
        sum(delay_base) as delay_base
    from int_payer_exposure
    group by customer_key

),

-- An invoice with several instalments overdue is one invoice.
overdue as (

    select customer_key, count(distinct invoice_id) as overdue_invoices
    from fct_open_items
    where days_past_due > 0
    group by customer_key

),

three_months_ago as (

    select accounts.customer_key, sum(aging.open_base) as overdue_base
    from int_aging_accounts as aging
    inner join int_accounts as accounts on aging.account_key = accounts.account_key
    where aging.month_no = $last_month - 2
        and aging.bucket_order between 1 and 98
    group by accounts.customer_key

),

-- Of these it is not known what was overdue three months ago: their lists of open items begin later.
unknown_before as (

    select distinct accounts.customer_key
    from int_open_items_only as lists
    inner join int_accounts as accounts on lists.account_key = accounts.account_key
    where extract(year from lists.known_from) * 12 + extract(month from lists.known_from) > $last_month - 2

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

this_year as (

    select *
    from int_payer_order
    where year_no = 0

),

year_before as (

    select *
    from int_payer_order
    where year_no = 1

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
        coalesce(overdue.overdue_invoices, 0) as overdue_invoices,
        exposure.max_days_past_due,
        coalesce(three_months_ago.overdue_base, 0) as overdue_before_base,
        ranked.money,
        coalesce(
            cast(exposure.overdue_amount_days as double) / 120 / nullif(cast(exposure.overdue_base as double), 0), 0
        ) as age,
        case
            when unknown_before.customer_key is null
                then greatest(
                    coalesce(
                        cast(exposure.overdue_base - coalesce(three_months_ago.overdue_base, 0) as double)
                        / nullif(cast(greatest(exposure.overdue_base, three_months_ago.overdue_base) as double), 0),
                        0
                    ),
                    0
                )
        end as trend,
        coalesce(exposure.risk_base / nullif(cast(exposure.invoiced_open_base as double), 0), 0) as risk,
        coalesce(exposure.delay_base / nullif(cast(exposure.invoiced_open_base as double), 0), 0) as expected_days_late,
        1 - power(0.5, coalesce(promises.level, 1) - 1) as promises,
        case
            when customers.credit_limit_base is not null
                then least(greatest(cast(exposure.open_base as double) / cast(customers.credit_limit_base as double), 0), 1)
        end as limit_use,
        calendar.pattern,
        calendar.next_run_on,
        date_diff('day', cast($as_of as date), calendar.next_run_on) as days_to_run,
        promises.state as promise_state,
        promises.level as promise_level,
        promises.amount as promised_amount,
        promises.currency as promised_currency,
        promises.promised_on,
        coalesce(this_year.closed_invoices, 0) as closed_invoices,
        coalesce(this_year.closed_late, 0) as closed_late,
        this_year.days_late,
        this_year.days_late_recent,
        this_year.days_late_before,
        year_before.days_late as days_late_last_year,
        cast(this_year.newer_first as double) / nullif(this_year.ordered, 0) as newer_first_share,
        cast(this_year.in_parts as double) / nullif(this_year.invoices_paid, 0) as part_share,
        cast(this_year.round_days as double) / nullif(this_year.pay_days, 0) as round_share,
        coalesce(year_before.closed_invoices, 0) as closed_last_year,
        cast(year_before.newer_first as double) / nullif(year_before.ordered, 0) as newer_first_last_year,
        cast(year_before.in_parts as double) / nullif(year_before.invoices_paid, 0) as part_last_year,
        cast(year_before.round_days as double) / nullif(year_before.pay_days, 0) as round_last_year,
        care.touches,
        care.notice_share,
        care.after_contact_share,
        care.value_rating,
        care.ability_rating,
        care.confirmed,
        care.missing,
        care.transfer_days,
        -- Counted contacts and greetings, and the owner's rating of the relationship where there is one.
        case
            when care.relationship_rating is null then care.kept
            when care.kept is null then cast(care.relationship_rating - 1 as double) / 4
            else (care.kept + cast(care.relationship_rating - 1 as double) / 4) / 2
        end as kept
    from dim_customers as customers
    inner join int_payer_money as ranked on customers.customer_key = ranked.customer_key
    left join exposure on customers.customer_key = exposure.customer_key
    left join overdue on customers.customer_key = overdue.customer_key
    left join unknown_before on customers.customer_key = unknown_before.customer_key
    left join three_months_ago on customers.customer_key = three_months_ago.customer_key
    left join fct_pay_calendar as calendar on customers.customer_key = calendar.customer_key
    left join this_year on customers.customer_key = this_year.customer_key
    left join year_before on customers.customer_key = year_before.customer_key
    left join int_payer_care as care on customers.customer_key = care.customer_key
    left join decided_promises as promises
        on customers.entity_id = promises.entity_id
        and customers.customer_id = promises.customer_id
        and promises.newest = 1

),

-- The signs of our place, each from 0 (paid first) to 1 (paid last), null where nothing is known: some engines take the
-- least and the greatest of what is not null, so that each asks first.
signs as (

    select
        *,
        case when days_late is not null then least(greatest(days_late / 45, 0), 1) end as late_sign,
        -- Slower than it was itself.
        case
            when days_late is not null and days_late_last_year is not null
                then least(greatest((days_late - days_late_last_year) / 30, 0), 1)
        end as slip_sign,
        case when newer_first_share is not null then least(newer_first_share * 2, 1) end as newer_sign,
        case when part_share is not null then least(part_share * 2, 1) end as part_sign,
        -- A quarter of the sums may be round by chance of the price list.
        case when round_share is not null then least(greatest(round_share - 0.25, 0) / 0.5, 1) end as round_sign,
        cast(5 - value_rating as double) / 4 as value_sign,
        1 - kept as kept_sign,
        1 - notice_share as notice_sign,
        case when days_late_last_year is not null then least(greatest(days_late_last_year / 45, 0), 1) end
            as late_sign_before,
        case when newer_first_last_year is not null then least(newer_first_last_year * 2, 1) end as newer_sign_before,
        case when part_last_year is not null then least(part_last_year * 2, 1) end as part_sign_before,
        case when round_last_year is not null then least(greatest(round_last_year - 0.25, 0) / 0.5, 1) end
            as round_sign_before
    from measured

),

placed as (

    select
        *,
        -- How late we are paid counts like three of the other signs.
        case
            when closed_invoices >= 3 and late_sign is not null
                then (
                    3 * late_sign + coalesce(slip_sign, 0) + coalesce(newer_sign, 0) + coalesce(part_sign, 0)
                    + coalesce(round_sign, 0) + coalesce(after_contact_share, 0) + coalesce(value_sign, 0)
                    + coalesce(kept_sign, 0) + coalesce(notice_sign, 0)
                ) / (
                    3 + case when slip_sign is null then 0 else 1 end + case when newer_sign is null then 0 else 1 end
                    + case when part_sign is null then 0 else 1 end + case when round_sign is null then 0 else 1 end
                    + case when after_contact_share is null then 0 else 1 end
                    + case when value_sign is null then 0 else 1 end + case when kept_sign is null then 0 else 1 end
                    + case when notice_sign is null then 0 else 1 end
                )
        end as queue_share,
        -- Both years by the same signs: those that receipts alone can give for either.
        case
            when closed_invoices >= 3
                and closed_last_year >= 3
                and late_sign is not null
                and late_sign_before is not null
                then (
                    3 * late_sign + coalesce(newer_sign, 0) + coalesce(part_sign, 0) + coalesce(round_sign, 0)
                    - 3 * late_sign_before - coalesce(newer_sign_before, 0) - coalesce(part_sign_before, 0)
                    - coalesce(round_sign_before, 0)
                ) / 6
        end as queue_change
    from signs

),

final as (

    select
        cast($as_of as date) as as_of,
        entity_id,
        customer_id,
        rep,
        region,
        money,
        age,
        trend,
        risk,
        least(greatest(expected_days_late, 0) / 90, 1) as delay,
        promises,
        limit_use,
        cast(5 - ability_rating as double) / 4 as ability,
        -- A run tomorrow must not be missed; one a month away leaves time.
        case when days_to_run is not null then 1 - least(cast(days_to_run as double), 30) / 30 end as pay_run,
        cast(value_rating - 1 as double) / 4 as value,
        1 - kept as relationship,
        1 - notice_share as discipline,
        cast(confirmed as double) / nullif(confirmed + missing, 0) as readiness,
        credit_limit_base,
        open_base,
        overdue_base,
        overdue_invoices,
        max_days_past_due,
        overdue_before_base,
        expected_days_late,
        pattern,
        next_run_on,
        promise_state,
        promise_level,
        promised_amount,
        promised_currency,
        promised_on,
        closed_invoices,
        closed_late,
        days_late,
        days_late_recent,
        days_late_before,
        days_late_last_year,
        newer_first_share,
        part_share,
        round_share,
        after_contact_share,
        value_rating,
        ability_rating,
        touches,
        notice_share,
        missing,
        transfer_days,
        queue_share,
        queue_change,
        customer_key
    from placed
    order by customer_key

)

select * from final
