-- Grain: one row per scope and month from the scope's first month on, months without a movement included.
-- A scope that holds accounts known from lists of open items begins with the first month end at which all of them are.
with

scopes as (

    select scope_key, account_key
    from int_account_scopes

),

listed as (

    select scopes.scope_key, max(lists.known_from) as known_from
    from int_open_items_only as lists
    inner join scopes on lists.account_key = scopes.account_key
    group by scopes.scope_key

),

sums as (

    select
        scopes.scope_key,
        months.month_no,
        sum(months.opening_base) as opening_base,
        sum(months.sales_base - months.credited_base) as net_sales_base,
        sum(months.ar_end_base) as ar_end_base,
        sum(months.current_end_base) as current_end_base,
        sum(months.overdue_end_base) as overdue_end_base
    from fct_receivables_monthly as months
    inner join scopes on months.account_key = scopes.account_key
    group by scopes.scope_key, months.month_no

),

first_months as (

    select scope_key, min(month_no) as first_month
    from sums
    group by scope_key

),

every_month as (

    select
        first_months.scope_key,
        listed.scope_key is not null as is_from_open_items,
        months.month_no
    from first_months
    inner join ref_months as months on first_months.first_month <= months.month_no
    left join listed on first_months.scope_key = listed.scope_key
    where listed.scope_key is null
        or months.month_end >= listed.known_from

),

final as (

    select
        every_month.scope_key,
        every_month.month_no,
        every_month.is_from_open_items,
        cast(coalesce(sums.opening_base, 0) as decimal(18, 4)) as opening_base,
        cast(coalesce(sums.net_sales_base, 0) as decimal(18, 4)) as net_sales_base,
        cast(coalesce(sums.ar_end_base, 0) as decimal(18, 4)) as ar_end_base,
        cast(coalesce(sums.current_end_base, 0) as decimal(18, 4)) as current_end_base,
        cast(coalesce(sums.overdue_end_base, 0) as decimal(18, 4)) as overdue_end_base
    from every_month
    left join sums
        on every_month.scope_key = sums.scope_key
        and every_month.month_no = sums.month_no

)

select * from final
