"""A file of an import to be mended and imported again: its columns as they are, and why rows were not accepted."""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import xlsxwriter

from pipelines import i18n, scratch
from pipelines.importing.imports_detail import rejected
from pipelines.importing.imports_errors import MendOriginal, NoSuchImport, NothingToMend
from pipelines.importing.imports_rejects import SET_ASIDE
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import list_imports
from pipelines.reading import mapping
from pipelines.reading.readers import open_export
from pipelines.reading.readers_dates import located
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

_BESIDE_ROWS = ("grouped_by_customer", "customers_filled_down")  # what a row means stands in others of the file
_ROWS = 1_000_000  # rows a sheet can hold, with room for what stands above them


def is_mendable(report: ImportReport) -> bool:
    """Whether an import has rows at fault that can stand in a file by themselves."""
    beside = {note["code"] for note in report.notes} & {*_BESIDE_ROWS}
    return report.rows_rejected > report.rows_set_aside and not (report.format.get("together") or beside)


def is_whole(report: ImportReport) -> bool:
    """Whether a file to mend must hold every row: what a later list of open items lacks counts as paid."""
    return report.is_of_a_day


def mend_workbook(settings: Settings, import_id: str, language: str) -> bytes:
    """The rows to mend as XLSX bytes, under what stands above them in the file; every cell is text as it was written.

    Those at fault alone, where others are not touched by importing them again, else all. Raises NoSuchImport,
    NothingToMend and MendOriginal.
    """
    report = next((each for each in list_imports(settings) if each.import_id == import_id), None)
    if report is None:
        raise NoSuchImport(import_id)
    why = {
        int(row["line_no"]): i18n.reason(language, reason)
        for row in rejected(settings, import_id)
        if (reason := json.loads(row["reason"]))["code"] not in SET_ASIDE
    }
    if not why:
        raise NothingToMend(report.file_name)
    if not is_mendable(report):
        raise MendOriginal(report.file_name)
    folder = Warehouse.of(settings).imports / import_id
    original = next(folder.glob("original*"))
    with scratch.folder() as name, duckdb.connect() as con:
        raw = open_export(
            original, Path(name), mapping.rank_header, name=report.file_name, sheet=report.format.get("sheet")
        )
        raw, layout = located(raw, mapping.rank_header, mapping.is_data)
        above = [cells for line, cells in raw.head if line < layout.header_line]
        width = len(layout.labels)
        raw.load(con, "raw", layout.first_line, width, {})
        con.execute("create table wanted as select unnest($lines::bigint[]) as line_no", {"lines": list(why)})
        only = "" if is_whole(report) else "semi join wanted using (line_no)"
        cells = ", ".join(f"c{index}" for index in range(width))
        found = con.execute(f"select line_no, {cells}, extra from raw {only} order by line_no").fetchmany(_ROWS + 1)
    if len(found) > _ROWS:
        raise MendOriginal(report.file_name)
    head = [*layout.labels, i18n.translate(language, "report.why_not_accepted")]
    rows = ([*cells, why.get(line, "")] + ([extra] if extra else []) for line, *cells, extra in found)
    return _written([*above, head], rows)


def _written(above: Sequence[Sequence[str]], rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, cells in enumerate([*above, *rows]):
            for column, cell in enumerate(cells):
                if cell:
                    page.write_string(number, column, str(cell)[:32_000])
        page.freeze_panes(len(above), 0)
    return buffer.getvalue()
