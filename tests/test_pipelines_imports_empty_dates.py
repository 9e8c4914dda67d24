"""Days that systems store where a date is empty."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from pipelines import i18n
from pipelines.importing.imports import ImportReport, import_file
from pipelines.importing.imports_store import rows_of
from pipelines.reading.values_dates import NO_DATES
from pipelines.settings import Settings

ISSUED, DUE = dt.date(2026, 1, 15), dt.date(2026, 2, 14)


def taken(tmp_path: Path, columns: str, *rows: str) -> tuple[ImportReport, list[tuple]]:
    path, settings = tmp_path / "ledger.csv", Settings(home=tmp_path / "warehouse")
    path.write_text("\n".join([f"Customer,Invoice No,Amount,{columns}", *rows]), encoding="utf-8")
    report = import_file(path, settings)
    query = f"select issue_date, due_date, settled_date from '{rows_of(settings, report)}' order by line_no"
    return report, duckdb.connect().execute(query).fetchall()


@pytest.mark.parametrize("day", sorted(NO_DATES), ids=str)
@pytest.mark.parametrize("style", ["{0.year:04}-{0.month:02}-{0.day:02}", "{0.day:02}.{0.month:02}.{0.year:04}"])
def test_a_due_date_that_stands_for_none_is_none_and_said(tmp_path: Path, day: dt.date, style: str) -> None:
    issued, due, empty = (style.format(each) for each in (ISSUED, DUE, day))
    rows = (f"Acme,F1,100,{issued},{due}", f"Acme,F2,50,{issued},{empty}")
    report, dates = taken(tmp_path, "Invoice Date,Due Date", *rows)
    assert dates == [(ISSUED, DUE, None), (ISSUED, None, None)]
    note = next(note for note in report.notes if note["code"] == "dates_empty")
    assert (note["column"], note["rows"], note["days"]) == ("Due Date", 1, str(day))


def test_an_invoice_with_an_empty_day_of_settlement_is_open(tmp_path: Path) -> None:
    rows = ("Acme,F1,100,2026-01-15,2026-02-10 00:00:00", "Acme,F2,50,2026-01-15,1900-01-01 00:00:00")
    _, dates = taken(tmp_path, "Invoice Date,Settled Date", *rows)
    assert dates == [(ISSUED, None, dt.date(2026, 2, 10)), (ISSUED, None, None)]


def test_a_day_of_issue_and_other_days_out_of_range_are_rejected(tmp_path: Path) -> None:
    rows = ("2026-01-15,2026-02-14", "1900-01-01,2026-02-14", "2026-01-15,1901-05-01", "2026-01-15,2101-01-01")
    report, _ = taken(tmp_path, "Invoice Date,Due Date", *(f"Acme,F{n},100,{row}" for n, row in enumerate(rows)))
    assert (report.rows_accepted, report.rows_rejected) == (1, 3)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_definitions_name_every_such_day(language: str) -> None:
    assert all(str(day) in i18n.translate(language, "definition.overdue_note") for day in NO_DATES)
