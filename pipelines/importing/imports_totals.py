"""The totals that an export states of itself, beside the sums of its rows."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_rejects import literal
from pipelines.reading.readers_layout import GRAND_TOTAL
from pipelines.reading.readers_raw import SHEET_LINES


def control_totals(con: duckdb.DuckDBPyConnection, column: str = "stated") -> dict[int, Decimal]:
    """Each sheet's own total, by its place among those read: its grand total, else its only total with an amount.

    `column` is stated, or stated_open for what is open.
    """
    rows = con.execute(
        f"""select b.line_no // {SHEET_LINES}, b.{column},
                len(list_filter(b.cells, lambda x: regexp_full_match(lower(trim(x)), '{GRAND_TOTAL}'))) > 0
            from bad b join rejected r on r.line_no = b.line_no
            where json_extract_string(r.reason, '$.code') = 'total_row' and b.{column} is not null
            order by b.line_no"""
    ).fetchall()
    totals: dict[int, Decimal] = {}
    for sheet in {sheet for sheet, *_ in rows}:
        own = [(amount, is_grand) for each, amount, is_grand in rows if each == sheet]
        if grand := [amount for amount, is_grand in own if is_grand]:
            totals[sheet] = Decimal(grand[-1])
        elif len(own) == 1:
            totals[sheet] = Decimal(own[0][0])
    return totals


def sheet_totals(
    con: duckdb.DuckDBPyConnection, rows: Path, kind: str, sheets: Sequence[str]
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """The total over all sheets where each states one, and notes on those that state none or another than their own."""
    stated = control_totals(con)
    money = next((n for n in ("amount", "open_amount") if n in {c.name for c in KINDS[kind]}), None)
    if not stated or money is None:
        return None, []
    accepted = dict(
        con.execute(
            f"select line_no // {SHEET_LINES}, sum({money}) from read_parquet({literal(str(rows))}) group by all"
        ).fetchall()
    )
    notes: list[dict[str, Any]] = [
        {"code": "sheet_total_differs", "sheet": sheets[place], "cents_total": float(total), "cents_rows": float(own)}
        for place, total in sorted(stated.items())
        if (own := Decimal(accepted.get(place) or 0)) != total
    ]
    if lacking := [name for place, name in enumerate(sheets) if place not in stated]:
        return None, [{"code": "sheets_without_total", "sheets": lacking}, *notes]
    return sum(stated.values(), Decimal(0)), notes


def open_total(con: duckdb.DuckDBPyConnection, rows: Path) -> list[dict[str, Any]]:
    """A note on the total of what is open, where the file states one and none of the amounts."""
    total = control_totals(con, "stated_open").get(0)
    if total is None:
        return []
    (own,) = con.execute(
        f"select coalesce(sum(open_amount), 0) from read_parquet({literal(str(rows))})"
    ).fetchone() or (0,)
    code = "open_total_agrees" if own == total else "open_total_differs"
    return [{"code": code, "cents_total": float(total), "cents_rows": float(own)}]
