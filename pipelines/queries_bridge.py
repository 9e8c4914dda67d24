"""The bridge between two builds at one day: what explains the difference of the balance, row by row and to the cent."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.bridge_moves import make_moves

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


@dataclass(frozen=True)
class Bridge:
    """Two builds at one day, base currency: totals by measure, and what lies between them.

    parts: part, rows, outstanding_base, overdue_base as Decimal, in the order of PARTS. rows: part, entity_id,
    customer_id, customer_name, invoice_id, receipt_id, outstanding_base, overdue_base, the largest first of each part,
    ROWS_SHOWN at most. entities: the legal entities that either build knows.
    """

    day: dt.date
    before: dict[str, Decimal]
    after: dict[str, Decimal]
    parts: list[dict[str, Any]]
    rows: pd.DataFrame
    entities: tuple[str, ...] = ()

    def unexplained(self, measure: str) -> Decimal:
        """What the parts do not explain: nothing, or the bridge is wrong."""
        moved = sum((part[f"{measure}_base"] for part in self.parts), Decimal(0))
        return self.after[measure] - self.before[measure] - moved


def bridge(before: Path, after: Path, day: dt.date | None = None, entities: Sequence[str] = ()) -> Bridge:
    """What explains the difference between two builds of one warehouse at `day`, for all or some legal entities.

    `day`: by default the earlier of their as-of dates. Both are read as of it, each with what it knows.
    """
    with duckdb.connect() as con:
        on = make_moves(con, before, after, day)
        known = [entity for (entity,) in con.execute(_ENTITIES).fetchall()]
        limit, values = _limit(entities)
        totals = [_totals(con, side, limit, values) for side in ("before", "after")]
        found = con.execute(
            f"select part, count(*), sum(outstanding_base), sum(overdue_base) from moves where {limit} group by part",
            values,
        ).fetchall()
        parts = [
            {"part": part, "rows": rows, "outstanding_base": Decimal(outstanding), "overdue_base": Decimal(overdue)}
            for part, rows, outstanding, overdue in sorted(found, key=lambda each: PARTS.index(each[0]))
        ]
        return Bridge(on, totals[0], totals[1], parts, _rows(con, limit, values, ROWS_SHOWN), tuple(known))


def bridge_rows(
    before: Path, after: Path, part: str, day: dt.date | None = None, entities: Sequence[str] = ()
) -> pd.DataFrame:
    """Every row of one part of the bridge, the largest first, as `Bridge.rows` has the first of them."""
    with duckdb.connect() as con:
        make_moves(con, before, after, day)
        limit, values = _limit(entities)
        return _rows(con, f"{limit} and part = ?", [*values, part])


_ENTITIES = "select entity_id from open_before union select entity_id from open_after order by entity_id"
_SIZE = "greatest(abs(moves.outstanding_base), abs(moves.overdue_base))"


def _limit(entities: Sequence[str]) -> tuple[str, list[str]]:
    """The condition that keeps the rows of these entities, of all where none is named."""
    return (f"entity_id in ({', '.join('?' * len(entities))})" if entities else "true"), list(entities)


def _rows(con: duckdb.DuckDBPyConnection, limit: str, values: list[str], top: int | None = None) -> pd.DataFrame:
    """The rows of `moves` part by part, the largest first: the `top` of each part, or all."""
    return con.execute(
        f"""
        select moves.part, moves.entity_id, moves.customer_id, customers.customer_name, moves.invoice_id,
            moves.receipt_id, moves.outstanding_base, moves.overdue_base
        from moves
        left join dim_customers as customers using (entity_id, customer_id)
        where {limit}
        qualify coalesce(row_number() over (
            partition by moves.part order by {_SIZE} desc, moves.invoice_id, moves.receipt_id
        ) <= ?, true)
        order by moves.part, {_SIZE} desc, moves.invoice_id, moves.receipt_id
        """,
        [*values, top],
    ).df()


def _totals(con: duckdb.DuckDBPyConnection, side: str, limit: str, values: list[str]) -> dict[str, Decimal]:
    """Outstanding and overdue of one side, from its own items."""
    ((outstanding, overdue),) = con.execute(
        f"""
        select coalesce(sum(open_base), 0), coalesce(sum(open_base * is_overdue), 0)
        from (
            select entity_id, cast(amount_base - paid_base - residue_base as decimal(38, 4)) as open_base, is_overdue
            from open_{side}
            union all
            select entity_id, cast(amount_base - residue_base as decimal(38, 4)), 0 from free_{side}
        )
        where {limit}
        """,
        values,
    ).fetchall()
    return {"outstanding": Decimal(outstanding), "overdue": Decimal(overdue)}
