"""xls, xlsb and ods as real files: ids, dates, blanks and sheets as in other formats; bombs and passwords refused."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import workbook_files
import xlsxwriter

from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.reading.readers_bounds import unpack_workbook
from pipelines.settings import Settings

HEADER = ["Customer No", "Customer Name", "Invoice No", "Invoice Date", "Due Date", "Amount"]
ROWS: list[list[workbook_files.Cell]] = [
    ["Open items as of 2026-03-31"],
    [],
    list(HEADER),
    ["0017", "青禾贸易", "000123", dt.date(2026, 3, 5), dt.date(2026, 4, 4), 1200.5],
    ["0018", None, 4711.0, dt.date(2026, 3, 6), None, -8.0],
    [None, None, None, None, None, None],
    ["0019", "x & <y>", "000125", dt.date(2025, 12, 31), dt.date(2026, 1, 30), 99.0],
    ["Total", None, None, None, None, 1291.5],
]
WRITERS: dict[str, Callable[[workbook_files.Sheets], bytes]] = {
    "ods": workbook_files.ods,
    "xls": workbook_files.xls,
    "xlsb": workbook_files.xlsb,
}


def load(tmp_path: Path, content: bytes, name: str = "open.xls", sheet: str | None = None) -> tuple:
    path, settings = tmp_path / name, Settings(home=tmp_path / "warehouse")
    path.write_bytes(content)
    report = imports.import_file(path, settings, sheet=sheet)
    rows = settings.home / "imports" / report.import_id / "rows.parquet"
    columns = "line_no, customer_id, customer_name, invoice_id, issue_date, due_date, amount, doc_type"
    return report, duckdb.execute(f"select {columns} from read_parquet(?) order by 1", [str(rows)]).fetchall()


@pytest.mark.parametrize("kind", WRITERS)
def test_a_workbook_of_each_format_reads_the_same(tmp_path: Path, kind: str) -> None:
    sheets = {"Notes": [["Read me"]], "应收": ROWS, "Empty": []}
    report, rows = load(tmp_path, WRITERS[kind](sheets))
    assert (report.format["sheet"], report.format["header_line"], str(report.as_of)) == ("应收", 3, "2026-03-31")
    assert (report.rows_read, report.rows_set_aside, report.control_total) == (4, 1, "1291.50")
    day = dt.date
    assert rows == [
        (4, "0017", "青禾贸易", "000123", day(2026, 3, 5), day(2026, 4, 4), Decimal("1200.5"), None),
        (5, "0018", None, "4711", day(2026, 3, 6), None, Decimal("-8"), "credit_note"),
        (7, "0019", "x & <y>", "000125", day(2025, 12, 31), day(2026, 1, 30), Decimal("99"), None),
    ]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_sheet_can_be_named(tmp_path: Path, kind: str) -> None:
    row = ["C1", "Ash", "F9", dt.date(2026, 1, 2), None, 5.0]
    content = WRITERS[kind]({"March": [HEADER, [*row[:2], "F1", *row[3:]]], "April": [HEADER, row]})
    assert [r[3] for r in load(tmp_path, content, sheet="April")[1]] == ["F9"]
    with pytest.raises(UserError) as caught:
        load(tmp_path, content, sheet="May")
    assert caught.value.code == "error.file_no_such_sheet"


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for item in source.namelist():
            target.writestr(item, change(source.read(item)) if item == name else source.read(item))
    return buffer.getvalue()


def far_ods() -> bytes:
    repeated = b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
    repeated += b'table:number-columns-repeated="16000" office:value-type="float" office:value="1"/></table:table-row>'
    ending = b"</table:table>"
    return changed(workbook_files.ods({"AR": ROWS}), "content.xml", lambda c: c.replace(ending, repeated + ending))


def locked_ods() -> bytes:
    entry = b'<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    ending = b"</manifest:manifest>"
    name = "META-INF/manifest.xml"
    return changed(workbook_files.ods({"AR": ROWS}), name, lambda c: c.replace(ending, entry + ending))


def far_xls() -> bytes:
    """The same records with the amount of the last row moved to the far corner."""
    row, column = len(ROWS) - 1, len(HEADER) - 1
    at = row.to_bytes(2, "little") + column.to_bytes(2, "little")
    whole = workbook_files.xls({"AR": ROWS})
    return whole.replace(b"\x03\x02\x0e\x00" + at, b"\x03\x02\x0e\x00" + b"\xff\xff\xff\xff")


def far_xlsb() -> bytes:
    head = b"\x00\x10" + (len(ROWS) - 1).to_bytes(4, "little")
    cell = b"\x05\x10" + (len(HEADER) - 1).to_bytes(4, "little")

    def move(sheet: bytes) -> bytes:
        before, last = sheet.rsplit(head, 1)
        return before + b"\x00\x10\xff\xff\x0f\x00" + last.replace(cell, b"\x05\x10\xff\x3f\x00\x00")

    return changed(workbook_files.xlsb({"AR": ROWS}), "xl/worksheets/sheet1.bin", move)


def circling_xls() -> bytes:
    """A workbook whose chain of sectors comes back to its first one."""
    whole = bytearray(workbook_files.xls({"AR": ROWS}))
    first = 2  # after the table of sectors and the folder
    at = 512 + 4 * (first + 3)
    whole[at : at + 4] = first.to_bytes(4, "little")
    return bytes(whole)


REFUSED = {
    "repeated cells of an ods": (far_ods, "error.file_too_large"),
    "far cells of an xls": (far_xls, "error.file_too_large"),
    "far cells of an xlsb": (far_xlsb, "error.file_too_large"),
    "an ods with a password": (locked_ods, "error.file_password"),
    "an xls that turns in a circle": (circling_xls, "error.file_broken"),
    "an xls without its folder": (lambda: workbook_files.xls({"AR": ROWS})[:1000], "error.file_broken"),
    "half an xls": (lambda: workbook_files.xls({"AR": ROWS})[:3000], "error.file_broken"),
    "half an ods": (lambda: workbook_files.ods({"AR": ROWS})[:400], "error.file_broken"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_workbook_that_cannot_be_held_or_opened_is_refused(tmp_path: Path, name: str) -> None:
    content, code = REFUSED[name]
    with pytest.raises(UserError) as caught:
        load(tmp_path, content())
    assert caught.value.code == code


def test_a_defect_of_the_library_on_a_damaged_file_is_not_seen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = workbook_files.xls({"AR": ROWS})
    with pytest.raises(UserError) as caught:
        load(tmp_path, content[:515])
    assert caught.value.code == "error.file_broken" and capfd.readouterr().err == ""


def test_blank_cells_repeated_to_the_edge_of_an_ods_are_no_cells(tmp_path: Path) -> None:
    rest = b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
    rest += b'table:number-columns-repeated="16384"/></table:table-row></table:table>'
    content = workbook_files.ods({"AR": ROWS})
    content = changed(content, "content.xml", lambda c: c.replace(b"</table:table>", rest))
    assert load(tmp_path, content)[0].rows_accepted == 3


def test_a_stray_cell_far_to_the_right_makes_its_own_row_faulty(tmp_path: Path) -> None:
    rows = [list(HEADER), *[["C1", "Ash", f"F{i}", dt.date(2026, 1, 2), None, 5.0] for i in range(3)]]
    rows[2] += [None] * 3000 + ["x"]
    report, taken = load(tmp_path, workbook_files.xls({"AR": rows}))
    assert [row[0] for row in taken] == [2, 4] and report.rows_rejected == 1


def test_a_sheet_that_needs_more_memory_than_allowed_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path, settings = tmp_path / "far.xlsx", Settings(home=tmp_path / "warehouse", import_memory_mb=1024)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("AR")
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_000_000, 55, "x")  # 56 million cells, nearly all of them blank
    with pytest.raises(UserError) as raised:
        imports.import_file(path, settings)
    assert raised.value.code == "error.import_memory"
    assert list((tmp_path / "warehouse" / "imports").iterdir()) == []


def test_macros_are_ignored(tmp_path: Path) -> None:
    path, macros = tmp_path / "macros.xlsm", tmp_path / "vbaProject.bin"
    macros.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with xlsxwriter.Workbook(path) as book:
        book.add_vba_project(str(macros))
        sheet = book.add_worksheet("AR")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["C1", "=cmd|' /C calc'!A1", "F1", "2026-01-02", "2026-02-01", 5])
        sheet.write_formula(2, 0, '="C"&"2"', value="C2")
        sheet.write_row(2, 1, ["Elm", "F2", "2026-01-03", "2026-02-01", 7])
    report, rows = load(tmp_path, path.read_bytes())
    assert [row[1] for row in rows] == ["C1", "C2"] and report.rows_accepted == 2


def test_what_is_opened_is_the_copy_that_was_measured(tmp_path: Path) -> None:
    """Of two sheets under one name in the archive the same one is measured and read, and no macro is copied."""
    content = workbook_files.xlsb({"Open": [["a"]]})
    path, packed = tmp_path / "open.xlsb", io.BytesIO(content)
    with zipfile.ZipFile(packed, "a") as archive:
        with pytest.warns(UserWarning):
            archive.writestr("xl/worksheets/sheet1.bin", b"the second")
        archive.writestr("xl/vbaProject.bin", b"macro")
    path.write_bytes(packed.getvalue())
    with zipfile.ZipFile(path) as archive:
        copy = unpack_workbook(archive, tmp_path, path.name).path
        assert copy.suffix == ".xlsb"
        with zipfile.ZipFile(copy) as plain:
            assert sorted(plain.namelist()) == sorted(set(archive.namelist()) - {"xl/vbaProject.bin"})
            assert all(plain.read(name) == archive.read(name) for name in plain.namelist())


def xlsx_with_errors(sheets: workbook_files.Sheets) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if str(cell).startswith("#"):
                        sheet.write_formula(place, column, "=VLOOKUP(1,Lists!A:A,1,FALSE)", value=cell)
                    else:
                        sheet.write(place, column, cell)
    return buffer.getvalue()


@pytest.mark.parametrize("write", [xlsx_with_errors, workbook_files.xlsb], ids=["xlsx", "xlsb"])
def test_a_formula_without_a_result_is_named_and_never_taken_for_blank(
    tmp_path: Path, write: Callable[[workbook_files.Sheets], bytes]
) -> None:
    day, due = dt.date(2026, 3, 5), dt.date(2026, 4, 4)
    sheets: workbook_files.Sheets = {
        "Jan's & co": [["Read me", "#N/A"]],
        "Open": [
            list(HEADER),
            ["A1", "Ash", "F1", day, due, 100.0],
            ["A1", "Ash", "F2", day, due, "#REF!"],
            ["#N/A", "Ash", "F3", day, due, 5.0],
            ["A1", "Ash", "F4", day, "#DIV/0!", 7.0],
            ["A1", "#N/A", "F5", day, due, 9.0],
        ],
    }
    report, rows = load(tmp_path, write(sheets), "open.xlsx")
    assert [(row[3], row[2]) for row in rows] == [("F1", "Ash"), ("F5", None)]  # a name alone may be missing
    folder = tmp_path / "warehouse" / "imports" / report.import_id
    said = duckdb.execute(
        "select line_no, column_name, value, reason ->> 'code', reason ->> 'error' from read_parquet(?) order by 1",
        [str(folder / "rejected.parquet")],
    ).fetchall()
    assert said == [
        (3, "Amount", "#REF!", "formula_error", "#REF!"),
        (4, "Customer No", "#N/A", "formula_error", "#N/A"),
        (5, "Due Date", "#DIV/0!", "formula_error", "#DIV/0!"),
    ]


def test_a_number_beyond_any_amount_is_named_in_a_workbook(tmp_path: Path) -> None:
    rows = [["C1", "Ash", f"F{n}", dt.date(2026, 3, 5), None, 10.0 + n] for n in range(300)]
    rows.append(["C1", "Ash", "F300", dt.date(2026, 3, 5), None, 1.5e17])
    report, read = load(tmp_path, xlsx_with_errors({"Open": [list(HEADER), *rows]}), "open.xlsx")
    assert (report.rows_accepted, report.rows_rejected, len(read)) == (300, 1, 300)
    path = tmp_path / "warehouse" / "imports" / report.import_id / "rejected.parquet"
    assert duckdb.execute("select line_no, reason ->> 'code' from read_parquet(?)", [str(path)]).fetchall() == [
        (302, "amount_too_large")
    ]
