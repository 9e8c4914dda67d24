-- Grain: one row per month and account with payments or overdue money; sums of amount and of amount x days, in base.
-- paid_days: days after due of each payment, negative when early; terms_days: from issue to due of what was paid.
-- overdue_days: the age at the month end of each overdue open amount. Assumed due dates are left out and shown so.
with

payments as (

    select
        extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on) as month_no,
        instalments.account_key,
        case when instalments.due_basis = 'assumed' then 0 else applications.amount_base end as paid_base,
        case when instalments.due_basis = 'assumed' then applications.amount_base else 0 end as left_out_base,
        date_diff('day', instalments.due_date, applications.applied_on) as days_late,
        date_diff('day', instalments.issue_date, instalments.due_date) as terms
    from int_applications as applications
    inner join int_instalments as instalments on applications.instalment_key = instalments.instalment_key
    where applications.kind = 'payment'
        and instalments.amount_doc > 0

),

paid as (

    select
        month_no,
        account_key,
        sum(paid_base) as paid_base,
        sum(left_out_base) as left_out_base,
        sum(paid_base * days_late) as paid_days,
        sum(paid_base * terms) as terms_days
    from payments
    where month_no between $first_month and $last_month
    group by month_no, account_key

),

past_due as (

    select
        instalments.account_key,
        instalments.due_date,
        stretches.balance_base,
        greatest(
            stretches.from_month,
            cast(extract(year from instalments.due_date) * 12 + extract(month from instalments.due_date) as integer)
        ) as from_month,
        stretches.to_month
    from int_item_months as stretches
    inner join int_instalments as instalments on stretches.item_key = instalments.instalment_key
    where instalments.amount_doc > 0
        and instalments.due_basis <> 'assumed'
        and abs(stretches.balance_doc) >= 0.01

),

overdue as (

    select
        months.month_no,
        past_due.account_key,
        sum(past_due.balance_base) as overdue_base,
        sum(past_due.balance_base * date_diff('day', past_due.due_date, months.month_end)) as overdue_days
    from past_due
    inner join ref_month_spans as months
        on past_due.from_month = months.from_month
        and past_due.to_month = months.to_month
    where past_due.due_date < months.month_end
    group by months.month_no, past_due.account_key

),

final as (

    select
        cast(coalesce(paid.month_no, overdue.month_no) as integer) as month_no,
        coalesce(paid.account_key, overdue.account_key) as account_key,
        cast(coalesce(paid.paid_base, 0) as decimal(18, 4)) as paid_base,
        cast(coalesce(paid.paid_days, 0) as decimal(38, 4)) as paid_days,
        cast(coalesce(paid.terms_days, 0) as decimal(38, 4)) as terms_days,
        cast(coalesce(paid.left_out_base, 0) as decimal(18, 4)) as left_out_base,
        cast(coalesce(overdue.overdue_base, 0) as decimal(18, 4)) as overdue_base,
        cast(coalesce(overdue.overdue_days, 0) as decimal(38, 4)) as overdue_days
    from paid
    full outer join overdue
        on paid.month_no = overdue.month_no
        and paid.account_key = overdue.account_key

)

select * from final
