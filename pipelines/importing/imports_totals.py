"""The totals that an export states of itself, beside the sums of its rows."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_figures import AMOUNTS
from pipelines.importing.imports_report import STATED_AGREE, STATED_DIFFER
from pipelines.literals import parquet
from pipelines.reading.readers_layout import GRAND_TOTAL
from pipelines.reading.readers_raw import SHEET_LINES


def control_totals(
    con: duckdb.DuckDBPyConnection, currencies: Sequence[str] | None, column: str = "stated"
) -> dict[tuple[int, str], Decimal]:
    """Each sheet's own total, by its place among those read: its grand total, else its only total with an amount.

    `column` is stated, or stated_open for what is open. Of rows in several `currencies` a total that names one of them
    is of that one alone; the currency is empty of any other total.
    """
    rows = con.execute(
        f"""select b.line_no // {SHEET_LINES}, b.{column},
                len(list_filter(b.cells, lambda x: regexp_full_match(lower(trim(x)), '{GRAND_TOTAL}'))) > 0,
                b.currency, b.cells
            from bad b join rejected r on r.line_no = b.line_no
            where json_extract_string(r.reason, '$.code') = 'total_row' and b.{column} is not null
            order by b.line_no"""
    ).fetchall()
    known = currencies if currencies and len(currencies) > 1 else ()
    own: dict[tuple[int, str], list[tuple[Decimal, bool]]] = {}
    for sheet, amount, is_grand, currency, cells in rows:
        named = [each for each in known if each == currency] or _named_in(cells, known)
        own.setdefault((sheet, named[0] if len(named) == 1 else ""), []).append((Decimal(amount), is_grand))
    totals: dict[tuple[int, str], Decimal] = {}
    for place, stated in own.items():
        if grand := [amount for amount, is_grand in stated if is_grand]:
            totals[place] = grand[-1]
        elif len(stated) == 1:
            totals[place] = stated[0][0]
    return totals


def _named_in(cells: Sequence[str], currencies: Sequence[str]) -> list[str]:
    """The currencies that the cells of a row name in words such as `Total USD`."""
    words = set(re.findall(r"(?<![A-Z])[A-Z]{3}(?![A-Z])", " ".join(cells).upper()))
    return [each for each in currencies if each in words]


def whole_total(
    con: duckdb.DuckDBPyConnection, rows: Path, kind: str, currencies: Sequence[str] | None
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """The total that one sheet states, and a note on those it states of single currencies beside the sums of its rows.

    Where it states one of each currency and none of all, the total is theirs added up, as that of its rows is.
    """
    found = control_totals(con, currencies)
    total = found.pop((0, ""), None)
    if not found:
        return total, []
    sums = dict(con.execute(f"select currency, sum({AMOUNTS[kind]}) from {parquet(rows)} group by all").fetchall())
    stated = {currency: amount for (_, currency), amount in found.items()}
    left = {currency: sums.get(currency, Decimal(0)) - amount for currency, amount in stated.items()}
    differ = {currency: amount for currency, amount in left.items() if amount}
    note = {"code": STATED_DIFFER if differ else STATED_AGREE, "totals": _listed(stated)}
    notes = [note | ({"differences": _listed(differ)} if differ else {})]
    return total if total is not None or stated.keys() != sums.keys() else sum(stated.values(), Decimal(0)), notes


def _listed(amounts: Mapping[str, Decimal]) -> list[str]:
    return [f"{currency} {amount:,.2f}" for currency, amount in amounts.items()]


def sheet_totals(
    con: duckdb.DuckDBPyConnection, rows: Path, kind: str, sheets: Sequence[str], currencies: Sequence[str] | None
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """The total over all sheets where each states one, and notes on those that state none or another than their own."""
    stated = {sheet: amount for (sheet, currency), amount in control_totals(con, currencies).items() if not currency}
    money = next((n for n in ("amount", "open_amount") if n in {c.name for c in KINDS[kind]}), None)
    if not stated or money is None:
        return None, []
    accepted = dict(
        con.execute(f"select line_no // {SHEET_LINES}, sum({money}) from {parquet(rows)} group by all").fetchall()
    )
    notes: list[dict[str, Any]] = [
        {"code": "sheet_total_differs", "sheet": sheets[place], "cents_total": float(total), "cents_rows": float(own)}
        for place, total in sorted(stated.items())
        if (own := Decimal(accepted.get(place) or 0)) != total
    ]
    if lacking := [name for place, name in enumerate(sheets) if place not in stated]:
        return None, [{"code": "sheets_without_total", "sheets": lacking}, *notes]
    return sum(stated.values(), Decimal(0)), notes


def open_total(con: duckdb.DuckDBPyConnection, rows: Path, currencies: Sequence[str] | None) -> list[dict[str, Any]]:
    """A note on the total of what is open, where the file states one and none of the amounts."""
    total = control_totals(con, currencies, "stated_open").get((0, ""))
    if total is None:
        return []
    (own,) = con.execute(f"select coalesce(sum(open_amount), 0) from {parquet(rows)}").fetchone() or (0,)
    code = "open_total_agrees" if own == total else "open_total_differs"
    return [{"code": code, "cents_total": float(total), "cents_rows": float(own)}]
