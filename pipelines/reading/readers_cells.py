"""Cells of a sheet as Python values to text, and to a table of the database, column by column."""

import datetime as dt
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import duckdb
import numpy as np

from pipelines.canonical import MONEY
from pipelines.reading.cancel import check
from pipelines.reading.readers_raw import HEAD_ROWS, Beside, Cells, Raw, Types
from pipelines.reading.readers_rows import texts

Rows = list[list[object]]
Range = tuple[tuple[int, int], tuple[int, int]]
_BLOCK = 20_000  # rows turned into columns at a time
_WIDEST = 1000  # columns a table may have; what stands further out is no column of it
_EPOCH = dt.date(1970, 1, 1).toordinal()
_NO_DAY = -(2**31)
_EXACT = 10**15  # beyond this a floating-point cell no longer holds every digit


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, over millions of cells none of which is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def raw_of_rows(
    format: str,
    rows: Rows,
    *,
    sheet: str | None = None,
    sheets: tuple[str, ...] = (),
    beside: tuple[Beside, ...] = (),
) -> Raw:
    """An opened export from rows of Python values; row i stands on line i + 1."""
    columns = [texts(column) for column in zip(*rows, strict=True)]
    return raw_of_columns(format, columns, sheet=sheet, sheets=sheets, beside=beside)


def columns_of(rows: Iterable[Sequence[object]], left: int) -> list[np.ndarray]:
    """Cells row by row to arrays, one a column, after `left` blank columns.

    As arrays they take less room than a list for each row, and the garbage collector does not walk over them.
    """
    iterator, blocks = iter(rows), list[list[np.ndarray]]()
    while block := list(islice(iterator, _BLOCK)):
        check()
        blocks.append([texts(column) for column in zip(*block, strict=True)])
    columns = [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
    return [texts([""] * len(columns[0])) for _ in range(left if columns else 0)] + columns


def raw_of_columns(
    format: str,
    columns: list[np.ndarray],
    *,
    sheet: str | None = None,
    sheets: tuple[str, ...] = (),
    merged: Sequence[Range] = (),
    beside: tuple[Beside, ...] = (),
) -> Raw:
    """An opened export from columns of Python values; cell i stands on line i + 1."""
    _fill_merged(columns, merged)
    rows = zip(*(column[:HEAD_ROWS] for column in columns[:_WIDEST]), strict=True)
    head = [(line, [cell_text(c) or "" for c in row]) for line, row in enumerate(rows, 1)]

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, width: int, types: Types) -> None:
        with no_collection():
            _load(con, table, [column[first_line - 1 :] for column in columns], first_line, width, types)

    def pick(lines: Sequence[int]) -> list[tuple[int, Cells]]:
        return [(line, [cell_text(column[line - 1]) or "" for column in columns]) for line in lines]

    return Raw(format, head, load, sheet=sheet, sheets=sheets, pick=pick, beside=beside)


def _fill_merged(columns: list[np.ndarray], merged: Sequence[Range]) -> None:
    """Write the value of a cell merged over rows into each row of it; cells merged over columns only are titles."""
    for (top, left), (bottom, _) in merged:
        if left < len(columns) and bottom > top and top < len(columns[left]):
            below = columns[left][top + 1 : bottom + 1]
            below[below == ""] = columns[left][top]


def cell_text(value: object) -> str | None:
    """A cell as the text an export in CSV would show; None for a blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    text = str(value)
    return text if text.strip() else None


def _load(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[np.ndarray],
    first_line: int,
    width: int,
    types: Types,
) -> None:
    """Create the table, column by column; numbers and dates become text inside DuckDB, or the type asked for."""
    rows = len(columns[0]) if columns else 0
    blank = texts([""] * rows)
    arrays = {f"c{i}": _array(columns[i] if i < len(columns) else blank) for i in range(width)}
    beyond = [column for column in columns[width:] if any(cell != "" for cell in column)]
    surplus = [" ".join(filter(None, map(cell_text, cells))) for cells in zip(*beyond, strict=True)]
    arrays["extra"] = texts(surplus) if surplus else blank
    wanted = {f"c{i}": early.sql_type for i, early in types.items() if not _is_huge(arrays[f"c{i}"])}
    cells = ", ".join(f"{_cell_sql(name, array.dtype, wanted.get(name))} as {name}" for name, array in arrays.items())
    present = " or ".join(f"{name} is not null" for name in arrays)
    con.register("sheet", {"line_no": np.arange(first_line, first_line + rows, dtype=np.int64), **arrays})
    con.execute(f"create table {table} as select * from (select line_no, {cells} from sheet) where {present}")
    con.unregister("sheet")


def _array(cells: np.ndarray) -> np.ndarray:
    """A column of cells: of one type where all are, blanks among them as the type's own word for it; else as text."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return cells
    if kinds == {float}:
        return cells.astype(np.float64)
    if kinds == {dt.date}:
        return np.fromiter(map(dt.date.toordinal, cells), np.int32, len(cells)) - np.int32(_EPOCH)
    if len(kinds) == 2 and str in kinds and not any(_texts_of(cells)):
        if float in kinds:
            return np.fromiter((np.nan if c == "" else c for c in cells), np.float64, len(cells))
        if dt.date in kinds:
            return np.fromiter((_NO_DAY if c == "" else c.toordinal() - _EPOCH for c in cells), np.int32, len(cells))
    return texts([cell_text(c) or "" for c in cells])


def _is_huge(cells: np.ndarray) -> bool:
    """Whether a column of numbers holds one that is no amount, which stays a text so that it can be named."""
    return bool(cells.dtype == np.float64 and (np.abs(cells) >= _EXACT / 10).any())


def _texts_of(cells: Iterable[Any]) -> Iterator[str]:
    return (c for c in cells if c.__class__ is str)


def _cell_sql(name: str, kind: np.dtype, wanted: str | None) -> str:
    """SQL for a column as text; as the type wanted where its cells are of that kind already."""
    if kind == np.float64:
        number = f"nullif({name}, 'nan'::double)"
        whole = f"{number} = trunc({number}) and abs({number}) < {_EXACT}"
        text = f"case when {whole} then cast(cast({number} as bigint) as varchar) else cast({number} as varchar) end"
        return f"cast({number} as {MONEY})" if wanted == MONEY else text
    if kind == np.int32:
        day = f"date '1970-01-01' + nullif({name}, {_NO_DAY})"
        return day if wanted == "DATE" else f"cast({day} as varchar)"
    return f"nullif({name}, '')"
