"""Records of delimited text as a table: by DuckDB where each record's line is known, else one by one."""

import csv
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import duckdb

from pipelines.reading.readers_errors import LineTooLong
from pipelines.reading.readers_raw import Cells, Types

LONGEST_LINE = 4 << 20
CHUNK = 1 << 20  # bytes of a file between two counts of its newlines
_BUFFER = 16 << 20  # bytes the database parses at a time: of larger pieces it has fewer to join to one table
_LONGEST_RECORD = 200  # lines one quoted cell may span before its quote is taken as a stray character


def load_text(
    con: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    name: str,
    lines: int,
    delimiter: str,
    first_line: int,
    width: int,
    types: Types,
) -> None:
    """Create the table from a UTF-8 file of `lines` lines, as the contract of `Raw.load` says. Raises LineTooLong."""
    expected = lines - (first_line - 1)
    if expected > 0 and _read_fast(con, table, path, expected, delimiter, first_line, width, types):
        return
    from pipelines.reading.readers_rows import load_rows

    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = records(file, delimiter, name)
        load_rows(con, table, ((line, cells) for line, cells in rows if line >= first_line), width, delimiter)


def _read_fast(
    con: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    expected: int,
    delimiter: str,
    first_line: int,
    width: int,
    types: Types,
) -> bool:
    """Attempts of DuckDB; a column whose cells are not all of its type is read as text in the next one."""
    kept = dict(types)
    while True:
        try:
            # Filling up short rows costs nothing, but does not go with line breaks inside cells: they need the strict
            # attempt.
            return any(
                _read_csv(con, table, path, expected, delimiter, first_line, width, kinds, padded)
                for kinds, padded in (((kept, True), ({}, True), ({}, False)) if kept else (({}, True), ({}, False)))
            )
        except duckdb.ConversionException as error:
            if not kept:
                return False
            named = re.search(r'column "c(\d+)"', str(error))
            kept = {i: early for i, early in kept.items() if named and i != int(named[1])}


def _read_csv(
    con: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    expected: int,
    delimiter: str,
    first_line: int,
    width: int,
    types: Types,
    padded: bool,
) -> bool:
    """One attempt of DuckDB, strict or with short rows filled up; whether the line of every record is known."""
    kinds = ", ".join(f"'c{i}': '{types[i].sql_type if i in types else 'VARCHAR'}'" for i in range(width))
    style = next((f", dateformat = '{early.style}'" for early in types.values() if early.style), "")
    try:
        con.execute(
            f"""create or replace table {table}_loaded as select * from read_csv(
                $path, auto_detect = false, header = false, skip = $skip, delim = $delimiter, quote = '"', escape = '"',
                columns = {{{kinds}}}, strict_mode = true, null_padding = {str(padded).lower()},
                buffer_size = {_BUFFER}{style})""",
            {"path": str(path), "skip": first_line - 1, "delimiter": delimiter},
        ).fetchall()
    except (duckdb.InterruptException, duckdb.ConversionException):
        raise
    except duckdb.Error:
        return False
    (count,) = con.execute(f"select count(*) from {table}_loaded").fetchone() or (0,)
    if count == expected:
        con.execute(
            f"""create view {table} as
                select rowid + {first_line} as line_no, *, null::varchar as extra from {table}_loaded"""
        )
        return True
    if _number_lines(con, table, path, expected - count, first_line):
        con.execute(
            f"""create view {table} as
                select n.line_no, r.*, null::varchar as extra
                from {table}_loaded r join {table}_numbered n on n.row_no = r.rowid"""
        )
        return True
    con.execute(f"drop table {table}_loaded")
    return False


