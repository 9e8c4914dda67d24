"""Exports of named records: JSON (one object a line, or an array of objects) and Parquet."""

import json
from pathlib import Path

import duckdb

from pipelines.reading.readers_errors import BrokenFile, EmptyFile
from pipelines.reading.readers_raw import HEAD_ROWS, Cells, Raw, Types, columns_of
from pipelines.reading.readers_rows import load_rows


def open_json(path: Path, name: str) -> Raw:
    """Open JSON objects as rows under their keys; the header counts as line 0. Raises BrokenFile, EmptyFile."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        records = _records(text)
    except (ValueError, RecursionError):
        raise BrokenFile(name) from None
    keys = list(dict.fromkeys(key for _, record in records for key in record))
    if not keys:
        raise EmptyFile(name)
    rows: list[tuple[int, Cells]] = [(line, [_text(record.get(key)) for key in keys]) for line, record in records]

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, width: int, types: Types) -> None:
        load_rows(con, table, iter(rows), width)

    return Raw("json", [(0, keys), *rows[:HEAD_ROWS]], load, encoding="utf-8")


def _records(text: str) -> list[tuple[int, dict[str, object]]]:
    """(line, object); figures stay as they are written. An array's objects are numbered from 1."""
    try:
        whole = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError:
        lines = enumerate(text.splitlines(), 1)
        numbered = [(n, json.loads(line, parse_float=str, parse_int=str)) for n, line in lines if line.strip()]
    else:
        lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, dict) else [whole]
        numbered = list(enumerate(lists[0] if len(lists) == 1 else [whole], 1))  # {"data": [...]} holds its records
    if not all(isinstance(record, dict) for _, record in numbered):
        raise ValueError("not an object")
    return numbered


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def open_parquet(path: Path, name: str) -> Raw:
    """Open a Parquet file; its first row counts as line 1, its column names as line 0. Raises BrokenFile, EmptyFile."""
    with duckdb.connect() as con:
        try:
            described = con.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
            texts = [_text_sql(column, kind) for column, kind, *_ in described]
            rows = con.execute(
                f"select {', '.join(texts)} from read_parquet(?) limit {HEAD_ROWS}", [str(path)]
            ).fetchall()
        except duckdb.Error:
            raise BrokenFile(name) from None
    if not rows:
        raise EmptyFile(name)
    head = [(0, [d[0] for d in described]), *((i, [c or "" for c in row]) for i, row in enumerate(rows, 1))]

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, width: int, types: Types) -> None:
        columns = ", ".join(f"{text} as {c}" for text, c in zip(texts, columns_of(width), strict=True))
        con.execute(
            f"""create table {table} as select file_row_number + 1 as line_no, {columns}, null::varchar as extra
                from read_parquet($path, file_row_number = true)""",
            {"path": str(path)},
        )

    return Raw("parquet", head, load)


def _text_sql(column: str, kind: str) -> str:
    """SQL for a column as text: whole numbers without a fraction, blanks as NULL."""
    quoted = '"' + column.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"{quoted} = trunc({quoted}) and abs({quoted}) < 1e15"
        return f"case when {whole} then cast(cast({quoted} as bigint) as varchar) else cast({quoted} as varchar) end"
    return f"nullif(trim(cast({quoted} as varchar)), '')"
