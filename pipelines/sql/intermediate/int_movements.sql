-- Grain: one row per month and account in which receivables moved; what raised or lowered the balance, in base.
-- Residues below 0.01 in document currency leave the receivables as written off.
with

parts as (

    select
        extract(year from issue_date) * 12 + extract(month from issue_date) as month_no,
        account_key,
        case when doc_type in ('invoice', 'debit_note') then amount_base else 0 end as sales_base,
        case when doc_type = 'prepayment' then -amount_base else 0 end as collected_base,
        case when doc_type = 'credit_note' then -amount_base else 0 end as credited_base,
        0 as written_off_base
    from int_instalments

    union all

    select
        extract(year from applications.applied_on) * 12 + extract(month from applications.applied_on) as month_no,
        instalments.account_key,
        0 as sales_base,
        case when applications.kind = 'payment' then applications.amount_base else 0 end as collected_base,
        case when applications.kind in ('credit', 'discount') then applications.amount_base else 0 end
            as credited_base,
        case when applications.kind = 'write_off' then applications.amount_base else 0 end as written_off_base
    from int_applications as applications
    inner join int_instalments as instalments on applications.instalment_key = instalments.instalment_key

    union all

    select
        extract(year from event_on) * 12 + extract(month from event_on) as month_no,
        account_key,
        0 as sales_base,
        case when kind = 'payment' then -change_base else 0 end as collected_base,
        case when kind in ('credit', 'discount') then -change_base else 0 end as credited_base,
        case when kind = 'write_off' then -change_base else 0 end as written_off_base
    from int_unapplied_events

),

residues as (

    select
        stretches.from_month,
        stretches.to_month,
        stretches.balance_base,
        coalesce(instalments.account_key, lines.account_key) as account_key
    from int_item_months as stretches
    left join int_instalments as instalments on stretches.item_key = instalments.instalment_key
    left join (select distinct line_key, account_key from int_unapplied_events) as lines
        on stretches.item_key = -lines.line_key
    where abs(stretches.balance_doc) < 0.01

),

together as (

    select month_no, account_key, sales_base, collected_base, credited_base, written_off_base
    from parts
    where month_no <= $last_month

    union all

    select from_month, account_key, 0, 0, 0, balance_base
    from residues

    union all

    select to_month, account_key, 0, 0, 0, -balance_base
    from residues
    where to_month <= $last_month

),

final as (

    select
        cast(month_no as integer) as month_no,
        account_key,
        cast(sum(sales_base) as decimal(18, 4)) as sales_base,
        cast(sum(collected_base) as decimal(18, 4)) as collected_base,
        cast(sum(credited_base) as decimal(18, 4)) as credited_base,
        cast(sum(written_off_base) as decimal(18, 4)) as written_off_base
    from together
    group by month_no, account_key

)

select * from final
