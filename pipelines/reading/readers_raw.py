"""The shape every reader hands on: a few first rows to look at, and a way to load the rest as text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

HEAD_ROWS = 200  # records looked at to find the table
SHEET_LINES = 10_000_000  # more than a sheet has; of sheets read together, line n of the k-th is k times this plus n

Cells = list[str]


class Early(NamedTuple):
    """A type to read a column as at once; `style` is how its dates are written, as `strptime` has it, "" for ISO."""

    sql_type: str
    style: str = ""


Types = Mapping[int, Early]
Pick = Callable[[Sequence[int]], list[tuple[int, Cells]]]
Load = Callable[[duckdb.DuckDBPyConnection, str, int, int, Types], None]


class Beside(NamedTuple):
    """A sheet beside the one that is read: how to open it, or the code of why it is none to read."""

    name: str
    open: "Callable[[], Raw] | None" = None
    why: str = ""


@dataclass(frozen=True)
class Raw:
    """An opened export.

    `head` holds the first records as (line, cells), blank ones included. `load(con, table, first_line, width, types)`
    creates the named table with `line_no BIGINT`, `c0 … c<width-1>` and `extra VARCHAR` (cells beyond the last column),
    from `first_line` on and without blank rows; cells are text, blank cells NULL. `types` asks for columns to be read
    as a type at once, all dates among them in one style; a reader that cannot keeps them as text. `pick(lines)` gives
    the records that begin on these lines as they are written; only a reader that reads types has it.
    """

    format: str
    head: list[tuple[int, Cells]]
    load: Load
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    is_page_sure: bool = True  # False where other code pages would read its letters as well
    undecodable: int = 0  # characters that are none in the file's encoding and stand as U+FFFD
    mixed_from: int = 0  # the line from which the file is in its second encoding; 0 where it has one
    nuls: int = 0  # zero bytes that stood in the text and were left out
    beside: tuple[Beside, ...] = ()  # the other sheets, where none was asked for
    together: tuple[str, ...] = ()  # the sheets read together as one list, in their order; empty where one is read
    pick: Pick | None = None
    absent: frozenset[str] = frozenset()  # of "wide" (characters beyond ASCII), "=" and "E+": what occurs nowhere


def columns_of(width: int) -> list[str]:
    """Names of the text columns of the table `raw`."""
    return [f"c{i}" for i in range(width)]
