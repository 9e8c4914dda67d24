-- Grain: one row per month and desk with payments or overdue money; sums of amount and of amount x days, in base.
-- paid_days: days after due of each payment, negative when early; terms_days: from issue to due of what was paid.
-- overdue_days: the age at the month end of each overdue open amount. Assumed due dates are left out and shown so.
with

paid as (

    select
        extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on) as month_no,
        desks.desk_key,
        sum(case when instalments.due_basis <> 'assumed' then applications.amount_base else 0 end) as paid_base,
        sum(
            case when instalments.due_basis <> 'assumed' then applications.amount_base else 0 end
            * date_diff('day', instalments.due_date, applications.applied_on)
        ) as paid_days,
        sum(
            case when instalments.due_basis <> 'assumed' then applications.amount_base else 0 end
            * date_diff('day', instalments.issue_date, instalments.due_date)
        ) as terms_days,
        sum(case when instalments.due_basis = 'assumed' then applications.amount_base else 0 end) as left_out_base
    from int_applications as applications
    inner join int_instalments as instalments on applications.instalment_key = instalments.instalment_key
    inner join int_desks as desks on instalments.account_key = desks.account_key
    where applications.kind = 'payment'
        and instalments.amount_doc > 0
    group by
        extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on),
        desks.desk_key

),

overdue as (

    select
        months.month_no,
        stretches.desk_key,
        sum(stretches.balance_base) as overdue_base,
        sum(
            stretches.balance_base * date_diff('day', date '1900-01-01', months.month_end) - stretches.due_days
        ) as overdue_days
    from int_class_stretches as stretches
    inner join ref_month_spans as months
        on stretches.from_month = months.from_month
        and stretches.to_month = months.to_month
    where stretches.class_due_date < months.month_end
        and not stretches.is_assumed
    group by months.month_no, stretches.desk_key

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
