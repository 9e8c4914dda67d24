-- Grain: one row per month and desk with payments or overdue money; sums of amount and of amount x days, in base.
-- paid_days: days after due on which each payment came in, whenever it was matched, negative when early;
-- terms_days: from issue to due of what was paid.
-- overdue_days: the age at the month end of each overdue open amount. Assumed due dates are left out and shown so.
-- Rows in which everything is zero are left out.
with

payments as (

    select
        extract(year from payments.received_on) * 12 + extract(month from payments.received_on) as month_no,
        desks.desk_key,
        case when payments.is_assumed then 0 else payments.amount_base end as paid_base,
        case when payments.is_assumed then payments.amount_base else 0 end as left_out_base,
        date_diff('day', payments.due_date, payments.received_on) as days_late,
        date_diff('day', payments.issue_date, payments.due_date) as terms
    from int_applications as payments
    inner join int_desks as desks on payments.account_key = desks.account_key
    where payments.kind = 'payment'
        and payments.due_date is not null

),

paid as (

    select
        month_no,
        desk_key,
        sum(paid_base) as paid_base,
        sum(paid_base * days_late) as paid_days,
        sum(paid_base * terms) as terms_days,
        sum(left_out_base) as left_out_base
    from payments
    group by month_no, desk_key

),

overdue as (

    select
        months.month_no,
        spans.desk_key,
        sum(spans.amount_base) as overdue_base,
        sum(
            spans.amount_base * date_diff('day', date '1900-01-01', months.month_end) - spans.due_days
        ) as overdue_days
    from int_class_spans as spans
    inner join ref_month_spans as months
        on spans.from_month = months.from_month
        and spans.to_month = months.to_month
    where spans.class_due_date < months.month_end
        and not spans.is_assumed
    group by months.month_no, spans.desk_key

),

final as (

    select
        cast(coalesce(paid.month_no, overdue.month_no) as integer) as month_no,
        coalesce(paid.desk_key, overdue.desk_key) as desk_key,
        cast(coalesce(paid.paid_base, 0) as decimal(18, 4)) as paid_base,
        cast(coalesce(paid.paid_days, 0) as decimal(38, 4)) as paid_days,
        cast(coalesce(paid.terms_days, 0) as decimal(38, 4)) as terms_days,
        cast(coalesce(paid.left_out_base, 0) as decimal(18, 4)) as left_out_base,
        cast(coalesce(overdue.overdue_base, 0) as decimal(18, 4)) as overdue_base,
        cast(coalesce(overdue.overdue_days, 0) as decimal(38, 4)) as overdue_days
    from paid
    full outer join overdue
        on paid.month_no = overdue.month_no
        and paid.desk_key = overdue.desk_key
    where coalesce(paid.month_no, overdue.month_no) between $first_month and $last_month

)

select * from final
where paid_base <> 0 or paid_days <> 0 or terms_days <> 0 or left_out_base <> 0 or overdue_base <> 0 or overdue_days <> 0
