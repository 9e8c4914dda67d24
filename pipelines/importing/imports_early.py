"""Columns that are read as their type at once: chosen by the first rows, kept only where every row bears it out."""

import datetime as dt
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

from pipelines.canonical import KINDS, MONEY, Column
from pipelines.importing.imports_columns import ColumnPlan
from pipelines.reading import values_dates, values_numbers
from pipelines.reading.mapping import Mapping, SourceColumn
from pipelines.reading.readers_raw import Early

_PLAIN = re.compile(r"-?\d+(\.\d{1,2})?")
# How dates are written in figures → style of `strptime`, "" where the database reads them by itself.
_YEAR_FIRST = {
    r"\d{4}-\d\d-\d\d": "",
    r"\d{4}-\d{1,2}-\d{1,2}": "%Y-%m-%d",
    r"\d{4}/\d{1,2}/\d{1,2}": "%Y/%m/%d",
    r"\d{4}\.\d{1,2}\.\d{1,2}": "%Y.%m.%d",
    r"(19[7-9]|20\d)\d[01]\d[0-3]\d": "%Y%m%d",
}
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(?:19[7-9]|20\d)\d")


class TypedFacts(NamedTuple):
    """What all rows of a typed column say: days after the 12th only fit the order of day and month that was taken."""

    values: int
    low: dt.date | Decimal | None
    high: dt.date | Decimal | None
    decisive: int  # dates: days after the 12th; amounts: values with a fraction


def early_types(
    mapping: Mapping, rows: Sequence[Sequence[str]], options: Dict[str, Any], unit: int = 1
) -> dict[int, Early]:
    """Columns that look plain enough in the first rows to be read as their type at once, by source index."""
    amounts: dict[int, Early] = {}
    styles: dict[int, str] = {}
    for column in KINDS[mapping.kind]:
        source = mapping.columns.get(column.name)
        if source is None:
            continue
        values = [row[source.index] for row in rows if source.index < len(row) and row[source.index].strip()]
        if column.sql_type == MONEY and values_numbers.unit_of(source.header, unit) == 1:
            if values and all(map(_PLAIN.fullmatch, values)) and options.get("decimal") != ",":
                amounts[source.index] = Early(MONEY)
        elif column.sql_type == "DATE" and values:
            style = _style(values, rows_stated=bool(options.get("date_order")))
            if style is not None:
                styles[source.index] = style
    styles = _agreed(styles)
    return amounts | {index: Early("DATE", style) for index, style in styles.items()}


def _style(values: Sequence[str], *, rows_stated: bool) -> str | None:
    """How all of the values write their dates; with `d` for a day or month where they leave the order open."""
    for pattern, style in _YEAR_FIRST.items():
        if all(re.fullmatch(pattern, v) for v in values):
            return style
    parts = [_YEAR_LAST.fullmatch(v) for v in values]
    if rows_stated or not all(parts):
        return None
    found = [m for m in parts if m]
    mark = found[0][2]
    first, second = max(int(m[1]) for m in found), max(int(m[3]) for m in found)
    if {m[2] for m in found} != {mark} or (first > 12 and second > 12):
        return None
    return f"%d{mark}%m{mark}%Y" if first > 12 else f"%m{mark}%d{mark}%Y" if second > 12 else f"?{mark}?{mark}%Y"


def _agreed(styles: Dict[int, str]) -> dict[int, str]:
    """The columns of the commonest style, those whose own values leave day and month open with them."""
    settled = [s for s in styles.values() if not s.startswith("?")]
    if not settled:
        return {}
    chosen = max(settled, key=settled.count)
    alike = f"?{chosen[2]}?{chosen[2]}%Y" if chosen.endswith("%Y") else chosen
    return {index: chosen for index, style in styles.items() if style in (chosen, alike)}


def typed_facts(con: duckdb.DuckDBPyConnection, types: Dict[int, Early]) -> dict[int, TypedFacts]:
    """The facts of the columns of `raw` that have been read as their type, by source index."""
    loaded = {name: kind for name, kind, *_ in con.execute("describe raw").fetchall()}
    typed = [i for i in types if loaded[f"c{i}"] != "VARCHAR"]
    if not typed:
        return {}
    parts = []
    for i in typed:
        decisive = f"day(c{i}) > 12" if types[i].sql_type == "DATE" else f"c{i} <> trunc(c{i})"
        parts += [f"count(c{i})", f"min(c{i})", f"max(c{i})", f"count(*) filter ({decisive})"]
    row = con.execute(f"select {', '.join(parts)} from raw").fetchone() or ()
    return {i: TypedFacts(*row[4 * k : 4 * k + 4]) for k, i in enumerate(typed)}


def is_doubtful(types: Dict[int, Early], facts: Dict[int, TypedFacts], rows: Sequence[Sequence[str]]) -> bool:
    """Whether values read as a type may mean something else.

    Years such as 26, `1.234` among whole numbers, days and months that could stand the other way round.
    """
    dates = {i: f for i, f in facts.items() if types[i].sql_type == "DATE" and f.values}
    # The first and last day that are read may stand for an empty date.
    if any(f.low <= values_dates.FIRST or f.high >= values_dates.LAST for f in dates.values()):  # type: ignore[operator]
        return True
    if any(types[i].style.endswith("%Y") for i in dates) and not any(f.decisive for f in dates.values()):
        return True
    amounts = {i: f for i, f in facts.items() if types[i].sql_type != "DATE" and f.decisive}
    return any(not any("." in row[i] for row in rows if i < len(row)) for i in amounts)


def typed_column(column: Column, source: SourceColumn, early: Early, facts: TypedFacts) -> ColumnPlan:
    """The plan of a column that has been read as its type."""
    name = f"c{source.index}"
    if column.sql_type != "DATE":
        evidence: dict[str, object] = {"code": "number_style_plain", "values": facts.values}
    else:
        evidence = {"code": "date_style", "values": facts.values, "fits": facts.values}
        evidence["style"] = "YYYYMMDD" if early.style == "%Y%m%d" else "YYYY-MM-DD"
        if early.style.endswith("%Y"):
            evidence["style"] = early.style.replace("%d", "DD").replace("%m", "MM").replace("%Y", "YYYY")
            evidence["code"] = "date_style_only" if facts.decisive else "date_style_hint"
            evidence["only"] = facts.decisive
    text = f"cast({name} as varchar)"
    return ColumnPlan(column.name, column.sql_type, column.required, name, "null", text, "", source, [evidence])
