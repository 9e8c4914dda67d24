"""Passports of the figures that are known by month end: the DSO family, and the overdue ratio of a month."""

from dataclasses import replace
from typing import Any, cast

import pandas as pd

from pipelines.reporting import queries_dso
from pipelines.reporting.passport_parts import as_of, countback, plain, rows_left_out, terms_of
from pipelines.reporting.passport_types import COUNT, DAYS, INDEX, MONEY, SHARE, At, Passport, Term
from pipelines.reporting.queries import Connection, Scope


def dso_simple(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """Balance, sales of the window and its days."""
    made, row = _of_month(con, scope, figure, at)
    return replace(made, terms=terms_of(row, ar_end_base=MONEY, window_sales_base=MONEY, window_days=COUNT))


def counted_back(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """The balance, or what of it is not due, walked back over the sales month by month."""
    made, row = _of_month(con, scope, figure, at)
    if not row or made.result.value is None:
        return made
    balance = "ar_end_base" if figure == "dso_countback" else "current_end_base"
    steps = countback(queries_dso.receivables_trend(con, scope), made.on, row[balance])
    days = [
        Term("days_of_month", each["days_counted"], DAYS, str(each["month_end"])) for each in steps.to_dict("records")
    ]
    return replace(made, steps=steps, terms=(Term(balance, plain(row[balance]), MONEY), *days))


def difference(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """DSO less its best possible value."""
    made, row = _of_month(con, scope, figure, at)
    return replace(made, terms=terms_of(row, dso_countback=DAYS, dso_best_possible=DAYS))


def cei(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """The balances at both ends of the month and its sales."""
    made, row = _of_month(con, scope, figure, at)
    shown = terms_of(row, opening_base=MONEY, sales_base=MONEY, ar_end_base=MONEY, current_end_base=MONEY)
    return replace(made, terms=shown, variants=())


def overdue_ratio(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """What was overdue and what was not at the month end asked for."""
    made, row = _of_month(con, scope, figure, at)
    value = plain(row.get(figure))
    shown = (
        Term("overdue", plain(row.get("overdue_end_base")), MONEY),
        Term("not_due", plain(row.get("current_end_base")), MONEY),
    )
    missing = "nothing_open" if value is None else None
    return replace(made, result=Term(figure, value, SHARE), terms=shown, variants=(), missing=missing)


def _month(con: Connection, scope: Scope, at: At) -> dict[str, Any]:
    """The row of the month asked for, else of the last one; empty where there is none."""
    rows = queries_dso.dso_trend(con, scope)
    rows = rows[rows["month_end"] == pd.Timestamp(at.month_end)] if at.month_end else rows.tail(1)
    return cast("dict[str, Any]", rows.iloc[0].to_dict()) if len(rows) else {}


def _of_month(con: Connection, scope: Scope, figure: str, at: At) -> tuple[Passport, dict[str, Any]]:
    """What the members of the family share, the value with its variants and why it is missing; and the month's row."""
    row = _month(con, scope, at)
    unit = INDEX if figure == "cei" else DAYS
    on = row["month_end"].date() if row else at.month_end or as_of(con)
    missing = plain(row.get("not_computable_reason")) if row else "no_complete_month"
    value = plain(row.get(figure))
    made = Passport(
        figure,
        on,
        Term(figure, value, unit),
        variants=terms_of(row, dso_simple=DAYS, dso_countback=DAYS, dso_best_possible=DAYS, add_days=DAYS),
        missing=(missing or "nothing_collectable") if value is None else None,
        is_lower_bound=bool(row.get("is_lower_bound")) and figure in ("dso_countback", "add_days"),
        left_out=rows_left_out(con, scope),
    )
    return made, row
