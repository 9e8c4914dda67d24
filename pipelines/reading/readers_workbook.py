"""Workbooks (xlsx, xlsm, xls, xlsb, ods): the sheet that holds the table, its cells as text."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from pipelines.reading.cancel import check
from pipelines.reading.readers_errors import BrokenWorkbook, EmptyFile, NoSuchSheet, PasswordProtected
from pipelines.reading.readers_raw import HEAD_ROWS, Cells, Raw

if TYPE_CHECKING:
    import numpy as np

    from pipelines.reading.readers_cells import Range

HeaderRank = Callable[[Cells], float]
_STANDARD_ERROR = threading.Lock()  # it belongs to all threads: one at a time may turn it away
_LOOKED_EVERY = 0.1  # seconds between two looks at whether to stop


class Sheet(NamedTuple):
    """The sheet that was read: all names to choose from, its own, its columns and the ranges of its merged cells."""

    names: tuple[str, ...]
    name: str
    columns: "list[np.ndarray]"
    merged: "list[Range]"
    alike: tuple[str, ...]


def open_workbook(
    path: Path, name: str, rank_header: HeaderRank, sheet: str | None = None, *, named_rightly: bool = False
) -> Raw:
    """Open the sheet asked for, else the visible one whose first rows look most like a known header.

    `named_rightly` says that the ending of the file's name tells what it is; else only its content does.
    Raises EmptyFile, BrokenWorkbook, PasswordProtected or NoSuchSheet.
    """
    worker = ThreadPoolExecutor(1)
    try:
        # The library reads without holding the interpreter's lock: what comes next is loaded beside it.
        reading = worker.submit(_read, path, name, rank_header, sheet, named_rightly)
        from pipelines.reading.readers_cells import no_collection, raw_of_columns

        rank_header([])
        while True:
            try:
                found = reading.result(_LOOKED_EVERY)
                break
            except StillRunning:
                check()
    finally:
        worker.shutdown(wait=False)  # stopped by a person, who is not kept waiting until the library is through
    with no_collection():
        if not any((column != "").any() for column in found.columns):
            raise EmptyFile(name)
        return raw_of_columns(
            "workbook", found.columns, sheet=found.name, sheets=found.names, merged=found.merged, alike=found.alike
        )


def _read(path: Path, name: str, rank_header: HeaderRank, sheet: str | None, named_rightly: bool) -> Sheet:
    """The sheet asked for, or the one most likely meant. Raises as `open_workbook` does."""
    try:
        with _silenced(), _opened(path, named_rightly) as book:
            names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible] or book.sheet_names
            if sheet is not None and sheet not in book.sheet_names:
                raise NoSuchSheet(name, sheet, book.sheet_names)
            return _choose(book, tuple(names), (sheet,) if sheet is not None else tuple(names), rank_header)
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


def _choose(book: CalamineWorkbook, names: tuple[str, ...], tried: Sequence[str], rank_header: HeaderRank) -> Sheet:
    """The best-ranked of the sheets tried; a longer one wins a draw."""
    found: list[tuple[tuple[float, int], str, CalamineSheet, Cells]] = []
    for name in tried:
        sheet = book.get_sheet_by_name(name)
        rank, header = _best_row(sheet, rank_header) if len(tried) > 1 else (0.0, [])
        found.append(((rank, sheet.total_height), name, sheet, header))
    (rank, _), name, sheet, header = max(found, key=lambda item: item[0])
    alike = tuple(other for _, other, _, cells in found if other != name and rank >= 2 and cells == header)
    from pipelines.reading.readers_cells import columns_of, no_collection

    with no_collection():
        columns = columns_of(sheet.iter_rows(), (sheet.start or (0, 0))[1])
    return Sheet(names, name, columns, list(sheet.merged_cell_ranges or []), alike)


def _best_row(sheet: CalamineSheet, rank_header: HeaderRank) -> tuple[float, Cells]:
    """The first row that looks most like a known header, and how much it does."""
    from pipelines.reading.readers_cells import cell_text

    head = sheet.to_python(skip_empty_area=False, nrows=HEAD_ROWS)
    rows = [[cell_text(c) or "" for c in row] for row in head]
    return max(((rank_header(row), row) for row in rows), key=lambda item: item[0], default=(0.0, []))


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
