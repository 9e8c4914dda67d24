-- Grain: one row per month and desk with a balance or a movement; additive sums in base.
-- The overview asks by entity, region and rep, never by customer: this is what it reads, whatever the number of customers.
-- Rows in which everything is zero are left out.
with

together as (

    select movements.month_no, desks.desk_key, movements.kind, movements.amount_base
    from int_movement_months as movements
    inner join int_desks as desks on movements.account_key = desks.account_key

    union all

    select
        month_no,
        desk_key,
        case bucket_order when 0 then 'current' when 99 then 'unapplied' else 'overdue' end as kind,
        open_base as amount_base
    from int_aging_desks

),

sums as (

    select
        month_no,
        desk_key,
        sum(case when kind = 'sale' then amount_base else 0 end) as sales_base,
        sum(case when kind = 'payment' then amount_base else 0 end) as collected_base,
        sum(case when kind = 'credit' then amount_base else 0 end) as credited_base,
        sum(case when kind = 'write_off' then amount_base else 0 end) as written_off_base,
        sum(case when kind = 'overdue' then amount_base else 0 end) as overdue_end_base,
        sum(case when kind = 'current' then amount_base else 0 end) as current_end_base,
        -sum(case when kind = 'unapplied' then amount_base else 0 end) as unapplied_end_base
    from together
    group by month_no, desk_key

),

listed as (

    select movements.month_no, desks.desk_key
    from int_movement_months as movements
    inner join int_open_items_only as lists on movements.account_key = lists.account_key
    inner join int_desks as desks on movements.account_key = desks.account_key

    union

    select aging.month_no, desks.desk_key
    from int_aging_accounts as aging
    inner join int_open_items_only as lists on aging.account_key = lists.account_key
    inner join int_desks as desks on aging.account_key = desks.account_key

),

final as (

    select
        sums.month_no,
        sums.desk_key,
        cast(sums.sales_base as decimal(18, 4)) as sales_base,
        cast(sums.collected_base as decimal(18, 4)) as collected_base,
        cast(sums.credited_base as decimal(18, 4)) as credited_base,
        cast(sums.written_off_base as decimal(18, 4)) as written_off_base,
        cast(sums.overdue_end_base as decimal(18, 4)) as overdue_end_base,
        cast(sums.current_end_base as decimal(18, 4)) as current_end_base,
        cast(sums.unapplied_end_base as decimal(18, 4)) as unapplied_end_base,
        listed.desk_key is not null as is_from_open_items
    from sums
    left join listed
        on sums.month_no = listed.month_no
        and sums.desk_key = listed.desk_key

)

select * from final
where sales_base <> 0
    or collected_base <> 0
    or credited_base <> 0
    or written_off_base <> 0
    or overdue_end_base <> 0
    or current_end_base <> 0
    or unapplied_end_base <> 0
