-- Grain: one row per month, account and kind of movement (sale, payment, credit, write_off); sums in base, and how many
-- movements make them, so that a row goes when none is left and stays where they come to nothing.
-- Residues below 0.01 in document currency leave the receivables as written off.
-- Sorted by account, so that reading one customer reads little.
with

-- Until they are summed kinds are numbers, by which grouping is faster: 0 sale, 1 payment, 2 credit, 3 write-off.
movements as (

    select
        extract(year from issue_date) * 12 + extract(month from issue_date) as month_no,
        account_key,
        case doc_type when 'prepayment' then 1 when 'credit_note' then 2 else 0 end as kind_no,
        case when doc_type in ('prepayment', 'credit_note') then -amount_base else amount_base end as amount_base
    from int_instalments

    union all

    select
        extract(year from applied_on) * 12 + extract(month from applied_on) as month_no,
        account_key,
        case kind when 'payment' then 1 when 'write_off' then 3 else 2 end as kind_no,
        amount_base
    from int_applications

    union all

    select
        extract(year from event_on) * 12 + extract(month from event_on) as month_no,
        account_key,
        case kind when 'payment' then 1 when 'write_off' then 3 else 2 end as kind_no,
        -change_base as amount_base
    from int_unapplied_events

    union all

    select from_month as month_no, account_key, 3 as kind_no, amount_base
    from int_balance_spans
    where is_residue

    union all

    select to_month as month_no, account_key, 3 as kind_no, -amount_base as amount_base
    from int_balance_spans
    where is_residue

),

final as (

    select
        cast(month_no as integer) as month_no,
        account_key,
        case kind_no when 0 then 'sale' when 1 then 'payment' when 2 then 'credit' else 'write_off' end as kind,
        cast(sum(amount_base) as decimal(18, 4)) as amount_base,
        cast(count(*) as integer) as movements
    from movements
    where month_no between $first_month and $last_month
    group by month_no, account_key, kind_no

)

select * from final
order by account_key
