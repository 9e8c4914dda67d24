"""The report of one import as a workbook: the sums, the columns, the reasons, every rejected row, what changed."""

import io
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from pipelines import i18n
from pipelines.canonical import KINDS, MONEY
from pipelines.importing.imports import ImportReport, list_imports
from pipelines.importing.imports_changes import changes
from pipelines.importing.imports_detail import by_reason, conflicts, rejected
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_notes import notes_now
from pipelines.importing.imports_report import STATED_AGREE, STATED_DIFFER, TOTALS
from pipelines.settings import Settings

_AMOUNTS = {column.name for columns in KINDS.values() for column in columns if column.sql_type == MONEY}
_ROWS = 1_000_000  # rows a sheet of a workbook can hold, with room for the header


def report_workbook(settings: Settings, import_id: str, language: str) -> bytes:
    """The report as XLSX bytes; no cell is a formula or a link. Raises NoSuchImport."""
    reports = list_imports(settings)
    report = next((r for r in reports if r.import_id == import_id), None)
    if report is None:
        raise NoSuchImport(import_id)
    report = replace(report, notes=notes_now(report, reports, settings))
    rows = rejected(settings, import_id)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        looks = {
            "header": book.add_format({"bold": True}),
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            int: book.add_format({"num_format": "#,##0"}),
            float: book.add_format({"num_format": "0%"}),  # confidence is the only share in it
        }

        def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
            page = book.add_worksheet(i18n.translate(language, f"report.{name}")[:31])
            words = [i18n.translate(language, f"report.{word}") for word in header]
            numbered = {int: None} if name == "rejected" else {}  # the number of a line is no amount
            _fill(page, [words, *rows] if header else list(rows), looks | numbered, has_header=bool(header))

        sheet("summary", (), _summary(report, language))
        sheet("columns", ("column", "source_column", "how", "confidence", "evidence"), _columns(report, language))
        sheet("reasons", ("reason", "rows", "lines"), _reasons(rows, language))
        own = ("sheet",) if report.format.get("together") else ()
        sheet("rejected", (*own, "line", "column", "value", "reason", "raw"), _rejected(rows, own, language))
        found = changes(settings, import_id)
        if found.previous:
            counts = [[i18n.translate(language, f"report.change_{c}"), n] for c, n in sorted(found.counts.items())]
            lines = [
                [
                    i18n.translate(language, f"report.change_{row['change']}"),
                    row["key"],
                    _column_word(language, row["column"]),
                    _value(row["column"], row["before"]),
                    _value(row["column"], row["after"]),
                ]
                for row in found.rows
            ]
            sheet("changes", ("change", "key", "column", "before", "after"), [*counts, [], *lines])
        if others := conflicts(settings, import_id):
            header = ("file_name", "key", "column", "before", "after")
            sheet("conflicts", header, [_difference(row, language) for row in others])
    return buffer.getvalue()


def _fill(page: Worksheet, rows: Sequence[Sequence[object]], looks: dict[Any, Any], *, has_header: bool) -> None:
    """Write rows; text stays text whatever it begins with, amounts are numbers, columns as wide as their content."""
    widths: dict[int, int] = {}
    for number, row in enumerate(rows[:_ROWS]):
        for column, value in enumerate(row):
            is_label = number == 0 if has_header else column == 0
            if isinstance(value, int | float | Decimal):
                page.write_number(number, column, value, looks.get(type(value)))
            elif value is not None:
                page.write_string(number, column, str(value)[:32_000], looks["header"] if is_label else None)
            widths[column] = min(60, max(widths.get(column, 8), _width(value) + 2))
    for column, width in widths.items():
        page.set_column(column, column, width)
    if has_header:
        page.freeze_panes(1, 0)


def _width(value: object) -> int:
    """How wide a value stands: a Chinese character takes the room of two letters, an amount that of its separators."""
    if isinstance(value, Decimal):
        return len(f"{value:,.2f}")
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in str(value or ""))


def _summary(report: ImportReport, language: str) -> list[list[object]]:
    # One total over several currencies is compared with the amounts added up alike, which is no amount of any.
    mixed = i18n.translate(language, "report.added_up") if report.is_mixed else ""
    values: dict[str, object] = {
        "file_name": report.file_name,
        "import_id": report.import_id,
        "source": report.source,
        "kind": i18n.translate(language, f"kind.{report.kind}"),
        "ledger": i18n.translate(language, f"report.is_{report.ledger}") if report.ledger else None,
        "as_of": report.as_of,
        "imported_at": report.imported_at,
        "rows_read": report.rows_read,
        "rows_accepted": report.rows_accepted,
        "rows_at_fault": report.rows_rejected - report.rows_set_aside,
        "rows_set_aside": report.rows_set_aside,
        **{f"accepted_total.{currency}": total for currency, total in report.totals},
        **{f"control_total.{currency or mixed}": total for currency, total in report.control_totals},
        **{f"difference.{currency or mixed}": left for currency, left in report.differences},
        "date_from": report.date_from,
        "date_to": report.date_to,
        "currencies": ", ".join(report.currencies),
        "encoding": report.format.get("encoding"),
        "sheet": report.format.get("sheet") or ", ".join(report.format.get("together") or ()) or None,
        "header_line": report.format.get("header_line"),
        "unmapped": ", ".join(report.unmapped),
    }
    rows: list[list[object]] = [[_label(language, name), value] for name, value in values.items() if value is not None]
    said = (TOTALS, STATED_AGREE, STATED_DIFFER)  # a row each says them
    notes = [note for note in report.notes if note["code"] not in said]
    return rows + [[i18n.translate(language, "report.note"), i18n.reason(language, note)] for note in notes]


def _label(language: str, name: str) -> str:
    """What a value of the summary is called, with the currency of an amount after a point."""
    plain, _, currency = name.partition(".")
    label = i18n.translate(language, f"report.{plain}")
    return i18n.translate(language, "report.in_currency", label=label, currency=currency) if currency else label


def _columns(report: ImportReport, language: str) -> list[list[object]]:
    return [
        [
            _column_word(language, name),
            found["source"],
            i18n.translate(language, f"report.how_{found['how']}"),
            found["confidence"],
            "; ".join(i18n.reason(language, item) for item in found["evidence"]),
        ]
        for name, found in report.columns.items()
    ]


def _column_word(language: str, name: str | None) -> str | None:
    known = name is not None and any(c.name == name for columns in KINDS.values() for c in columns)
    return i18n.translate(language, f"column.{name}") if known else name


def _reasons(rows: Sequence[dict[str, Any]], language: str) -> list[list[object]]:
    """Reason, how many rows, and their first lines; the commonest first."""
    return [[i18n.reason(language, each.reason), each.rows, each.lines_text] for each in by_reason(rows)]


def _rejected(rows: Sequence[dict[str, Any]], own: Sequence[str], language: str) -> list[list[object]]:
    plain = (*own, "line_no", "column_name", "value")
    return [
        [*(row[name] for name in plain), i18n.reason(language, json.loads(row["reason"])), row["raw"]] for row in rows
    ]


def _difference(row: dict[str, Any], language: str) -> list[object]:
    values = (_value(row["column"], row[name]) for name in ("before", "after"))
    return [row["file_name"], row["key"], _column_word(language, row["column"]), *values]


def _value(column: str | None, text: str | None) -> object:
    """A stored value as a cell: an amount as a number, anything else as it is written."""
    return Decimal(text) if text and column in _AMOUNTS else text
