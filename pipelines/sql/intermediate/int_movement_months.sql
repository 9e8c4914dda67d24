-- Grain: one row per month, account and kind of movement (sale, payment, credit, write_off); sums in base, and how many
-- movements make them, so that a row goes when none is left and stays where they come to nothing.
-- Residues below 0.01 in document currency leave the receivables as written off.
-- Sorted by account, so that reading one customer reads little.
with

movements as (

    select
        extract(year from issue_date) * 12 + extract(month from issue_date) as month_no,
        account_key,
        case doc_type when 'prepayment' then 'payment' when 'credit_note' then 'credit' else 'sale' end as kind,
        case when doc_type in ('prepayment', 'credit_note') then -amount_base else amount_base end as amount_base
    from int_instalments

    union all

    select
        extract(year from applied_on) * 12 + extract(month from applied_on) as month_no,
        account_key,
        case kind when 'discount' then 'credit' else kind end as kind,
        amount_base
    from int_applications

    union all

    select
        extract(year from event_on) * 12 + extract(month from event_on) as month_no,
        account_key,
        case kind when 'discount' then 'credit' else kind end as kind,
        -change_base as amount_base
    from int_unapplied_events

    union all

    select from_month as month_no, account_key, 'write_off' as kind, amount_base
    from int_balance_spans
    where is_residue

    union all

    select to_month as month_no, account_key, 'write_off' as kind, -amount_base as amount_base
    from int_balance_spans
    where is_residue

),

final as (

    select
        cast(month_no as integer) as month_no,
        account_key,
        kind,
        cast(sum(amount_base) as decimal(18, 4)) as amount_base,
        cast(count(*) as integer) as movements
    from movements
    where month_no between $first_month and $last_month
    group by month_no, account_key, kind

)

select * from final
order by account_key
