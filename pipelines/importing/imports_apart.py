"""Other tables in the sheet of the one that was read: what stands above its header, and below a header of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_reading import Reading
from pipelines.literals import literal, parquet
from pipelines.reading.mapping_headers import compact, is_data, rank_header
from pipelines.reading.readers_layout import Layout
from pipelines.reading.readers_raw import SHEET_LINES, Raw

_KNOWN = 3  # names that make a row the header of another table, and their share of its cells
_SHARE = 0.6
_TRIED = 500  # rows without a figure that are looked at; with more of them the file is broken in another way


def rows_above(raw: Raw, layout: Layout) -> list[dict[str, Any]]:
    """A note on a table that stands above the header that was found, with how many rows it has."""
    above = [(line, [cell.strip() for cell in cells]) for line, cells in raw.head if line < layout.header_line]
    for place, (line, cells) in enumerate(above):
        rows = [
            below for _, below in above[place + 1 :] if len(list(filter(None, below))) > 2 and any(map(is_data, below))
        ]
        if rows and _is_header(cells):
            header = " | ".join(filter(None, cells))
            return [{"code": "table_above", "line": line, "header": header, "rows": len(rows)}]
    return []


def set_apart(reading: Reading, rows: Path) -> int:
    """Fill `dropped` and `rejected` with the rows below another header than that of the table; how many were accepted.

    Their columns stand elsewhere, so that they were read as what they are not.
    """
    con = reading.con
    found = _headers(reading)
    if not any(is_other for *_, is_other in found):
        return 0
    cells = ", ".join(f"coalesce(r.c{i}, '')" for i in range(len(reading.layout.labels)))
    for place, (line, header, is_other) in enumerate(found):
        if not is_other:
            continue
        following = found[place + 1][0] if place + 1 < len(found) else (line // SHEET_LINES + 1) * SHEET_LINES
        within = f"line_no >= {line} and line_no < {min(following, (line // SHEET_LINES + 1) * SHEET_LINES)}"
        reason = f"to_json({{'code': 'other_table', 'line': {line % SHEET_LINES}, 'header': {literal(header)}}})"
        con.execute(f"update rejected set column_name = null, value = null, reason = {reason} where {within}")
        con.execute(
            f"create or replace temp table below as select distinct line_no from {parquet(rows)} where {within}"
        )
        written = reading.written(f"select line_no from {parquet(rows)} where {within}")
        con.execute(
            f"""insert into rejected select line_no, null, null, {reason}, concat_ws(' | ', {cells})
                from below join {written} r using (line_no)"""
        )
        con.execute("insert into dropped select line_no from below")
    (count,) = con.execute("select count(*) from dropped").fetchone() or (0,)
    return int(count)


def rows_below(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Notes on the tables that were set apart, each with how many rows it has."""
    found = con.execute(
        """select cast(reason->>'$.line' as integer), reason->>'$.header', count(*) - 1 from rejected
            where json_extract_string(reason, '$.code') = 'other_table' group by all order by all"""
    ).fetchall()
    return [{"code": "table_below", "line": line, "header": header, "rows": rows} for line, header, rows in found]


def _headers(reading: Reading) -> list[tuple[int, str, bool]]:
    """(line, cells, whether its columns are others than the table's) of each row that is a header, in their order."""
    labels = reading.layout.labels
    columns = ", ".join(f"r.c{i}" for i in range(len(labels)))
    lines = f"""select line_no from bad where len(cells) >= {_KNOWN}
        and len(list_filter(cells, lambda x: regexp_matches(x, '[0-9]'))) = 0"""
    few = reading.con.execute(f"select count(*) from ({lines})").fetchone() or (0,)
    if not 0 < few[0] <= _TRIED:
        return []
    rows = reading.con.execute(
        f"select r.line_no, [{columns}] from {reading.written(lines)} r where r.line_no in ({lines}) order by 1"
    ).fetchall()
    found = [(line, [(cell or "").strip() for cell in cells]) for line, cells in rows]
    return [
        (line, " | ".join(filter(None, cells)), _is_other(cells, labels)) for line, cells in found if _is_header(cells)
    ]


def _is_header(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells if cell]
    return not any(map(is_data, named)) and rank_header(named) >= max(_KNOWN, _SHARE * len(named))


def _is_other(cells: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether two of the cells or more do not stand below a label that is theirs, as those of a repeated header do."""
    pairs = [(compact(cell), compact(label)) for cell, label in zip(cells, labels, strict=False) if cell]
    return sum(cell not in label for cell, label in pairs) >= 2
