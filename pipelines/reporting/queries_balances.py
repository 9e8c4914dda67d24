"""What is open at the as-of date: the headline figures, the balances behind them, and what is likely paid late."""

import datetime as dt
from typing import Any

from pipelines.reporting.queries import Connection, Scope, _number, _row
from pipelines.reporting.queries_dso import dso_trend

MOST_OVERDUE = "overdue_base desc, open_base desc, entity_id, customer_id"  # as in fct_overdue_ranking


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


def known_from(con: Connection, scope: Scope) -> dt.date | None:
    """The day from which balances in a scope are whole, None where ledgers tell of every day.

    A list of open items names nothing that was paid before it: a balance of an earlier day, taken from it, would lack
    that, and seem to have grown since. Of several sources it is the day on which the last one's lists begin.
    """
    condition, values = scope.where()
    first: dt.date | None = _row(
        con,
        f"""
        select case
            when exists (select 1 from fct_receivables_desks where is_from_open_items and {condition})
                then (select max(known_from) from int_open_items_only)
        end as day
        """,
        values,
    )["day"]
    return first


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
