-- Grain: one row per account with payments in the twelve months up to the as-of date or overdue money at it, in base.
-- The same sums of amount and of amount x days as by month; before_base and before_days: the twelve months earlier.
with

payments as (

    select
        account_key,
        amount_base,
        date_diff('day', due_date, received_on) as days_late,
        date_diff('day', issue_date, due_date) as terms,
        case when received_on > cast($as_of as date) - 365 then 1 else 0 end as is_recent
    from int_applications
    where kind = 'payment'
        and received_on > cast($as_of as date) - 730
        and due_date is not null
        and not is_assumed

),

paid as (

    select
        account_key,
        sum(amount_base * is_recent) as paid_base,
        sum(amount_base * is_recent * days_late) as paid_days,
        sum(amount_base * is_recent * terms) as terms_days,
        sum(amount_base * (1 - is_recent)) as before_base,
        sum(amount_base * (1 - is_recent) * days_late) as before_days,
        sum(is_recent) as payments
    from payments
    group by account_key

),

overdue as (

    select
        account_key,
        sum(open_base) as overdue_base,
        sum(open_base * days_past_due) as overdue_days
    from fct_open_items
    where days_past_due > 0
        and due_basis <> 'assumed'
    group by account_key

),

final as (

    select
        coalesce(paid.account_key, overdue.account_key) as account_key,
        cast(coalesce(paid.payments, 0) as integer) as payments,
        cast(coalesce(paid.paid_base, 0) as decimal(18, 4)) as paid_base,
        cast(coalesce(paid.paid_days, 0) as decimal(38, 4)) as paid_days,
        cast(coalesce(paid.terms_days, 0) as decimal(38, 4)) as terms_days,
        cast(coalesce(paid.before_base, 0) as decimal(18, 4)) as before_base,
        cast(coalesce(paid.before_days, 0) as decimal(38, 4)) as before_days,
        cast(coalesce(overdue.overdue_base, 0) as decimal(18, 4)) as overdue_base,
        cast(coalesce(overdue.overdue_days, 0) as decimal(38, 4)) as overdue_days
    from paid
    full outer join overdue on paid.account_key = overdue.account_key

)

select * from final
