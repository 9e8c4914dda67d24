"""The totals that an export states of itself, beside the sums of its rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_figures import AMOUNTS, amount_text
from pipelines.importing.imports_report import STATED_AGREE, STATED_DIFFER
from pipelines.literals import literal, parquet
from pipelines.reading.readers_layout import GRAND_TOTAL
from pipelines.reading.readers_raw import SHEET_LINES


def control_totals(
    con: duckdb.DuckDBPyConnection,
    rows: Path,
    amount: str,
    currencies: Sequence[str],
    column: str = "stated",
    *,
    is_grouped: bool = False,
) -> dict[tuple[int, str], Decimal]:
    """Each sheet's own total, by its place among those read: its grand total, else one that can be of all its rows.

    `amount` is the column of `rows` that the totals add up, `column` what they state of it: stated, or stated_open. Of
    rows in several `currencies` ('' where rows name none) a total that names one of them is of that one alone; the
    currency is empty of any other total.
    """
    stated = con.execute(
        f"""select b.line_no, b.{column},
                len(list_filter(b.cells, lambda x: regexp_full_match(lower(trim(x)), '{GRAND_TOTAL}'))) > 0,
                b.currency, b.cells
            from bad b join rejected r on r.line_no = b.line_no
            where json_extract_string(r.reason, '$.code') = 'total_row' and b.{column} is not null
            order by b.line_no"""
    ).fetchall()
    known = [each for each in currencies if each] if len(currencies) > 1 else []
    own: dict[tuple[int, str], list[_Stated]] = {}
    for line, total, is_grand, currency, cells in stated:
        named = [each for each in known if each == currency] or _named_in(cells, known)
        place = (line // SHEET_LINES, named[0] if len(named) == 1 else "")
        own.setdefault(place, []).append(_Stated(line, Decimal(total), is_grand))
    found = {place: _total_of(con, rows, amount, place, each, is_grouped=is_grouped) for place, each in own.items()}
    return {place: total for place, total in found.items() if total is not None}


@dataclass(frozen=True)
class _Stated:
    """A total as a sheet states it: the line it stands on, and whether it goes by a word for one of all rows."""

    line: int
    amount: Decimal
    is_grand: bool


def _total_of(
    con: duckdb.DuckDBPyConnection,
    rows: Path,
    amount: str,
    place: tuple[int, str],
    stated: Sequence[_Stated],
    *,
    is_grouped: bool,
) -> Decimal | None:
    """The total that a sheet states of all its rows; None where all it states are totals of parts."""
    whole = sum((each.amount for each in stated if each.is_grand), Decimal(0))
    grand = [each for each in stated if each.is_grand]
    ends = [each.line for each in grand or stated]
    parts = _between(con, rows, amount, place, ends)
    all_rows, below = sum(parts, Decimal(0)), parts[-1]
    if not grand:  # of a month or a customer, unless all rows stand on one side of the only one, or the last adds up
        last = stated[-1].amount
        is_of_all = len(stated) == 1 and 0 in (_count(con, rows, place, ends[0], side) for side in "<>")
        return last if is_of_all or (last == all_rows and not below) else None
    # One word may stand for the total of each customer or month and for that of all.
    last = grand[-1].amount
    if len(grand) == 1 or last in (all_rows, whole - last):
        return last
    are_parts = all(each.amount == part for each, part in zip(grand[:-1], parts, strict=False))
    return whole if is_grouped or are_parts else last


def _where(place: tuple[int, str]) -> str:
    """SQL for the rows of a sheet, or for those of them in one currency."""
    sheet, currency = place
    return f"line_no // {SHEET_LINES} = {sheet}" + (f" and currency = {literal(currency)}" if currency else "")


def _count(con: duckdb.DuckDBPyConnection, rows: Path, place: tuple[int, str], line: int, side: str) -> int:
    """How many accepted rows stand above (<) or below (>) a line."""
    query = f"select count(*) from {parquet(rows)} where {_where(place)} and line_no {side} {line}"
    (count,) = con.execute(query).fetchone() or (0,)
    return int(count)


def _between(
    con: duckdb.DuckDBPyConnection, rows: Path, amount: str, place: tuple[int, str], lines: Sequence[int]
) -> list[Decimal]:
    """The sums of the accepted rows above the first of the lines, between them, and below the last."""
    part = f"list_count(list_filter({list(lines)}::bigint[], lambda x: x < line_no))"
    sums = dict(
        con.execute(f"select {part}, sum({amount}) from {parquet(rows)} where {_where(place)} group by all").fetchall()
    )
    return [sums.get(each) or Decimal(0) for each in range(len(lines) + 1)]


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
    found = control_totals(con, rows, AMOUNTS[kind], currencies, is_grouped=is_grouped)
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
    money = next((n for n in ("amount", "open_amount") if n in {c.name for c in KINDS[kind]}), None)
    found = control_totals(con, rows, money, currencies) if money else {}
    if not found:
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
    total = control_totals(con, rows, "open_amount", currencies, "stated_open").get((0, ""))
    if total is None:
        return []
    (own,) = con.execute(f"select coalesce(sum(open_amount), 0) from {parquet(rows)}").fetchone() or (0,)
    code = "open_total_agrees" if own == total else "open_total_differs"
    return [{"code": code, "cents_total": float(total), "cents_rows": float(own)}]
