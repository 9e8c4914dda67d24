-- Grain: one row per scope (total, entity, region, rep, customer) and month end from the scope's first month on.
with

sums as (

    select
        month_no,
        'total' as scope,
        '' as entity_id,
        'all' as scope_id,
        sum(sales_base - credited_base) as net_sales_base,
        sum(ar_end_base) as ar_end_base,
        sum(current_end_base) as current_end_base,
        sum(overdue_end_base) as overdue_end_base,
        max(case when is_from_open_items then 1 else 0 end) as from_open_items
    from fct_receivables_monthly
    group by month_no

    union all

    select
        month_no,
        'entity',
        entity_id,
        entity_id,
        sum(sales_base - credited_base),
        sum(ar_end_base),
        sum(current_end_base),
        sum(overdue_end_base),
        max(case when is_from_open_items then 1 else 0 end)
    from fct_receivables_monthly
    group by month_no, entity_id

    union all

    select
        month_no,
        'region',
        '',
        region,
        sum(sales_base - credited_base),
        sum(ar_end_base),
        sum(current_end_base),
        sum(overdue_end_base),
        max(case when is_from_open_items then 1 else 0 end)
    from fct_receivables_monthly
    group by month_no, region

    union all

    select
        month_no,
        'rep',
        '',
        rep,
        sum(sales_base - credited_base),
        sum(ar_end_base),
        sum(current_end_base),
        sum(overdue_end_base),
        max(case when is_from_open_items then 1 else 0 end)
    from fct_receivables_monthly
    group by month_no, rep

    union all

    select
        month_no,
        'customer',
        entity_id,
        customer_id,
        sum(sales_base - credited_base),
        sum(ar_end_base),
        sum(current_end_base),
        sum(overdue_end_base),
        max(case when is_from_open_items then 1 else 0 end)
    from fct_receivables_monthly
    group by month_no, entity_id, customer_id

),

scopes as (

    select
        row_number() over (order by scope, entity_id, scope_id) as scope_key,
        scope,
        entity_id,
        scope_id,
        min(month_no) as first_month,
        max(from_open_items) = 1 as is_from_open_items
    from sums
    group by scope, entity_id, scope_id

),

every_month as (

    select
        scopes.scope_key,
        scopes.scope,
        scopes.entity_id,
        scopes.scope_id,
        scopes.is_from_open_items,
        months.month_no,
        months.month_end,
        months.days
    from scopes
    inner join ref_spans as spans on $last_month + 1 - scopes.first_month = spans.months
    inner join ref_months as months on scopes.first_month + spans.step = months.month_no

),

final as (

    select
        every_month.scope_key,
        every_month.scope,
        every_month.entity_id,
        every_month.scope_id,
        every_month.is_from_open_items,
        every_month.month_no,
        every_month.month_end,
        every_month.days,
        cast(coalesce(sums.net_sales_base, 0) as decimal(18, 4)) as net_sales_base,
        cast(coalesce(sums.ar_end_base, 0) as decimal(18, 4)) as ar_end_base,
        cast(coalesce(sums.current_end_base, 0) as decimal(18, 4)) as current_end_base,
        cast(coalesce(sums.overdue_end_base, 0) as decimal(18, 4)) as overdue_end_base
    from every_month
    left join sums
        on every_month.scope = sums.scope
        and every_month.entity_id = sums.entity_id
        and every_month.scope_id = sums.scope_id
        and every_month.month_no = sums.month_no

)

select * from final
