-- Grain: one row per month and account with a balance or a movement; additive sums in base.
with

balances as (

    select
        month_no,
        account_key,
        sum(case when bucket_order between 1 and 98 then open_base else 0 end) as overdue_end_base,
        sum(case when bucket_order = 0 then open_base else 0 end) as current_end_base,
        -sum(case when bucket_order = 99 then open_base else 0 end) as unapplied_end_base
    from int_aging_accounts
    group by month_no, account_key

),

together as (

    select
        month_no,
        account_key,
        sales_base,
        collected_base,
        credited_base,
        written_off_base,
        0 as overdue_end_base,
        0 as current_end_base,
        0 as unapplied_end_base
    from int_movements

    union all

    select
        month_no,
        account_key,
        0 as sales_base,
        0 as collected_base,
        0 as credited_base,
        0 as written_off_base,
        overdue_end_base,
        current_end_base,
        unapplied_end_base
    from balances

),

monthly as (

    select
        month_no,
        account_key,
        cast(sum(sales_base) as decimal(18, 4)) as sales_base,
        cast(sum(collected_base) as decimal(18, 4)) as collected_base,
        cast(sum(credited_base) as decimal(18, 4)) as credited_base,
        cast(sum(written_off_base) as decimal(18, 4)) as written_off_base,
        cast(sum(overdue_end_base) as decimal(18, 4)) as overdue_end_base,
        cast(sum(current_end_base) as decimal(18, 4)) as current_end_base,
        cast(sum(unapplied_end_base) as decimal(18, 4)) as unapplied_end_base
    from together
    group by month_no, account_key

),

running as (

    select
        *,
        sum(sales_base - collected_base - credited_base - written_off_base) over (
            partition by account_key order by month_no rows between unbounded preceding and current row
        ) as ar_end_base
    from monthly

),

final as (

    select
        running.month_no,
        running.account_key,
        cast(
            running.ar_end_base
            - (running.sales_base - running.collected_base - running.credited_base - running.written_off_base)
            as decimal(18, 4)
        ) as opening_base,
        cast(running.sales_base as decimal(18, 4)) as sales_base,
        cast(running.collected_base as decimal(18, 4)) as collected_base,
        cast(running.credited_base as decimal(18, 4)) as credited_base,
        cast(running.written_off_base as decimal(18, 4)) as written_off_base,
        cast(running.ar_end_base as decimal(18, 4)) as ar_end_base,
        cast(running.overdue_end_base as decimal(18, 4)) as overdue_end_base,
        cast(running.current_end_base as decimal(18, 4)) as current_end_base,
        cast(running.unapplied_end_base as decimal(18, 4)) as unapplied_end_base,
        lists.account_key is not null as is_from_open_items
    from running
    left join int_open_items_only as lists on running.account_key = lists.account_key
    where running.month_no >= $first_month

)

select * from final
