"""Rows of Python values to a table of the database, whole columns at a time."""

from collections.abc import Iterable, Sequence
from itertools import islice

import duckdb
import numpy as np

from pipelines.reading.cancel import check
from pipelines.reading.readers_raw import Cells, columns_of

_BATCH = 50_000


def load_rows(
    con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[int, Cells]], width: int, delimiter: str = ","
) -> None:
    """Create the table from (line, cells): blank rows left out, blank cells NULL, surplus cells joined in `extra`."""
    names = columns_of(width)
    con.execute(f"create table {table} (line_no bigint, {', '.join(f'{n} varchar' for n in names)}, extra varchar)")
    blank_to_null = ", ".join(f"nullif({n}, '') as {n}" for n in (*names, "extra"))
    present = " or ".join(f"{n} is not null" for n in (*names, "extra"))
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        check()
        fitted = [c if len(c) == width else [*c[:width], *[""] * (width - len(c))] for _, c in batch]
        surplus = [delimiter.join(c[width:]) if len(c) > width and any(c[width:]) else "" for _, c in batch]
        chunk = {n: texts(column) for n, column in zip(names, zip(*fitted, strict=True), strict=True)}
        chunk |= {"extra": texts(surplus), "line_no": np.array([line for line, _ in batch], np.int64)}
        con.register("chunk", chunk)
        con.execute(
            f"insert into {table} select * from (select line_no, {blank_to_null} from chunk) where {present}"
        ).fetchall()
        con.unregister("chunk")


def texts(cells: Sequence[str]) -> np.ndarray:
    """Texts as the database takes them from Python at once; none of them may be None."""
    return np.fromiter(cells, object, len(cells))
