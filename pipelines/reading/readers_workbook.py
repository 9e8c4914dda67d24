"""Workbooks (xlsx, xlsm, xls, xlsb, ods): the sheet that holds the table, its cells as text."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from pipelines.reading.cancel import check
from pipelines.reading.readers_errors import BrokenWorkbook, EmptyFile, NoSuchSheet, PasswordProtected
from pipelines.reading.readers_layout import KNOWN
from pipelines.reading.readers_raw import HEAD_ROWS, Beside, Cells, Raw

if TYPE_CHECKING:
    import numpy as np

    from pipelines.reading.readers_bounds import Errors
    from pipelines.reading.readers_cells import Range

HeaderRank = Callable[[Cells], float]
_STANDARD_ERROR = threading.Lock()  # it belongs to all threads: one at a time may turn it away
_LOOKED_EVERY = 0.1  # seconds between two looks at whether to stop


class Sheet(NamedTuple):
    """The sheet that was read: all names to choose from, its own, its columns, its merged cells, the other sheets."""

    names: tuple[str, ...]
    name: str
    columns: "list[np.ndarray]"
    merged: "list[Range]"
    beside: tuple[Beside, ...]


def open_workbook(
    path: Path,
    name: str,
    rank_header: HeaderRank,
    sheet: str | None = None,
    *,
    named_rightly: bool = False,
    errors: "Mapping[str, Errors] | None" = None,
) -> Raw:
    """Open the sheet asked for, else the visible one whose first rows look most like a known header.

    `named_rightly` says that the ending of the file's name tells what it is; else only its content does. `errors` are
    the cells of a sheet that show an error in place of a result, by row and column.
    Raises EmptyFile, BrokenWorkbook, PasswordProtected or NoSuchSheet.
    """
    worker = ThreadPoolExecutor(1)
    try:
        # The library reads without holding the interpreter's lock: what comes next is loaded beside it.
        reading = worker.submit(_read, path, name, rank_header, sheet, named_rightly, errors or {})
        from pipelines.reading import readers_cells  # noqa: F401

        rank_header([])
        while True:
            try:
                found = reading.result(_LOOKED_EVERY)
                break
            except StillRunning:
                check()
    finally:
        worker.shutdown(wait=False)  # stopped by a person, who is not kept waiting until the library is through
    if not any((column != "").any() for column in found.columns):
        raise EmptyFile(name)
    return _raw_of(found)


def _raw_of(found: Sheet) -> Raw:
    from pipelines.reading.readers_cells import no_collection, raw_of_columns

    with no_collection():
        return raw_of_columns(
            "workbook", found.columns, sheet=found.name, sheets=found.names, merged=found.merged, beside=found.beside
        )


def _read(
    path: Path,
    name: str,
    rank_header: HeaderRank,
    sheet: str | None,
    named_rightly: bool,
    errors: "Mapping[str, Errors]",
) -> Sheet:
    """The sheet asked for, or the one most likely meant. Raises as `open_workbook` does."""
    try:
        with _silenced(), _opened(path, named_rightly) as book:
            names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible] or book.sheet_names
            if sheet is not None and sheet not in book.sheet_names:
                raise NoSuchSheet(name, sheet, book.sheet_names)
            if sheet is not None:
                return _read_sheet(book.get_sheet_by_name(sheet), sheet, tuple(names), errors)
            return _choose(book, tuple(names), rank_header, errors)
    except PasswordError:
        raise PasswordProtected(name) from None
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise BrokenWorkbook(name) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how the library's own defects on damaged files come out
            raise BrokenWorkbook(name) from None
        raise


def _opened(path: Path, named_rightly: bool) -> CalamineWorkbook:
    """By its path, of which the library believes the ending and which it reads in pieces, or whole by its content."""
    if named_rightly:
        return CalamineWorkbook.from_path(path)
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


def _choose(
    book: CalamineWorkbook, names: tuple[str, ...], rank_header: HeaderRank, errors: "Mapping[str, Errors]"
) -> Sheet:
    """The visible sheet whose header is known best, of several the longest, with all others beside it."""
    if len(book.sheet_names) == 1:
        return _read_sheet(book.get_sheet_by_name(names[0]), names[0], names, errors)
    sheets = {name: book.get_sheet_by_name(name) for name in names}
    ranks = {name: _best_rank(sheet, rank_header) for name, sheet in sheets.items()}
    best = max(names, key=lambda name: (ranks[name], sheets[name].total_height))
    beside = [
        Beside(name, why="sheet_empty")
        if sheets[name].start is None
        else Beside(name, why="sheet_no_table")
        if ranks[name] < KNOWN
        else Beside(name, partial(_open_beside, sheets[name], name, names, errors))
        for name in names
        if name != best
    ]
    beside += [Beside(name, why="sheet_hidden") for name in book.sheet_names if name not in sheets]
    return _read_sheet(sheets[best], best, names, errors, tuple(beside))


def _read_sheet(
    sheet: CalamineSheet,
    name: str,
    names: tuple[str, ...],
    errors: "Mapping[str, Errors]",
    beside: tuple[Beside, ...] = (),
) -> Sheet:
    from pipelines.reading.readers_cells import columns_of, no_collection

    with no_collection():
        columns = columns_of(sheet.iter_rows(), (sheet.start or (0, 0))[1])
    for (row, column), text in errors.get(name, {}).items():
        if column < len(columns) and row < len(columns[column]):
            columns[column][row] = text
    return Sheet(names, name, columns, list(sheet.merged_cell_ranges or []), beside)


def _open_beside(sheet: CalamineSheet, name: str, names: tuple[str, ...], errors: "Mapping[str, Errors]") -> Raw:
    return _raw_of(_read_sheet(sheet, name, names, errors))


def _best_rank(sheet: CalamineSheet, rank_header: HeaderRank) -> float:
    """How much the first row that looks most like a known header does so."""
    from pipelines.reading.readers_cells import cell_text

    head = sheet.to_python(skip_empty_area=False, nrows=HEAD_ROWS)
    return max((rank_header([cell_text(c) or "" for c in row]) for row in head), default=0.0)


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep off standard error what defects of the library write there, below Python, when a file is damaged."""
    with _STANDARD_ERROR, Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