def _number_lines(con: duckdb.DuckDBPyConnection, table: str, path: Path, missing: int, first_line: int) -> bool:
    """Create `<table>_numbered` (row_no, line_no) where `missing` lines are all blank lines or breaks inside cells."""
    with path.open("rb") as file:
        blanks = [n for n, line in enumerate(file, 1) if n >= first_line and not line.strip(b"\r\n")]
    cells = [c for c, kind, *_ in con.execute(f"describe {table}_loaded").fetchall() if kind == "VARCHAR"]
    breaks = " + ".join(f"coalesce(length({c}) - length(replace({c}, chr(10), '')), 0)" for c in cells) or "0"
    (inside,) = con.execute(f"select coalesce(sum({breaks}), 0) from {table}_loaded").fetchone() or (0,)
    del blanks[max(0, missing - inside) :]  # what lies beyond are the blank lines at the end
    if len(blanks) + inside != missing:
        return False
    counts = {line - i: i + 1 for i, line in enumerate(blanks)}  # where a record would stand but for the blanks before
    before = f"coalesce(sum({breaks}) over (order by rowid rows between unbounded preceding and 1 preceding), 0)"
    con.execute(
        f"""create table {table}_blanks as
            select unnest($positions::bigint[]) as position, unnest($counts::bigint[]) as blanks""",
        {"positions": list(counts), "counts": list(counts.values())},
    )
    con.execute(
        f"""create table {table}_numbered as
            with lines as (
                select rowid as row_no, rowid + {first_line} + {before if inside else "0"} as line from {table}_loaded
            )
            select l.row_no, l.line + coalesce(b.blanks, 0) as line_no
            from lines l asof left join {table}_blanks b on l.line >= b.position"""
    )
    return True


def records_at(
    path: Path, name: str, chunks: Sequence[int], delimiter: str, lines: Sequence[int]
) -> list[tuple[int, Cells]]:
    """The records that begin on these lines of a UTF-8 file; `chunks` are the newlines in each chunk of it."""
    before = [0, *accumulate(chunks)]
    found: list[tuple[int, Cells]] = []
    chunk, starts = -1, [0]
    with path.open("rb") as file:
        for line in sorted(lines):
            if (wanted := bisect_left(before, line - 1, 1) - 1) != chunk:
                chunk = wanted
                file.seek(chunk * CHUNK)
                data = file.read(CHUNK)
                starts = [0, *(m.end() for m in re.finditer(b"\n", data))]
            file.seek(chunk * CHUNK + starts[line - 1 - before[chunk]])
            texts = (part.decode("utf-8", errors="replace") for part in iter(file.readline, b""))
            found.append((line, next(records(texts, delimiter, name))[1]))
    return found


def records(lines: Iterable[str], delimiter: str, name: str) -> Iterator[tuple[int, Cells]]:
    """Records as (line of their first character, cells).

    A quoted cell may span lines. A quote that never closes is a stray character: its line stands alone, and reading
    goes on with the next one, so that one bad quote cannot swallow the rest of the file. Raises LineTooLong.
    """
    csv.field_size_limit(LONGEST_LINE * 2)
    numbered = _bounded(lines, name)
    waiting: list[str] = []
    whole, rest = _closed(delimiter)
    number = 0
    while line := waiting.pop(0) if waiting else next(numbered, ""):
        number += 1
        if '"' not in line:
            yield number, line.rstrip("\r\n").split(delimiter)
            continue
        parts = [line]
        is_closed = bool(whole.fullmatch(line))
        while not is_closed and len(parts) < _LONGEST_RECORD:
            if not (more := waiting.pop(0) if waiting else next(numbered, "")):
                break
            parts.append(more)
            is_closed = '"' in more and bool(rest.fullmatch(more))
        if not is_closed:
            waiting = parts[1:] + waiting
            yield number, _split_plainly(line, delimiter)
            continue
        yield number, _split(parts, delimiter)
        number += len(parts) - 1


@cache
def _closed(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What lines match whose last quoted cell is closed: a record's first line, and one that begins inside a cell.

    A quote opens a cell only as its first character; anywhere else in a cell it stands for itself.
    """
    other = f"[^{re.escape(delimiter)}]"
    quoted = f'(?:[^"]++|"")*+"{other}*'
    more = f'(?:{re.escape(delimiter)}(?:"{quoted}|(?!"){other}*))*'
    return re.compile(f'(?:"{quoted}|(?!"){other}*){more}'), re.compile(quoted + more)


def _bounded(lines: Iterable[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise LineTooLong(name, number)
        yield line


def _split(parts: list[str], delimiter: str) -> Cells:
    try:
        rows = list(csv.reader(parts, delimiter=delimiter))
    except csv.Error:
        return _split_plainly("".join(parts), delimiter)
    return rows[0] if len(rows) == 1 else [cell for row in rows for cell in row]


def _split_plainly(line: str, delimiter: str) -> Cells:
    return line.rstrip("\r\n").split(delimiter)
