"""The totals that an export states of itself, beside the sums of its rows."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_figures import AMOUNTS, amount_text
from pipelines.importing.imports_report import STATED_AGREE, STATED_DIFFER
from pipelines.literals import parquet
from pipelines.reading.readers_layout import GRAND_TOTAL
from pipelines.reading.readers_raw import SHEET_LINES


def control_totals(
    con: duckdb.DuckDBPyConnection, currencies: Sequence[str], column: str = "stated", *, is_grouped: bool = False
) -> dict[tuple[int, str], Decimal]:
    """Each sheet's own total, by its place among those read: its grand total, else its only total with an amount.

    `column` is stated, or stated_open for what is open. Of rows in several `currencies` ('' where rows name none) a
    total that names one of them is of that one alone; the currency is empty of any other total.
    """
    rows = con.execute(
        f"""select b.line_no // {SHEET_LINES}, b.{column},
                len(list_filter(b.cells, lambda x: regexp_full_match(lower(trim(x)), '{GRAND_TOTAL}'))) > 0,
                b.currency, b.cells
            from bad b join rejected r on r.line_no = b.line_no
            where json_extract_string(r.reason, '$.code') = 'total_row' and b.{column} is not null
            order by b.line_no"""
    ).fetchall()
    known = [each for each in currencies if each] if len(currencies) > 1 else []
    own: dict[tuple[int, str], list[tuple[Decimal, bool]]] = {}
    for sheet, amount, is_grand, currency, cells in rows:
        named = [each for each in known if each == currency] or _named_in(cells, known)
        own.setdefault((sheet, named[0] if len(named) == 1 else ""), []).append((Decimal(amount), is_grand))
    totals: dict[tuple[int, str], Decimal] = {}
    for place, stated in own.items():
        if grand := [amount for amount, is_grand in stated if is_grand]:
            # Where customers stand above their documents, a total of each may go by the same word as one of all.
            of_each = is_grouped and len(grand) > 1 and grand[-1] != sum(grand[:-1], Decimal(0))
            totals[place] = sum(grand, Decimal(0)) if of_each else grand[-1]
        elif len(stated) == 1:
            totals[place] = stated[0][0]
    return totals


def _named_in(cells: Sequence[str], currencies: Sequence[str]) -> list[str]:
    """The currencies that the cells of a row name in words such as `Total USD`."""
    words = set(re.findall(r"(?<![A-Z])[A-Z]{3}(?![A-Z])", " ".join(cells).upper()))
    return [each for each in currencies if each in words]


def whole_total(
    con: duckdb.DuckDBPyConnection, rows: Path, kind: str, currencies: Sequence[str], *, is_grouped: bool
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """The total that one sheet states, and a note on those it states of single currencies beside the sums of its rows.

    Where it states one of each currency and none of all, the total is theirs added up, as that of its rows is.
    """
    found = control_totals(con, currencies, is_grouped=is_grouped)
    total = found.pop((0, ""), None)
    if not found:
        return total, []
    sums = dict(con.execute(f"select currency, sum({AMOUNTS[kind]}) from {parquet(rows)} group by all").fetchall())
    stated = {currency: amount for (_, currency), amount in found.items()}
    whole = total if total is not None or stated.keys() != sums.keys() else sum(stated.values(), Decimal(0))
    return whole, [_by_currency(stated, sums)]


def _by_currency(stated: Mapping[str, Decimal], sums: Mapping[str, Decimal]) -> dict[str, Any]:
    """The note on totals of single currencies beside the sums of their rows."""
    left = {currency: sums.get(currency, Decimal(0)) - amount for currency, amount in stated.items()}
    differ = {currency: amount for currency, amount in left.items() if amount}
    note = {"code": STATED_DIFFER if differ else STATED_AGREE, "totals": _listed(stated)}
    return note | ({"differences": _listed(differ)} if differ else {})


def _listed(amounts: Mapping[str, Decimal]) -> list[str]:
    return [amount_text(currency, amount) for currency, amount in amounts.items()]


def sheet_totals(
    con: duckdb.DuckDBPyConnection, rows: Path, kind: str, sheets: Sequence[str], currencies: Sequence[str]
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """The total over all sheets where each states its own, and notes on what they state.

    The total of a single currency is that of all sheets with rows in it, where each of them states one. What a sheet
    states of each of its currencies and not of all is added up, as its rows are.
    """
    found = control_totals(con, currencies)
    money = next((n for n in ("amount", "open_amount") if n in {c.name for c in KINDS[kind]}), None)
    if not found or money is None:
        return None, []
    own: dict[int, dict[str, Decimal]] = {}
    for place, currency, amount in con.execute(
        f"select line_no // {SHEET_LINES}, coalesce(currency, ''), sum({money}) from {parquet(rows)} group by all"
    ).fetchall():
        own.setdefault(place, {})[currency] = amount
    stated: dict[int, dict[str, Decimal]] = {}
    for (place, currency), total in found.items():
        only = list(own.get(place, ()))
        # In a list of several currencies, the total of a sheet that is all in one of them is of that one.
        is_of_only = not currency and len(only) == 1 and len(currencies) > 1
        stated.setdefault(place, {})[only[0] if is_of_only else currency] = total
    notes = [
        note
        for place, totals in sorted(stated.items())
        for currency, total in totals.items()
        if (note := _sheet_off(sheets[place], currency, total, own.get(place, {})))
    ]
    if each := _of_each_currency(stated, own):
        notes.insert(0, _by_currency(each, _added(own)))
    wholes = {
        place: totals.get("", sum(totals.values(), Decimal(0)))
        for place, totals in stated.items()
        if "" in totals or own.get(place, {}).keys() <= totals.keys()
    }
    if lacking := [name for place, name in enumerate(sheets) if place not in wholes]:
        return None, [{"code": "sheets_without_total", "sheets": lacking}, *notes]
    return sum(wholes.values(), Decimal(0)), notes


def _sheet_off(sheet: str, currency: str, total: Decimal, own: Mapping[str, Decimal]) -> dict[str, Any] | None:
    """The note on a total of a sheet that its rows, or those in its currency, do not add up to."""
    rows = own.get(currency, Decimal(0)) if currency else sum(own.values(), Decimal(0))
    if rows == total:
        return None
    amounts = {"sheet": sheet, "cents_total": float(total), "cents_rows": float(rows)}
    return (
        {"code": "sheet_currency_differs", "currency": currency, **amounts}
        if currency
        else {"code": "sheet_total_differs", **amounts}
    )


def _of_each_currency(
    stated: Mapping[int, Mapping[str, Decimal]], own: Mapping[int, Mapping[str, Decimal]]
) -> dict[str, Decimal]:
    """The totals over all sheets of the currencies of which every sheet with rows in it states one."""
    named = sorted({currency for totals in stated.values() for currency in totals if currency})
    told = [c for c in named if all(c in stated.get(place, {}) for place, sums in own.items() if c in sums)]
    added = _added(stated)
    return {currency: added[currency] for currency in told}


def _added(amounts: Mapping[int, Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """The amounts of all sheets, currency by currency."""
    found: dict[str, Decimal] = {}
    for by_currency in amounts.values():
        for currency, amount in by_currency.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return found


def open_total(con: duckdb.DuckDBPyConnection, rows: Path, currencies: Sequence[str]) -> list[dict[str, Any]]:
    """A note on the total of what is open, where the file states one and none of the amounts."""
    total = control_totals(con, currencies, "stated_open").get((0, ""))
    if total is None:
        return []
    (own,) = con.execute(f"select coalesce(sum(open_amount), 0) from {parquet(rows)}").fetchone() or (0,)
    code = "open_total_agrees" if own == total else "open_total_differs"
    return [{"code": code, "cents_total": float(total), "cents_rows": float(own)}]
