"""Dates whose year, month and day stand in columns of their own: a column with the whole date is added."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb

from pipelines.reading.mapping_headers import compact, known_as
from pipelines.reading.readers_layout import HeaderRank, Layout, locate, titled_year
from pipelines.reading.readers_raw import Cells, Raw, Types

_YEARS = ("年", "年份", "年度", "会计年度", "凭证年", "year")
_MONTHS = ("月", "月份", "凭证月", "month")
_DAYS = ("日", "凭证日", "day")
_YEAR_ABOVE = re.compile(r"(20\d\d)年(?=月|日)")  # where one label stands above the month and the day


def located(raw: Raw, rank: HeaderRank, is_data: Callable[[str], bool]) -> tuple[Raw, Layout]:
    """The table of an opened export, as `locate` finds it, with whole dates."""
    return with_whole_dates(raw, locate(raw, rank, is_data))


def with_whole_dates(raw: Raw, layout: Layout) -> tuple[Raw, Layout]:
    """The table with a last column of whole dates, where it has no date but in parts; else as it is.

    A blank year is the one above; without a column of years it is the one of the header or of the titles.
    """
    labels = layout.labels
    if any(name == "issue_date" for label in labels for name, _ in known_as("invoices", label)):
        return raw, layout
    bare = [_YEAR_ABOVE.sub("", compact(label)) for label in labels]
    year, month, day = (next((i for i, label in enumerate(bare) if label in words), None) for words in _WORDS)
    above = next((int(m[1]) for label in labels if (m := _YEAR_ABOVE.match(compact(label)))), None)
    stated = above or titled_year(layout.titles)
    if month is None or day is None or (year is None and stated is None):
        return raw, layout
    parts = (year, month, day)
    header = "-".join(bare[i] for i in parts if i is not None) + (f" ({stated})" if year is None else "")
    width = len(labels)
    head, last = list[tuple[int, Cells]](), ""
    for line, cells in raw.head:
        cells = [*cells[:width], *[""] * (width - len(cells))]
        if line >= layout.first_line and year is not None:
            last = cells[year].strip() or last
        date = _whole(last or str(stated), cells[month], cells[day]) if line >= layout.first_line else ""
        head.append((line, [*cells, date]))

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, columns: int, types: Types) -> None:
        _drop(con, table)
        _drop(con, f"{table}_parts")
        raw.load(con, f"{table}_parts", first_line, columns - 1, {i: t for i, t in types.items() if i < columns - 1})
        con.execute(_dated(f"{table}_parts", table, columns - 1, parts, stated))

    return replace(raw, head=head, load=load, pick=None), replace(layout, labels=(*labels, header))


_WORDS = (_YEARS, _MONTHS, _DAYS)


def _whole(year: str, month: str, day: str) -> str:
    parts = [part.strip() for part in (year, month, day)]
    return "-".join(parts) if all(part.isdigit() for part in parts) else ""


def _dated(source: str, table: str, width: int, parts: Sequence[int | None], stated: int | None) -> str:
    """SQL that creates the table with the whole dates of `source` as its last column."""
    year, month, day = (None if i is None else f"trim(cast(c{i} as varchar))" for i in parts)
    filled = f"'{stated}'" if year is None else f"last_value(nullif({year}, '') ignore nulls) over (order by line_no)"
    whole = f"regexp_full_match({month}, '[0-9]+') and regexp_full_match({day}, '[0-9]+')"
    cells = ", ".join(f"c{i}" for i in range(width))
    return (
        f"create table {table} as select line_no, {cells}, "
        f"case when {whole} then concat_ws('-', {filled}, {month}, {day}) end as c{width}, extra from {source}"
    )


def _drop(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop a table or view of this name, if there is one."""
    found = con.execute("select table_type from information_schema.tables where table_name = ?", [table]).fetchone()
    if found:
        con.execute(f"drop {'view' if found[0] == 'VIEW' else 'table'} {table}")
