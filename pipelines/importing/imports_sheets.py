"""Sheets of one workbook that are imported one by one: parts of one list, or lists of different days."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.importing.imports_errors import SheetsApart
from pipelines.importing.imports_report import ImportReport

OPEN_ITEMS = "open_items"


def refuse_parts(report: ImportReport, rows: Path, earlier: Sequence[ImportReport], folder: Path) -> None:
    """Raise SheetsApart for a list of open items that shares no invoice with another sheet of its workbook.

    `rows` is its Parquet file, `earlier` all imports, in `folder`. As a later list of the same source it would make
    every invoice of the other sheet paid, though both may be parts of one list.
    """
    if report.ledger != OPEN_ITEMS:
        return
    for other in earlier:
        sheet, others = report.format.get("sheet"), other.format.get("sheet")
        beside = sheet != others and sheet in other.format.get("sheets", ())
        alike = (other.source, other.file_name, other.ledger) == (report.source, report.file_name, OPEN_ITEMS)
        if beside and alike and not other.retracted_at:
            with duckdb.connect() as con:
                shared = con.execute(
                    "select 1 from read_parquet(?) semi join read_parquet(?) using (invoice_id) limit 1",
                    [str(rows), str(folder / other.import_id / "rows.parquet")],
                ).fetchone()
            if shared is None:
                raise SheetsApart(report.file_name, str(sheet), str(others), report.source)
