-- Grain: one row per customer and year before the as-of date (0 = the last twelve months, 1 = the twelve before) in
-- which it paid us: in which order and how late it paid our invoices, as counts and sums.
-- newer_first: invoices closed while an older one, due up to 180 days earlier and not disputed, stood open.
-- in_parts: invoices paid on several days, or in part so far. round_days: pay days whose sum is a multiple of 1,000.
with

unsure as (

    select
        instalment_key,
        case when disputed then 1 else 0 end as is_disputed,
        case when due_basis = 'assumed' then 1 else 0 end as is_assumed
    from int_instalments
    where disputed or due_basis = 'assumed'

),

paid as (

    select
        instalment_key,
        max(applied_on) as last_paid_on,
        case when min(applied_on) <> max(applied_on) then 1 else 0 end as is_in_parts
    from int_applications
    where kind = 'payment'
        and amount_doc > 0
        and applied_on > cast($as_of as date) - 730
    group by instalment_key

),

invoices as (

    select
        balances.customer_key,
        balances.closed_on,
        balances.amount_base,
        date_diff('day', balances.due_date, balances.closed_on) as days_late,
        coalesce(unsure.is_disputed, 0) as is_disputed,
        coalesce(unsure.is_assumed, 0) as is_assumed,
        paid.last_paid_on,
        case when paid.is_in_parts = 1 or balances.closed_on is null then 1 else 0 end as is_in_parts,
        max(case when unsure.is_disputed = 1 then null else coalesce(balances.closed_on, date '9999-12-31') end) over (
            partition by balances.customer_key
            order by date_diff('day', date '1900-01-01', balances.due_date)
            range between 180 preceding and 1 preceding
        ) as older_closed_on
    from int_instalment_balances as balances
    left join unsure on balances.instalment_key = unsure.instalment_key
    left join paid on balances.instalment_key = paid.instalment_key
    where balances.amount_doc > 0
        and balances.due_date > cast($as_of as date) - 910

),

-- Closing and paying fall in years of their own: an invoice may be closed by a credit after its last payment.
by_closing as (

    select
        customer_key,
        case when closed_on > cast($as_of as date) - 365 then 0 else 1 end as year_no,
        sum(1 - is_disputed) as ordered,
        sum(case when is_disputed = 0 and older_closed_on > closed_on then 1 else 0 end) as newer_first,
        sum(1 - is_assumed) as closed_invoices,
        sum(case when is_assumed = 0 and days_late > 0 then 1 else 0 end) as closed_late,
        sum(case when is_assumed = 0 then amount_base end) as closed_base,
        sum(case when is_assumed = 0 then amount_base * days_late end) as closed_base_days,
        sum(case when is_assumed = 0 and closed_on > cast($as_of as date) - 90 then amount_base end) as recent_base,
        sum(case when is_assumed = 0 and closed_on > cast($as_of as date) - 90 then amount_base * days_late end)
            as recent_base_days
    from invoices
    where closed_on > cast($as_of as date) - 730
    group by customer_key, case when closed_on > cast($as_of as date) - 365 then 0 else 1 end

),

by_payment as (

    select
        customer_key,
        case when last_paid_on > cast($as_of as date) - 365 then 0 else 1 end as year_no,
        count(*) as invoices_paid,
        sum(is_in_parts) as in_parts
    from invoices
    where last_paid_on is not null
    group by customer_key, case when last_paid_on > cast($as_of as date) - 365 then 0 else 1 end

),

by_pay_day as (

    select
        customer_key,
        case when received_on > cast($as_of as date) - 365 then 0 else 1 end as year_no,
        count(*) as pay_days,
        sum(case when amount_doc % 1000 = 0 then 1 else 0 end) as round_days
    from int_pay_days
    group by customer_key, case when received_on > cast($as_of as date) - 365 then 0 else 1 end

),

everyone as (

    select customer_key, year_no
    from by_closing
    union
    select customer_key, year_no
    from by_payment
    union
    select customer_key, year_no
    from by_pay_day

),

final as (

    select
        everyone.customer_key,
        everyone.year_no,
        coalesce(by_closing.ordered, 0) as ordered,
        coalesce(by_closing.newer_first, 0) as newer_first,
        coalesce(by_closing.closed_invoices, 0) as closed_invoices,
        coalesce(by_closing.closed_late, 0) as closed_late,
        cast(by_closing.closed_base_days as double) / nullif(cast(by_closing.closed_base as double), 0) as days_late,
        cast(by_closing.recent_base_days as double) / nullif(cast(by_closing.recent_base as double), 0)
            as days_late_recent,
        cast(by_closing.closed_base_days - coalesce(by_closing.recent_base_days, 0) as double)
        / nullif(cast(by_closing.closed_base - coalesce(by_closing.recent_base, 0) as double), 0) as days_late_before,
        coalesce(by_payment.invoices_paid, 0) as invoices_paid,
        coalesce(by_payment.in_parts, 0) as in_parts,
        coalesce(by_pay_day.pay_days, 0) as pay_days,
        coalesce(by_pay_day.round_days, 0) as round_days
    from everyone
    left join by_closing
        on everyone.customer_key = by_closing.customer_key
        and everyone.year_no = by_closing.year_no
    left join by_payment
        on everyone.customer_key = by_payment.customer_key
        and everyone.year_no = by_payment.year_no
    left join by_pay_day
        on everyone.customer_key = by_pay_day.customer_key
        and everyone.year_no = by_pay_day.year_no

)

select * from final
