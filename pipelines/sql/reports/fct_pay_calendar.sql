-- Grain: one row per customer: when and how it has paid in two years, and the next day on which it is likely to.
-- pattern none is an answer: it pays on no fixed day, or has paid too seldom to tell (support).
-- lead_days, for customers with a pattern: how long the newest invoice that a run paid had been due, half of the runs
-- less; an invoice due later than that waits for the next run, negative when runs pay ahead of the due date.
-- part_share: invoices paid in several parts, or in part so far.
-- newer_first_share: invoices paid while an older one, due up to 180 days earlier and not disputed, stood open.
-- round_share: pay days whose sum is a multiple of 1,000.
with

runs as (

    select patterns.customer_key, min(days.day) as next_run_on
    from int_pay_patterns as patterns
    inner join int_run_days as days
        on patterns.pattern = days.pattern
        and coalesce(patterns.run_day, patterns.run_weekday, 0) = days.run_at
    where days.day > cast($as_of as date)
    group by patterns.customer_key

),

regular as (

    select balances.instalment_key, balances.customer_key, balances.due_date
    from int_instalment_balances as balances
    inner join int_pay_patterns as patterns on balances.customer_key = patterns.customer_key
    where patterns.pattern <> 'none'
        and balances.amount_doc > 0

),

newest_paid as (

    select
        regular.customer_key,
        applications.received_on,
        min(date_diff('day', regular.due_date, applications.received_on)) as days_late
    from regular
    inner join int_applications as applications on regular.instalment_key = applications.instalment_key
    where applications.kind = 'payment'
        and applications.amount_doc > 0
        and applications.received_on > cast($as_of as date) - 730
    group by regular.customer_key, applications.received_on

),

leads as (

    select customer_key, median(days_late) as lead_days
    from newest_paid
    group by customer_key

),

habits as (

    select
        customer_key,
        sum(invoices_paid) as invoices_paid,
        cast(sum(in_parts) as double) / nullif(sum(invoices_paid), 0) as part_share,
        cast(sum(newer_first) as double) / nullif(sum(ordered), 0) as newer_first_share,
        cast(sum(round_days) as double) / nullif(sum(pay_days), 0) as round_share
    from int_payer_order
    group by customer_key

),

final as (

    select
        cast($as_of as date) as as_of,
        customers.entity_id,
        customers.customer_id,
        coalesce(patterns.pattern, 'none') as pattern,
        patterns.run_day,
        patterns.run_weekday,
        coalesce(patterns.support, 0) as support,
        patterns.share,
        patterns.last_paid_on,
        runs.next_run_on,
        cast(leads.lead_days as integer) as lead_days,
        cast(coalesce(habits.invoices_paid, 0) as bigint) as invoices_paid,
        habits.part_share,
        habits.newer_first_share,
        habits.round_share,
        customers.customer_key
    from dim_customers as customers
    left join int_pay_patterns as patterns on customers.customer_key = patterns.customer_key
    left join runs on customers.customer_key = runs.customer_key
    left join leads on customers.customer_key = leads.customer_key
    left join habits on customers.customer_key = habits.customer_key
    order by customers.customer_key

)

select * from final
