"""The months of a build: how receivables moved, and the DSO family at each month end."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row, _sql_of

DSO_COLUMNS = (
    "month_end, ar_end_base, sales_base, dso_simple, dso_countback, is_lower_bound, dso_best_possible, add_days, cei, "
    "overdue_ratio, not_computable_reason, opening_base, current_end_base, overdue_end_base, window_sales_base, "
    "window_days"
)


def dso_trend(con: Connection, scope: Scope) -> pd.DataFrame:
    """The DSO family per month end for any scope: the statement of int_dso_months over the months of this scope."""
    limits = scope.limits()
    named = {f"{column}_{place}": value for column, some in limits.items() for place, value in enumerate(some)}
    condition = (
        " and ".join(
            f"{column} in ({', '.join(f'${column}_{place}' for place in range(len(some)))})"
            for column, some in limits.items()
        )
        or "true"
    )
    sql = f"""
        with sums as (
            select
                month_no,
                sum(opening_base) as opening_base,
                sum(sales_base - credited_base) as net_sales_base,
                sum(ar_end_base) as ar_end_base,
                sum(current_end_base) as current_end_base,
                sum(overdue_end_base) as overdue_end_base,
                bool_or(is_from_open_items) as is_from_open_items
            from fct_receivables_desks
            where {condition}
            group by month_no
        ),
        int_scope_months as (
            select
                1 as scope_key,
                ref_months.month_no,
                (select bool_or(is_from_open_items) from sums) as is_from_open_items,
                cast(coalesce(sums.opening_base, 0) as decimal(18, 4)) as opening_base,
                cast(coalesce(sums.net_sales_base, 0) as decimal(18, 4)) as net_sales_base,
                cast(coalesce(sums.ar_end_base, 0) as decimal(18, 4)) as ar_end_base,
                cast(coalesce(sums.current_end_base, 0) as decimal(18, 4)) as current_end_base,
                cast(coalesce(sums.overdue_end_base, 0) as decimal(18, 4)) as overdue_end_base
            from ref_months
            left join sums using (month_no)
            where ref_months.month_no >= (select min(month_no) from sums)
        )
        select {DSO_COLUMNS}
        from ({_sql_of("views/int_dso_months")})
        inner join ref_months using (month_no)
        order by month_end
    """
    window = _row(con, "select cast(settings->>'dso_window_months' as integer) - 1 as before from build_info")["before"]
    return _frame(con, sql, {**named, "window_before": window})


def receivables_trend(con: Connection, scope: Scope) -> pd.DataFrame:
    """Opening, sales, collected, credited, written off and closing receivables per month end, in base currency."""
    condition, values = scope.where()
    measures = (
        "opening_base", "sales_base", "collected_base", "credited_base", "written_off_base", "ar_end_base",
        "overdue_end_base", "current_end_base", "unapplied_end_base",
    )  # fmt: skip
    sums = ", ".join(f"sum({name}) as {name}" for name in measures)
    return _frame(
        con,
        f"""
        select month_end, {sums}
        from fct_receivables_desks
        where {condition}
        group by month_end
        order by month_end
        """,
        values,
    )
