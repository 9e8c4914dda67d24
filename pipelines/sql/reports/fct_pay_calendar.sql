-- Grain: one row per customer: when and how it has paid in two years, and the next day on which it is likely to.
-- pattern none is an answer: it pays on no fixed day, or has paid too seldom to tell (support).
-- lead_days, for customers with a pattern: how long the newest invoice that a run paid had been due, half of the runs
-- less; an invoice due later than that waits for the next run, negative when runs pay ahead of the due date. part_share: invoices paid in several parts, or in part
-- so far. newer_first_share: invoices paid while an older one, due up to 180 days earlier and not disputed, stood open.
-- round_share: receipts that are a multiple of 1,000.
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

payments as (

    select
        instalments.customer_key,
        applications.instalment_key,
        applications.applied_on,
        date_diff('day', instalments.due_date, applications.applied_on) as days_late
    from int_applications as applications
    inner join int_instalment_balances as instalments on applications.instalment_key = instalments.instalment_key
    where applications.kind = 'payment'
        and applications.amount_doc > 0
        and instalments.amount_doc > 0
        and applications.applied_on > cast($as_of as date) - 730

),

newest_paid as (

    select payments.customer_key, payments.applied_on, min(payments.days_late) as days_late
    from payments
    inner join int_pay_patterns as patterns on payments.customer_key = patterns.customer_key
    where patterns.pattern <> 'none'
    group by payments.customer_key, payments.applied_on

),

leads as (

    select customer_key, median(days_late) as lead_days
    from newest_paid
    group by customer_key

),

touched as (

    select
        payments.customer_key,
        payments.instalment_key,
        case
            when min(payments.applied_on) <> max(payments.applied_on) or min(balances.closed_on) is null then 1
            else 0
        end as is_in_parts
    from payments
    inner join int_instalment_balances as balances on payments.instalment_key = balances.instalment_key
    group by payments.customer_key, payments.instalment_key

),

parts as (

    select customer_key, cast(sum(is_in_parts) as double) / count(*) as part_share, count(*) as invoices_paid
    from touched
    group by customer_key

),

in_due_order as (

    select
        balances.customer_key,
        balances.closed_on,
        max(coalesce(balances.closed_on, date '9999-12-31')) over (
            partition by balances.customer_key
            order by date_diff('day', date '1900-01-01', balances.due_date)
            range between 180 preceding and 1 preceding
        ) as older_closed_on
    from int_instalment_balances as balances
    inner join int_instalments as instalments on balances.instalment_key = instalments.instalment_key
    where balances.amount_doc > 0
        and not coalesce(instalments.disputed, false)
        and balances.due_date > cast($as_of as date) - 910

),

orders as (

    select
        customer_key,
        avg(case when older_closed_on > closed_on then 1.0 else 0.0 end) as newer_first_share
    from in_due_order
    where closed_on > cast($as_of as date) - 730
    group by customer_key

),

receipts as (

    select
        customer_key,
        paid_on,
        coalesce(receipt_id, cast(line_key as varchar)) as receipt,
        sum(amount_doc) as amount_doc
    from int_receipt_lines
    where kind = 'payment'
        and amount_doc > 0
        and paid_on > cast($as_of as date) - 730
    group by customer_key, paid_on, coalesce(receipt_id, cast(line_key as varchar))

),

sums as (

    select
        customer_key,
        avg(case when amount_doc % 1000 = 0 then 1.0 else 0.0 end) as round_share
    from receipts
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
        coalesce(parts.invoices_paid, 0) as invoices_paid,
        parts.part_share,
        orders.newer_first_share,
        sums.round_share,
        customers.customer_key
    from dim_customers as customers
    left join int_pay_patterns as patterns on customers.customer_key = patterns.customer_key
    left join runs on customers.customer_key = runs.customer_key
    left join leads on customers.customer_key = leads.customer_key
    left join parts on customers.customer_key = parts.customer_key
    left join orders on customers.customer_key = orders.customer_key
    left join sums on customers.customer_key = sums.customer_key
    order by customers.customer_key

)

select * from final
