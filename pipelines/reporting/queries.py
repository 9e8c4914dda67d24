"""The only way to read a build: one typed function per figure or table on a page, each limited to a Scope."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.building import builds, tables
from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Build:
    """The published build a reader looks at."""

    build_id: str
    path: Path
    as_of: dt.date
    known_at: str
    model_id: str
    base_currency: str
    dso_window_months: int
    based_on: str  # the build it went on from; empty for a whole one


@dataclass(frozen=True)
class Scope:
    """What a reader may see or has chosen to see; an empty tuple is no limit."""

    entities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()

    def limits(self) -> dict[str, tuple[str, ...]]:
        """The columns this scope limits, with the values it allows."""
        named = {"entity_id": self.entities, "region": self.regions, "rep": self.reps}
        return {column: values for column, values in named.items() if values}

    def where(self, alias: str = "") -> tuple[str, list[object]]:
        """An SQL condition with its positional parameters; `true` where nothing is limited."""
        prefix = f"{alias}." if alias else ""
        limits = self.limits()
        clauses = [f"{prefix}{column} in ({', '.join('?' * len(values))})" for column, values in limits.items()]
        return " and ".join(clauses) or "true", [value for values in limits.values() for value in values]


def published(settings: Settings) -> Build | None:
    """The published build, or None before the first one. Raises PublishedBuildMissing and PublishedBuildDamaged."""
    path = builds.current(settings)
    if path is None:
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            found = con.execute("select * from build_info").fetch_df().to_dict("records")[0]
    except (duckdb.Error, IndexError):
        raise builds.PublishedBuildDamaged(path.stem) from None
    chosen = json.loads(found["settings"])
    return Build(
        found["build_id"],
        path,
        found["as_of"].date(),
        found["known_at"],
        found["model_id"],
        chosen["base_currency"],
        chosen["dso_window_months"],
        # Builds made before one could go on from another do not say.
        found.get("based_on", ""),
    )


def open_build(build: Build, *, files: bool = False) -> Connection:
    """A read-only connection to a build; without `files` it can reach no file and no network besides it."""
    con = duckdb.connect(str(build.path), read_only=True)
    try:
        if not files:
            con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    except duckdb.InvalidInputException:
        # One database serves all connections of a process to the same file: another one has locked it already.
        if con.execute("select current_setting('enable_external_access')").fetchone() != (files,):
            con.close()
            raise
    return con


def _frame(con: Connection, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> pd.DataFrame:
    return con.cursor().execute(sql, parameters).df()


def _row(con: Connection, sql: str, parameters: Sequence[object] = ()) -> dict[str, Any]:
    """The one row of a query by column name; money stays Decimal."""
    cursor = con.cursor().execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def kpis(con: Connection, scope: Scope) -> dict[str, Any]:
    """Headline figures at the as-of date, and the DSO family of the last month end (`*_previous`: the one before).

    outstanding = not_due + overdue - unapplied, all Decimal in base currency; ratios are shares of 1, DSO in days. A
    figure that cannot be computed is None and `dso_reason` says why.
    """
    figures = balances(con, scope)
    figures["p_late_weighted"] = likely_late(con, scope)["p_late_weighted"]
    trend = dso_trend(con, scope).tail(2).to_dict("records")
    last: dict[Any, Any] = trend[-1] if trend else {}
    before: dict[Any, Any] = trend[-2] if len(trend) > 1 else {}
    for name in ("dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei"):
        figures[name] = _number(last.get(name))
        figures[f"{name}_previous"] = _number(before.get(name))
    figures["dso_month_end"] = last.get("month_end")
    figures["dso_is_lower_bound"] = bool(last.get("is_lower_bound", False))
    reason = last.get("not_computable_reason") if last else "no_complete_month"
    figures["dso_reason"] = reason if isinstance(reason, str) else None
    return figures


MOST_OVERDUE = "overdue_base desc, open_base desc, entity_id, customer_id"  # as in fct_overdue_ranking


def open_customers(scope: Scope) -> tuple[str, list[object]]:
    """The statement that lists the customers with open items in a scope, and its parameters.

    customer_key, overdue_base, open_base, has_overdue, and within a scope entity_id and customer_id, which settle the
    order of equal amounts. The build keeps them for the whole book, in that order.
    """
    condition, values = scope.where()
    if not values:
        return "select customer_key, overdue_base, open_base, has_overdue from fct_overdue_ranking", []
    statement = f"""
        select
            customer_key,
            any_value(entity_id) as entity_id,
            any_value(customer_id) as customer_id,
            cast(sum(overdue_base) as decimal(18, 4)) as overdue_base,
            cast(sum(open_base) as decimal(18, 4)) as open_base,
            bool_or(overdue_items > 0) as has_overdue
        from fct_account_balances
        where {condition}
        group by customer_key
    """
    return statement, values


def balances(con: Connection, scope: Scope) -> dict[str, Any]:
    """What is open at the as-of date: the balance figures of `kpis`, with their counts."""
    condition, values = scope.where()
    customers, limits = open_customers(scope)
    figures = _row(
        con,
        f"""
        with customers as ({customers})
        select
            (select as_of from build_info) as as_of,
            coalesce(sum(open_base), 0) as outstanding,
            coalesce(sum(not_due_base), 0) as not_due,
            coalesce(sum(overdue_base), 0) as overdue,
            coalesce(sum(unapplied_base), 0) as unapplied,
            coalesce(cast(sum(open_items) as bigint), 0) as open_items,
            coalesce(cast(sum(overdue_items) as bigint), 0) as overdue_items,
            coalesce(cast(sum(unapplied_items) as bigint), 0) as unapplied_items,
            (select count(*) from customers) as customers,
            (select count(*) filter (has_overdue) from customers) as overdue_customers,
            coalesce(sum(disputed_base), 0) as disputed,
            coalesce(cast(sum(disputed_items) as bigint), 0) as disputed_items
        from fct_account_balances
        where {condition}
        """,
        [*limits, *values],
    )
    invoiced = figures["not_due"] + figures["overdue"]
    figures["overdue_ratio"] = float(figures["overdue"] / invoiced) if invoiced > 0 else None
    return figures


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]


def likely_late(con: Connection, scope: Scope) -> dict[str, Any]:
    """Expected share of the open, not yet due money that is paid late: p_late_weighted = late_base / scored_base.

    unscored_items and unscored_base are not yet due too, but have no probability.
    """
    condition, values = scope.where()
    row = _row(
        con,
        f"""
        select
            sum(late_base) as late_base,
            coalesce(sum(scored_base), 0) as scored_base,
            coalesce(cast(sum(unscored_items) as bigint), 0) as unscored_items,
            coalesce(sum(unscored_base), 0) as unscored_base
        from fct_account_balances
        where {condition}
        """,
        values,
    )
    late, scored = _number(row["late_base"]), float(row["scored_base"])
    return {**row, "late_base": late, "p_late_weighted": None if late is None or not scored else late / scored}


def aging(con: Connection, scope: Scope) -> pd.DataFrame:
    """Open amount and items per bucket: bucket, bucket_order, open_base, items."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select bucket, bucket_order, sum(open_base) as open_base, sum(items) as items
        from fct_aging
        where {condition}
        group by bucket, bucket_order
        order by bucket_order
        """,
        values,
    )


def aging_heatmap(con: Connection, scope: Scope, top: int = 50) -> pd.DataFrame:
    """The customers with most overdue, then most open, by bucket: one row per customer and bucket with an amount."""
    condition, values = scope.where()
    customers, limits = open_customers(scope)
    ranking = (
        f"""
        select customer_key, row_number() over (order by {MOST_OVERDUE}) as place
        from (select * from ({customers}) order by {MOST_OVERDUE} limit ?)
        """
        if limits
        else "select customer_key, place from fct_overdue_ranking where place <= ?"
    )
    return _frame(
        con,
        f"""
        with ranked as materialized ({ranking}),
        cells as (
            select customer_key, bucket, bucket_order, sum(open_base) as open_base, sum(items) as items
            from fct_aging
            where customer_key in (select customer_key from ranked) and {condition}
            group by all
        )
        select customers.entity_id, customers.customer_id, customers.customer_name, cells.bucket, cells.bucket_order,
            cells.open_base, cells.items, ranked.place
        from cells
        inner join ranked using (customer_key)
        inner join dim_customers as customers using (customer_key)
        order by ranked.place, cells.bucket_order
        """,
        [*limits, top, *values],
    )


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


def _sql_of(name: str) -> str:
    return (tables.FOLDER / f"{name}.sql").read_text(encoding="utf-8")


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


def aging_trend(con: Connection, scope: Scope) -> pd.DataFrame:
    """Open amount per month end and bucket: month_end, bucket, bucket_order, open_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select month_end, bucket, bucket_order, sum(open_base) as open_base
        from fct_aging_desks
        where {condition}
        group by month_end, bucket, bucket_order
        order by month_end, bucket_order
        """,
        values,
    )


def reps(con: Connection, scope: Scope) -> pd.DataFrame:
    """Reps with someone to call: rep, customers, amount_due_base, overdue_base; most overdue first."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select rep, count(*) as customers, sum(amount_due_base) as amount_due_base, sum(overdue_base) as overdue_base
        from fct_call_list
        where {condition}
        group by rep
        order by overdue_base desc, rep
        """,
        values,
    )


def filter_values(con: Connection, scope: Scope) -> dict[str, list[str]]:
    """What a reader can filter by within the scope: entities, regions, reps, each sorted."""
    condition, values = scope.where()
    found = _row(
        con,
        f"""
        select
            list_sort(list(distinct entity_id)) as entities,
            list_sort(list(distinct region)) as regions,
            list_sort(list(distinct rep)) as reps
        from fct_aging
        where {condition}
        """,
        values,
    )
    return {name: found[name] or [] for name in ("entities", "regions", "reps")}


def call_list(con: Connection, scope: Scope, rep: str) -> pd.DataFrame:
    """One rep's ranked call list: the rows of fct_call_list."""
    condition, values = scope.where()
    return _frame(con, f"select * from fct_call_list where rep = ? and {condition} order by call_rank", [rep, *values])


def imports(con: Connection) -> pd.DataFrame:
    """The imports this build was made from, oldest first."""
    return _frame(con, "select * from imports order by imported_at, import_id")


def rejected_rows(con: Connection, import_id: str) -> pd.DataFrame:
    """The rows of one import that were set aside, in file order."""
    return _frame(con, "select * from rejected_rows where import_id = ? order by line_no", [import_id])
