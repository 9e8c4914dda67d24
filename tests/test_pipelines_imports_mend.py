"""Rows that were not accepted as a file of their own: mended and imported again, none is lost and none counts twice."""

import io
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from pipelines import i18n
from pipelines.__main__ import main
from pipelines.building import publish
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.importing.imports_mend import is_mendable, mend_workbook
from pipelines.reporting import queries
from pipelines.settings import Settings
from tests.small_ledgers import no_risk

ROWS = """Customer No,Customer Name,Invoice No,Invoice Date,Due Date,Amount
0017,Ash Works,I-1,2026-01-15,2026-02-14,100.00
0017,Ash Works,I-2,2026-01-16,2026-02-15,ten
0018,"Birch | Sons, Inc.",I-3,2026-13-40,2026-02-15,30.00
0018,"Birch | Sons, Inc.",I-4,2026-01-20,2026-02-20,40.00
0018,"Birch | Sons, Inc.",I-4,2026-01-20,2026-02-20,40.00
Total,,,,,310.00
"""
MENDED = {"ten": "10.00", "2026-13-40": "2026-01-30"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def load(tmp_path: Path, settings: Settings, name: str, content: str | bytes, **said: str) -> imports.ImportReport:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return imports.import_file(path, settings, **said)  # type: ignore[arg-type]


def mended(content: bytes) -> bytes:
    """The workbook as a person saves it after mending its cells."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(
            CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        ):
            page.write_row(number, 0, [MENDED.get(str(cell), cell) for cell in row])
    return buffer.getvalue()


def open_items(settings: Settings) -> list[tuple]:
    publish.build(settings, score=no_risk)
    con = queries.open_build(queries.published(settings))  # type: ignore[arg-type]
    found = con.execute("select invoice_id, customer_id, open_doc::int from fct_open_items order by 1").fetchall()
    con.close()
    return found


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize(("name", "rows"), [("ledger", 2), ("open items 2026-03-31", 6)])
def test_mended_rows_are_imported_beside_the_others(
    tmp_path: Path, settings: Settings, name: str, rows: int, language: str
) -> None:
    report = load(tmp_path, settings, f"{name}.csv", ROWS)
    content = mend_workbook(settings, report.import_id, language)
    cells = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert cells[0] == [*ROWS.splitlines()[0].split(","), i18n.translate(language, "report.why_not_accepted")]
    assert len(cells) == 1 + rows, "of open items all, as what is missing in a later list is paid"
    assert [row[5] for row in cells[1:] if row[6]] == ["ten", "30.00"]
    assert "Birch | Sons, Inc." in [row[1] for row in cells]
    again = load(tmp_path, settings, f"{name}.xlsx", mended(content))
    assert (again.source, again.ledger, again.rows_rejected - again.rows_set_aside) == (report.source, report.ledger, 0)
    assert "layout_changed" not in [note["code"] for note in again.notes], "the reason is no column of the export"
    assert open_items(settings) == [("I-1", "0017", 100), ("I-2", "0017", 10), ("I-3", "0018", 30), ("I-4", "0018", 40)]


def test_titles_stand_above_the_rows_to_mend(tmp_path: Path, settings: Settings) -> None:
    text = f"Open invoices\nAs of 31 March 2026,,,\n\n{ROWS}"
    report = load(tmp_path, settings, "export.csv", text)
    content = mend_workbook(settings, report.import_id, "en")
    again = load(tmp_path, settings, "export.xlsx", mended(content))
    assert (again.as_of, again.ledger, again.rows_accepted) == (report.as_of, "open_items", 4)
    assert str(report.as_of) == "2026-03-31"


def test_a_few_mended_rows_of_open_items_are_no_later_list(tmp_path: Path, settings: Settings) -> None:
    first = load(tmp_path, settings, "open items 2026-03-31.csv", ROWS)
    lines = ROWS.splitlines()
    text = "\n".join([lines[0], lines[2].replace("ten", "10.00")])
    with pytest.raises(UserError) as refused:
        load(tmp_path, settings, "open items 2026-03-31 (2).csv", text)
    assert refused.value.code == "error.lists_apart" and first.source in refused.value.text("zh_CN")
    load(tmp_path, settings, "open items 2026-03-31 (2).csv", text, source="mended")
    assert [row[0] for row in open_items(settings)] == ["I-1", "I-2", "I-4"]


def test_rows_that_cannot_stand_alone_and_files_without_faults_say_so(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouped = "Type,Date,Num,Amount\nAsh Works\nInvoice,2026-01-15,I-1,5.00\nInvoice,2026-01-16,I-2,x\n"
    above = load(tmp_path, settings, "grouped.csv", grouped)
    fine = load(tmp_path, settings, "fine.csv", "\n".join(ROWS.splitlines()[:2]))
    assert not is_mendable(above) and not is_mendable(fine)
    monkeypatch.setenv("FIRSTPAID_HOME", str(settings.home))
    for import_id, code in (
        (above.import_id, "mend_original"),
        (fine.import_id, "nothing_to_mend"),
        ("ab", "import_unknown"),
    ):
        for language in i18n.LANGUAGES:
            monkeypatch.setenv("FIRSTPAID_LANGUAGE", language)
            said = CliRunner().invoke(main, ["corrections", import_id, "--output", str(tmp_path / "x.xlsx")])
            named = {"file": "grouped.csv" if code == "mend_original" else "fine.csv", "import_id": import_id}
            assert (said.exit_code, said.output.strip()) == (1, i18n.translate(language, f"error.{code}", **named))
    assert not (tmp_path / "x.xlsx").exists()


def test_the_command_writes_the_rows_to_mend(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = load(tmp_path, settings, "ledger.csv", ROWS)
    monkeypatch.setenv("FIRSTPAID_HOME", str(settings.home))
    target = tmp_path / "to mend.xlsx"
    said = CliRunner().invoke(main, ["corrections", report.import_id, "--output", str(target)])
    assert said.exit_code == 0 and str(target) in said.output
    page = CalamineWorkbook.from_path(target).get_sheet_by_index(0)
    assert [row[2] for row in page.to_python()[1:]] == ["I-2", "I-3"]


def test_the_reason_beside_a_row_is_no_column_of_an_invoice(tmp_path: Path, settings: Settings) -> None:
    report = load(tmp_path, settings, "ledger.csv", ROWS)
    for language in i18n.LANGUAGES:
        content = mended(mend_workbook(settings, report.import_id, language))
        again = load(tmp_path, settings, f"ledger {language}.xlsx", content, source=language)
        assert again.unmapped == (i18n.translate(language, "report.why_not_accepted"),)
        with duckdb.connect() as con:
            path = settings.home / "imports" / again.import_id / "rows.parquet"
            assert con.execute(f"select count(dispute_reason) from '{path}'").fetchone() == (0,)
