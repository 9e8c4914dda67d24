"""Write one table of the published build as CSV, XLSX or Parquet."""

import datetime as dt
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from pipelines import i18n, scratch
from pipelines.errors import UserError
from pipelines.literals import literal
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_tie_out import tie_out

# Tables under integer keys (int_, ref_) serve the views; readers get the views.
PUBLIC_TABLES = (
    "select table_name, table_type = 'VIEW' from information_schema.tables "
    "where not regexp_matches(table_name, '^(int|ref|stg)_') order by table_name"
)
BALANCES = ("fct_account_balances", "fct_aging", "fct_open_items")  # tables of what is open at the as-of date
SHEET_ROWS = 1_048_575  # rows of a sheet below the header
ROWS_AT_ONCE = 10_000
# A spreadsheet takes text that starts so for a formula.
FORMULA_START = r"^[=+\-@\t\r]"


class UnknownTable(UserError):
    """The published build has no table of that name."""

    def __init__(self, table: str, known: list[str]) -> None:
        super().__init__("error.unknown_table", table=table, known=", ".join(known))


class TooManyRowsForSheet(UserError):
    """A table has more rows than a sheet can hold."""

    def __init__(self, table: str, rows: int) -> None:
        super().__init__("error.too_many_rows_for_sheet", table=table, rows=rows)


def export(con: duckdb.DuckDBPyConnection, table: str, form: str, output: Path | None, language: str) -> int:
    """Write `table` to `output` (None: CSV to standard output); returns the number of rows.

    CSV and Parquet hold reasons as stored (JSON); a sheet is for reading, so it holds them in words of `language`.
    Raises UnknownTable and TooManyRowsForSheet.
    """
    views = dict(con.execute(PUBLIC_TABLES).fetchall())
    if table not in views:
        raise UnknownTable(table, list(views))
    # A table lies in its own order; a view has none, and the same build shall give the same file.
    order = "order by all" if views[table] else ""
    found = con.execute(f"select count(*) from {table}").fetchone()
    rows = int(found[0]) if found else 0
    if form == "xlsx" and output:
        if rows > SHEET_ROWS:
            raise TooManyRowsForSheet(table, rows)
        _sheet(con.cursor().execute(f"select * from {table} {order}"), table, output, language)
    elif form == "parquet" and output:
        con.execute(f"copy (from {table} {order}) to {literal(output)} (format parquet)")
    else:
        with scratch.folder() as beside:
            file = output or Path(beside) / "table.csv"
            con.execute(f"copy ({_harmless(con, table)} {order}) to {literal(file)} (format csv, header)")
            if output is None:
                with file.open("rb") as written:
                    shutil.copyfileobj(written, sys.stdout.buffer)
                sys.stdout.flush()
    return rows


def tied_out(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, dict[str, Decimal]]]:
    """What to say about the sum of a table of balances: the key of the text and its amounts; nothing for others."""
    if table not in BALANCES:
        return []
    found = con.execute(f"select coalesce(sum(open_base), 0) from {table}").fetchone()
    tied = tie_out(con, Scope()).showing(found[0] if found else 0)
    amounts = {f"cents_{name}": amount for name, amount in tied.amounts.items()}
    return [("cli.export_differs" if tied.differences else "cli.export_ties_out", amounts)]


def _harmless(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """A select of the table in which no text can start a formula in a spreadsheet."""
    columns = con.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [table]
    ).fetchall()
    shown = [
        f"case when regexp_matches({name}, '{FORMULA_START}') then '''' || {name} else {name} end as {name}"
        if kind == "VARCHAR"
        else name
        for name, kind in columns
    ]
    return f"select {', '.join(shown)} from {table}"


def _sheet(cursor: duckdb.DuckDBPyConnection, title: str, output: Path, language: str) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # A place that cannot be written is found before the rows are.
    with output.open("wb") as file, xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        names = [column[0] for column in cursor.description]
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, names, bold)
        row_no = 0
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                row_no += 1
                for column, (name, value) in enumerate(zip(names, row, strict=True)):
                    _cell(sheet, row_no, column, _in_words(name, value, language), money, date)


def _in_words(name: str, value: Any, language: str) -> Any:
    if name in ("reason", "reasons") and isinstance(value, str):
        return "; ".join(i18n.reasons(language, value))
    return value


def _cell(sheet: Any, row: int, column: int, value: Any, money: Any, date: Any) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(row, column, value, money)
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, date)
    elif value is not None:
        sheet.write(row, column, value)
