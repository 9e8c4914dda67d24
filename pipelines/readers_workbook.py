"""Workbooks (xlsx, xlsm, xls, xlsb, ods): the sheet that holds the table, its cells as text."""

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from pipelines.cancel import check
from pipelines.canonical import MONEY
from pipelines.readers_errors import BrokenWorkbook, EmptyFile, NoSuchSheet, PasswordProtected, TooLarge
from pipelines.readers_raw import HEAD_ROWS, Cells, Raw, Types

HeaderRank = Callable[[Cells], float]
_EXACT = 10**15  # beyond this a floating-point cell no longer holds every digit


def open_workbook(path: Path, name: str, rank_header: HeaderRank, sheet: str | None = None) -> Raw:
    """Open the sheet asked for, else the visible one whose first rows look most like a known header.

    Raises EmptyFile, BrokenWorkbook, PasswordProtected or NoSuchSheet.
    """
    try:
        # From the open file, not the path: the library would believe the file's extension.
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible] or book.sheet_names
            if sheet is not None and sheet not in book.sheet_names:
                raise NoSuchSheet(name, sheet, book.sheet_names)
            chosen, rows, merged = _choose(book, [sheet] if sheet is not None else names, rank_header)
    except PasswordError:
        raise PasswordProtected(name) from None
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise BrokenWorkbook(name) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how the library's own defects on damaged files come out
            raise BrokenWorkbook(name) from None
        raise
    check()
    if not any(any(cell != "" for cell in row) for row in rows):
        raise EmptyFile(name)
    return raw_of_rows("workbook", rows, sheet=chosen, sheets=tuple(names), merged=merged)


_CELLS = 60_000_000  # cells a sheet may span, blank ones included: all of them are held in memory
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d')  # cells beyond column Z
_ROW = re.compile(rb' r="[A-Z]{1,3}(\d{1,7})"')
Rows = list[list[object]]
Range = tuple[tuple[int, int], tuple[int, int]]


def _choose(book: CalamineWorkbook, names: Sequence[str], rank_header: HeaderRank) -> tuple[str, Rows, list[Range]]:
    """The best-ranked sheet with its rows; a longer sheet wins a draw."""
    found: list[tuple[tuple[float, int], str, CalamineSheet]] = []
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if len(names) == 1:
            found.append(((0.0, 0), name, sheet))
            break
        head = sheet.to_python(skip_empty_area=False, nrows=HEAD_ROWS)
        rank = max((rank_header([cell_text(c) or "" for c in row]) for row in head), default=0.0)
        found.append(((rank, sheet.total_height), name, sheet))
    _, name, sheet = max(found, key=lambda item: item[0])
    rows: Rows = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
    return name, rows, list(sheet.merged_cell_ranges or [])


def check_dimensions(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a sheet with a cell so far out that the sheet cannot be held in memory. Raises TooLarge."""
    for member in archive.namelist():
        if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", member):
            continue
        columns: set[bytes] = set()
        last, rest = 1, b""
        with archive.open(member) as file:
            while chunk := file.read(1 << 20):
                check()
                text = rest + chunk
                columns.update(_WIDE.findall(text))
                last = max(last, *map(int, _ROW.findall(text[-4096:])), 1)
                rest = chunk[-64:]
        if max(map(_column, columns), default=26) * last > _CELLS:
            raise TooLarge(name)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def raw_of_rows(
    format: str, rows: Rows, *, sheet: str | None = None, sheets: tuple[str, ...] = (), merged: Sequence[Range] = ()
) -> Raw:
    """An opened export from rows of Python values; row i stands on line i + 1."""
    _fill_merged(rows, merged)
    head = [(i, [cell_text(c) or "" for c in row]) for i, row in enumerate(rows[:HEAD_ROWS], 1)]

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, width: int, types: Types) -> None:
        _load(con, table, rows[first_line - 1 :], first_line, width, types)

    def pick(lines: Sequence[int]) -> list[tuple[int, Cells]]:
        return [(line, [cell_text(c) or "" for c in rows[line - 1]]) for line in lines]

    return Raw(format, head, load, sheet=sheet, sheets=sheets, pick=pick)


def _fill_merged(rows: Rows, merged: Sequence[Range]) -> None:
    """Write the value of a cell merged over rows into each row of it; cells merged over columns only are titles."""
    for (top, left), (bottom, _) in merged:
        if bottom > top and top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                if left < len(row) and row[left] == "":
                    row[left] = rows[top][left]


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


def _load(con: duckdb.DuckDBPyConnection, table: str, rows: Rows, first_line: int, width: int, types: Types) -> None:
    """Create the table, column by column; numbers and dates become text inside DuckDB, or the type asked for."""
    columns = list(zip(*rows, strict=True)) if rows else []
    arrays = {
        f"c{i}": _array(columns[i]) if i < len(columns) else pa.nulls(len(rows), pa.string()) for i in range(width)
    }
    surplus = [" ".join(filter(None, map(cell_text, cells))) or None for cells in zip(*columns[width:], strict=True)]
    arrays["extra"] = pa.array(surplus, pa.string()) if surplus else pa.nulls(len(rows), pa.string())
    wanted = {f"c{i}": early.sql_type for i, early in types.items()}
    texts = ", ".join(f"{_cell_sql(name, array.type, wanted.get(name))} as {name}" for name, array in arrays.items())
    present = " or ".join(f"{name} is not null" for name in arrays)
    lines = pa.array(range(first_line, first_line + len(rows)), pa.int64())
    con.register("sheet", pa.table({"line_no": lines, **arrays}))
    con.execute(f"create table {table} as select * from (select line_no, {texts} from sheet) where {present}")
    con.unregister("sheet")


def _array(cells: Sequence[object]) -> pa.Array:
    """A column of cells as Arrow: of one type where all are, else as text."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return pa.array(cells, pa.string())  # blanks become NULL in SQL
    if kinds <= {float, str} and float in kinds and not any(c for c in cells if c.__class__ is str):
        return pa.array([None if c == "" else c for c in cells] if str in kinds else cells, pa.float64())
    if kinds <= {dt.date, str} and dt.date in kinds and not any(c for c in cells if c.__class__ is str):
        return pa.array([None if c == "" else c for c in cells] if str in kinds else cells, pa.date32())
    return pa.array([cell_text(c) for c in cells], pa.string())


def _cell_sql(name: str, kind: pa.DataType, wanted: str | None) -> str:
    """SQL for a column as text; as the type wanted where its cells are of that kind already."""
    if (kind == pa.float64() and wanted == MONEY) or (kind == pa.date32() and wanted == "DATE"):
        return f"cast({name} as {wanted})"
    if kind == pa.float64():
        whole = f"{name} = trunc({name}) and abs({name}) < {_EXACT}"
        return f"case when {whole} then cast(cast({name} as bigint) as varchar) else cast({name} as varchar) end"
    if kind == pa.date32():
        return f"cast({name} as varchar)"
    return f"nullif({name}, '')"
