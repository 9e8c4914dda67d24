"""The bridge between two builds at one day: what explains the difference of the balance, row by row and to the cent."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.reporting.bridge_moves import ITEM, make_moves
from pipelines.reporting.queries import Scope

# In the order of a waterfall. late_postings: documents dated within what the earlier build knew, but imported later.
PARTS = (
    "new_invoices",
    "late_postings",
    "cash",
    "credits",
    "corrected",
    "retracted",
    "exchange",
    "matching",
    "rounding",
)
MEASURES = ("outstanding", "overdue")
ROWS_SHOWN = 1000
EVERYTHING = Scope()


@dataclass(frozen=True)
class Bridge:
    """Two builds at one day, base currency: totals by measure, and what lies between them.

    parts: part, rows, outstanding_base, overdue_base as Decimal, in the order of PARTS. rows: part, entity_id,
    customer_id, customer_name, invoice_id, receipt_id, outstanding_base, overdue_base, the largest first of each part,
    ROWS_SHOWN at most.
    """

    day: dt.date
    before: dict[str, Decimal]
    after: dict[str, Decimal]
    parts: list[dict[str, Any]]
    rows: pd.DataFrame

    def unexplained(self, measure: str) -> Decimal:
        """What the parts do not explain: nothing, or the bridge is wrong."""
        moved = sum((part[f"{measure}_base"] for part in self.parts), Decimal(0))
        return self.after[measure] - self.before[measure] - moved


def bridge(before: Path, after: Path, day: dt.date | None = None, scope: Scope = EVERYTHING) -> Bridge:
    """What explains the difference between two builds of one warehouse at `day`, within a scope.

    `day`: by default the earlier of their as-of dates. Both are read as of it, each with what it knows. A document
    counts on both sides with the rep and the region that the later one knows.
    """
    with duckdb.connect() as con:
        on = make_moves(con, before, after, day)
        limit, values = scope.where()
        totals = [_totals(con, side, limit, values) for side in ("before", "after")]
        found = con.execute(
            f"select part, count(*), sum(outstanding_base), sum(overdue_base) from moves where {limit} group by part",
            values,
        ).fetchall()
        parts = [
            {"part": part, "rows": rows, "outstanding_base": Decimal(outstanding), "overdue_base": Decimal(overdue)}
            for part, rows, outstanding, overdue in sorted(found, key=lambda each: PARTS.index(each[0]))
        ]
        return Bridge(on, totals[0], totals[1], parts, _rows(con, scope, top=ROWS_SHOWN))


def bridge_rows(
    before: Path, after: Path, part: str, day: dt.date | None = None, scope: Scope = EVERYTHING
) -> pd.DataFrame:
    """Every row of one part of the bridge, the largest first, as `Bridge.rows` has the first of them."""
    with duckdb.connect() as con:
        make_moves(con, before, after, day)
        return _rows(con, scope, part)


_SIZE = "greatest(abs(moves.outstanding_base), abs(moves.overdue_base))"


def _rows(
    con: duckdb.DuckDBPyConnection, scope: Scope, part: str | None = None, top: int | None = None
) -> pd.DataFrame:
    """The rows of `moves` part by part, or of one of them, the largest first: the `top` of each part, or all."""
    limit, values = scope.where("moves")
    return con.execute(
        f"""
        select moves.part, moves.entity_id, moves.customer_id, customers.customer_name, moves.invoice_id,
            moves.receipt_id, moves.outstanding_base, moves.overdue_base
        from moves
        left join dim_customers as customers using (entity_id, customer_id)
        where {limit} and moves.part = coalesce(?, moves.part)
        qualify coalesce(row_number() over (
            partition by moves.part order by {_SIZE} desc, moves.invoice_id, moves.receipt_id
        ) <= ?, true)
        order by moves.part, {_SIZE} desc, moves.invoice_id, moves.receipt_id
        """,
        [*values, part, top],
    ).df()


def _totals(con: duckdb.DuckDBPyConnection, side: str, limit: str, values: list[object]) -> dict[str, Decimal]:
    """Outstanding and overdue of one side, from its own items."""
    ((outstanding, overdue),) = con.execute(
        f"""
        select coalesce(sum(open_base), 0), coalesce(sum(open_base * is_overdue), 0)
        from (
            select entity_id, docs.rep, docs.region, is_overdue,
                cast(sides.amount_base - sides.paid_base - sides.residue_base as decimal(38, 4)) as open_base
            from open_{side} as sides
            inner join docs using ({ITEM})
            union all
            select sides.entity_id, free.rep, free.region, 0,
                cast(sides.amount_base - sides.residue_base as decimal(38, 4))
            from free_{side} as sides
            inner join free using (unit)
        )
        where {limit}
        """,
        values,
    ).fetchall()
    return {"outstanding": Decimal(outstanding), "overdue": Decimal(overdue)}
