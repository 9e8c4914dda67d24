"""The shape every reader hands on: a few first rows to look at, and a way to load the rest as text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

HEAD_ROWS = 200  # records looked at to find the table

Cells = list[str]


class Early(NamedTuple):
    """A type to read a column as at once; `style` is how its dates are written, as `strptime` has it, "" for ISO."""

    sql_type: str
    style: str = ""


Types = Mapping[int, Early]
Pick = Callable[[Sequence[int]], list[tuple[int, Cells]]]
Load = Callable[[duckdb.DuckDBPyConnection, str, int, int, Types], None]


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
    undecodable: int = 0  # characters that are none in the file's encoding and stand as U+FFFD
    mixed_from: int = 0  # the line from which the file is in its second encoding; 0 where it has one
    nuls: int = 0  # zero bytes that stood in the text and were left out
    alike: tuple[str, ...] = ()  # other sheets with the same header, which are not read
    pick: Pick | None = None
    absent: frozenset[str] = frozenset()  # of "wide" (characters beyond ASCII), "=" and "E+": what occurs nowhere


def columns_of(width: int) -> list[str]:
    """Names of the text columns of the table `raw`."""
    return [f"c{i}" for i in range(width)]
