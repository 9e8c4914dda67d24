-- Grain: one row per month and account with a balance or a movement; additive sums in base.
-- The balance at the month end is overdue + current - unapplied, the opening one that less the month's movements;
-- a check rolls each account forward.
with

together as (

    select month_no, account_key, kind, amount_base
    from int_movement_months

    union all

    select
        month_no,
        account_key,
        case bucket_order when 0 then 'current' when 99 then 'unapplied' else 'overdue' end as kind,
        open_base as amount_base
    from int_aging_accounts

),

sums as (

    select
        month_no,
        account_key,
        sum(case when kind = 'sale' then amount_base else 0 end) as sales_base,
        sum(case when kind = 'payment' then amount_base else 0 end) as collected_base,
        sum(case when kind = 'credit' then amount_base else 0 end) as credited_base,
        sum(case when kind = 'write_off' then amount_base else 0 end) as written_off_base,
        sum(case when kind = 'overdue' then amount_base else 0 end) as overdue_end_base,
        sum(case when kind = 'current' then amount_base else 0 end) as current_end_base,
        -sum(case when kind = 'unapplied' then amount_base else 0 end) as unapplied_end_base
    from together
    group by month_no, account_key

),

final as (

    select
        sums.month_no,
        sums.account_key,
        cast(sums.sales_base as decimal(18, 4)) as sales_base,
        cast(sums.collected_base as decimal(18, 4)) as collected_base,
        cast(sums.credited_base as decimal(18, 4)) as credited_base,
        cast(sums.written_off_base as decimal(18, 4)) as written_off_base,
        cast(sums.overdue_end_base as decimal(18, 4)) as overdue_end_base,
        cast(sums.current_end_base as decimal(18, 4)) as current_end_base,
        cast(sums.unapplied_end_base as decimal(18, 4)) as unapplied_end_base,
        lists.account_key is not null as is_from_open_items
    from sums
    left join int_open_items_only as lists on sums.account_key = lists.account_key

)

select * from final
