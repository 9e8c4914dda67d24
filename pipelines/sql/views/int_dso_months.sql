-- Grain: one row per scope and month: the DSO family in days, from the sums of int_scope_months.
-- Ratios come last: the build stores the sums, and these are computed when read.
-- Countback walks backwards through the months until their sales exhaust the balance. Laid out on the cumulative
-- sales C and days D of a scope it is one look-up: the last month j with C(j) <= C(T) - balance is not covered, the
-- month after it in part, every later one in full.
with

months as (

    select
        sums.*,
        calendar.days,
        cast(sum(greatest(sums.net_sales_base, 0)) over so_far as decimal(18, 4)) as sales_so_far,
        sum(calendar.days) over so_far as days_so_far,
        sum(sums.net_sales_base) over sales_window as window_sales,
        sum(calendar.days) over sales_window as window_days,
        count(*) over so_far as months_so_far
    from int_scope_months as sums
    inner join ref_months as calendar on sums.month_no = calendar.month_no
    window
        so_far as (
            partition by sums.scope_key order by sums.month_no rows between unbounded preceding and current row
        ),
        sales_window as (
            partition by sums.scope_key order by sums.month_no rows between $window_before preceding and current row
        )

),

points as (

    select
        scope_key,
        month_no as covered_until,
        sales_so_far as sales_level,
        0 as is_balance,
        cast(null as integer) as month_no,
        cast(null as varchar) as measure
    from months

    union all

    -- Before its first month a scope has sold nothing.
    select scope_key, min(month_no) - 1, 0, 0, null, null
    from months
    group by scope_key

    union all

    select scope_key, null, cast(sales_so_far - ar_end_base as decimal(18, 4)), 1, month_no, 'dso'
    from months
    where ar_end_base > 0

    union all

    select scope_key, null, cast(sales_so_far - current_end_base as decimal(18, 4)), 1, month_no, 'best_possible'
    from months
    where current_end_base > 0

),

located as (

    select
        scope_key,
        month_no,
        measure,
        sales_level,
        is_balance,
        max(covered_until) over (
            partition by scope_key
            order by sales_level, is_balance
            rows between unbounded preceding and current row
        ) as last_uncovered
    from points

),

counted_back as (

    select
        located.scope_key,
        located.month_no,
        located.measure,
        case
            when located.last_uncovered is null then months.days_so_far
            else months.days_so_far - partly.days_so_far
                + partly.days * cast(partly.sales_so_far - located.sales_level as double)
                / cast(partly.net_sales_base as double)
        end as days
    from located
    inner join months
        on located.scope_key = months.scope_key
        and located.month_no = months.month_no
    left join months as partly
        on located.scope_key = partly.scope_key
        and located.last_uncovered + 1 = partly.month_no
    where located.is_balance = 1

),

pivoted as (

    select
        scope_key,
        month_no,
        max(case when measure = 'dso' then days end) as dso_days,
        max(case when measure = 'best_possible' then days end) as best_possible_days
    from counted_back
    group by scope_key, month_no

),

judged as (

    select
        months.*,
        coalesce(pivoted.dso_days, 0) as dso_days,
        coalesce(pivoted.best_possible_days, 0) as best_possible_days,
        case
            when months.is_from_open_items then 'open_items_only'
            when months.ar_end_base <= 0 then null
            when months.months_so_far <= $window_before then 'history_too_short'
            when months.window_sales <= 0 then 'no_sales_in_window'
        end as not_computable_reason
    from months
    left join pivoted
        on months.scope_key = pivoted.scope_key
        and months.month_no = pivoted.month_no

),

final as (

    select
        scope_key,
        month_no,
        ar_end_base,
        current_end_base,
        overdue_end_base,
        opening_base,
        case when not is_from_open_items then net_sales_base end as sales_base,
        case when not is_from_open_items then window_sales end as window_sales_base,
        window_days,
        case
            when is_from_open_items then null
            when ar_end_base <= 0 then 0
            when not_computable_reason is null
                then cast(ar_end_base as double) / cast(window_sales as double) * window_days
        end as dso_simple,
        case when not is_from_open_items then dso_days end as dso_countback,
        not is_from_open_items and ar_end_base > sales_so_far as is_lower_bound,
        case when not is_from_open_items then best_possible_days end as dso_best_possible,
        case when not is_from_open_items then dso_days - best_possible_days end as add_days,
        case
            when not is_from_open_items and opening_base + net_sales_base - current_end_base > 0
                then cast(opening_base + net_sales_base - ar_end_base as double)
                    / cast(opening_base + net_sales_base - current_end_base as double) * 100
        end as cei,
        case
            when current_end_base + overdue_end_base > 0
                then cast(overdue_end_base as double) / cast(current_end_base + overdue_end_base as double)
        end as overdue_ratio,
        not_computable_reason
    from judged

)

select * from final
