-- Grain: one row per month and desk with a balance or a movement; additive sums in base.
-- The overview asks by entity, region and rep, never by customer: this is what it reads, whatever the number of customers.
-- Rows in which everything is zero are left out.
with

final as (

    select
        sums.month_no,
        desks.desk_key,
        cast(sum(sums.sales_base) as decimal(18, 4)) as sales_base,
        cast(sum(sums.collected_base) as decimal(18, 4)) as collected_base,
        cast(sum(sums.credited_base) as decimal(18, 4)) as credited_base,
        cast(sum(sums.written_off_base) as decimal(18, 4)) as written_off_base,
        cast(sum(sums.overdue_end_base) as decimal(18, 4)) as overdue_end_base,
        cast(sum(sums.current_end_base) as decimal(18, 4)) as current_end_base,
        cast(sum(sums.unapplied_end_base) as decimal(18, 4)) as unapplied_end_base,
        max(case when sums.is_from_open_items then 1 else 0 end) = 1 as is_from_open_items
    from int_receivables_months as sums
    inner join int_desks as desks on sums.account_key = desks.account_key
    group by sums.month_no, desks.desk_key

)

select * from final
where sales_base <> 0
    or collected_base <> 0
    or credited_base <> 0
    or written_off_base <> 0
    or overdue_end_base <> 0
    or current_end_base <> 0
    or unapplied_end_base <> 0
