-- Grain: one row per month end and scope (total, entity, region, rep, customer; entity_id only for entity, customer).
-- Ratios of the sums in int_scope_months; a figure that cannot be computed is null and the reason stands beside it.
with

months as (

    select
        *,
        -- Sales from the first month of the scope up to this month; months with negative sales subtract nothing.
        sum(greatest(net_sales_base, 0)) over so_far as sales_so_far,
        sum(days) over so_far as days_so_far,
        sum(net_sales_base) over sales_window as window_sales,
        sum(days) over sales_window as window_days,
        count(*) over so_far as months_so_far,
        lag(ar_end_base, 1, 0) over (partition by scope_key order by month_no) as ar_begin_base
    from int_scope_months
    window
        so_far as (partition by scope_key order by month_no rows between unbounded preceding and current row),
        sales_window as (partition by scope_key order by month_no rows between $window_before preceding and current row)

),

-- Exhaustion: month by month backwards, the share of a month's sales that the balance still covers times its days.
countback as (

    select
        months.scope_key,
        months.month_no,
        sum(
            earlier.days * case
                when months.ar_end_base <= months.sales_so_far - earlier.sales_so_far then 0
                when earlier.net_sales_base <= 0 then 1
                else least(
                    1,
                    cast(months.ar_end_base - (months.sales_so_far - earlier.sales_so_far) as double)
                    / cast(earlier.net_sales_base as double)
                )
            end
        ) as dso_days,
        sum(
            earlier.days * case
                when months.current_end_base <= months.sales_so_far - earlier.sales_so_far then 0
                when earlier.net_sales_base <= 0 then 1
                else least(
                    1,
                    cast(months.current_end_base - (months.sales_so_far - earlier.sales_so_far) as double)
                    / cast(earlier.net_sales_base as double)
                )
            end
        ) as best_possible_days
    from months
    inner join months as earlier
        on months.scope_key = earlier.scope_key
        and earlier.month_no <= months.month_no
    group by months.scope_key, months.month_no

),

judged as (

    select
        months.*,
        countback.dso_days,
        countback.best_possible_days,
        case
            when months.is_from_open_items then 'open_items_only'
            when months.ar_end_base <= 0 then null
            when months.months_so_far <= $window_before then 'history_too_short'
            when months.window_sales <= 0 then 'no_sales_in_window'
        end as not_computable_reason
    from months
    inner join countback
        on months.scope_key = countback.scope_key
        and months.month_no = countback.month_no

),

final as (

    select
        month_end,
        scope,
        entity_id,
        scope_id,
        ar_end_base,
        case when not is_from_open_items then net_sales_base end as sales_base,
        case
            when is_from_open_items then null
            when ar_end_base <= 0 then 0
            when not_computable_reason is not null then null
            else cast(ar_end_base as double) / cast(window_sales as double) * window_days
        end as dso_simple,
        case
            when is_from_open_items then null
            when ar_end_base <= 0 then 0
            else dso_days
        end as dso_countback,
        not is_from_open_items and ar_end_base > sales_so_far as is_lower_bound,
        case
            when is_from_open_items then null
            when current_end_base <= 0 then 0
            else best_possible_days
        end as dso_best_possible,
        case
            when is_from_open_items then null
            else case when ar_end_base <= 0 then 0 else dso_days end
                - case when current_end_base <= 0 then 0 else best_possible_days end
        end as add_days,
        case
            when is_from_open_items or ar_begin_base + net_sales_base - current_end_base <= 0 then null
            else cast(ar_begin_base + net_sales_base - ar_end_base as double)
                / cast(ar_begin_base + net_sales_base - current_end_base as double) * 100
        end as cei,
        case
            when current_end_base + overdue_end_base > 0
                then cast(overdue_end_base as double) / cast(current_end_base + overdue_end_base as double)
        end as overdue_ratio,
        not_computable_reason,
        current_end_base,
        overdue_end_base
    from judged
    order by scope, entity_id, scope_id, month_end

)

select * from final
