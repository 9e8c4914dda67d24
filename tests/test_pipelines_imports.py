"""One export in, one folder out: what is accepted, what is set aside and why, and what a broken file leaves behind."""

import io
import json
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from pipelines import i18n
from pipelines.canonical import KINDS
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

ROOT = Path(__file__).resolve().parent.parent
LEDGER = """Customer Code,Invoice No,Invoice Date,Due Date,Amount,Currency,Status
00017,000123,2026-01-05,2026-02-04,1200.50,eur,Paid
00018,000124,2026-01-06,,99.90,EUR,Open
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def write(tmp_path: Path, content: str | bytes, name: str = "invoices.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows(settings: Settings, report: imports.ImportReport, name: str = "rows", columns: str = "*") -> list[tuple]:
    path = Warehouse.of(settings).imports / report.import_id / f"{name}.parquet"
    return duckdb.execute(f"select {columns} from read_parquet(?) order by line_no", [str(path)]).fetchall()


def test_a_ledger_becomes_typed_rows_with_the_canonical_columns(tmp_path: Path, settings: Settings) -> None:
    report = imports.import_file(write(tmp_path, LEDGER), settings)
    assert (report.kind, report.ledger, report.rows_read, report.rows_accepted) == ("invoices", "ledger", 2, 2)
    assert report.accepted_total == "1300.40" and report.currencies == ("EUR",)
    path = Warehouse.of(settings).imports / report.import_id / "rows.parquet"
    described = duckdb.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
    expected = [("import_id", "VARCHAR"), ("line_no", "BIGINT"), *((c.name, c.sql_type) for c in KINDS["invoices"])]
    assert [(name, kind) for name, kind, *_ in described] == expected
    assert rows(settings, report, columns="line_no, customer_id, invoice_id, cast(due_date as varchar), status") == [
        (2, "00017", "000123", "2026-02-04", "paid"),
        (3, "00018", "000124", None, "open"),
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "newline"),
    [("utf-8-sig", ",", "\r\n"), ("gb18030", ";", "\n"), ("utf-8", "\t", "\r"), ("utf-16", "|", "\n")],
)
def test_chinese_headers_in_any_encoding(
    tmp_path: Path, settings: Settings, encoding: str, delimiter: str, newline: str
) -> None:
    lines = [
        "客户编码,客户名称,发票号码,开票日期,到期日,价税合计,币种,业务员",
        "K01,远山机电,FP001,2026年3月5日,2026-4-4,88.00,人民币,陈立",
    ]
    text = newline.join(line.replace(",", delimiter) for line in lines) + newline
    report = imports.import_file(write(tmp_path, text, encoding=encoding), settings)
    wanted = "customer_name, invoice_id, cast(issue_date as varchar), cast(due_date as varchar), amount, currency, rep"
    assert rows(settings, report, columns=wanted) == [
        ("远山机电", "FP001", "2026-03-05", "2026-04-04", Decimal("88"), "CNY", "陈立")
    ]


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, LEDGER)
    first = imports.import_file(path, settings)
    second = imports.import_file(path, settings)
    assert second.already_imported and second.import_id == first.import_id
    assert [r.import_id for r in imports.list_imports(settings)] == [first.import_id]


def test_a_retracted_import_stays_on_disk_and_can_come_back(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, LEDGER)
    first = imports.import_file(path, settings)
    assert imports.retract(settings, first.import_id).retracted_at
    again = imports.import_file(path, settings)
    assert not again.already_imported and again.import_id != first.import_id
    assert [bool(r.retracted_at) for r in imports.list_imports(settings)] == [True, False]


def test_every_row_is_accepted_or_rejected_with_line_column_value_and_reason(
    tmp_path: Path, settings: Settings
) -> None:
    text = """Customer,Invoice No,Date,Amount
A,1,2026-01-01,10
A,2,2026-01-02,ten
A,3,2026-13-40,30
A,,2026-01-04,40
A,5,2026-01-05,50
A,5,2026-01-05,50
A,6,2026-01-06,60
A,6,2026-01-06,61
Total,,,310
"""
    report = imports.import_file(write(tmp_path, text), settings)
    assert report.rows_read == report.rows_accepted + report.rows_rejected == 9
    assert (report.rows_accepted, report.rows_set_aside, report.control_total) == (2, 2, "310.00")
    found = [
        (line, column, value, json.loads(reason)["code"])
        for line, column, value, reason in rows(settings, report, "rejected", "line_no, column_name, value, reason")
    ]
    assert found == [
        (3, "Amount", "ten", "amount_not_read"),
        (4, "Date", "2026-13-40", "date_not_read"),
        (5, "Invoice No", None, "missing_value"),
        (7, "Invoice No", "5", "duplicate_row"),
        (8, "Invoice No", "6", "conflicting_rows"),
        (9, "Invoice No", "6", "conflicting_rows"),
        (10, "Invoice No", "Total", "total_row"),
    ]


@pytest.mark.parametrize("header", ["Amount", "金额（万元）"])
def test_what_is_larger_than_any_amount_and_what_a_formula_left_are_named(
    tmp_path: Path, settings: Settings, header: str
) -> None:
    text = f"""Customer No,Name,Invoice No,Date,Due Date,{header},Currency
A,Ash,1,2026-01-05,2026-02-05,100,EUR
B,Ash,2,2026-01-06,2026-02-05,12345678901234567.00,EUR
B,Ash,3,2026-01-06,2026-02-05,99999999999999999 CR,EUR
B,Ash,4,2026-01-06,2026-02-05,1.5E+17,EUR
C,Ash,5,2026-01-07,2026-02-05,#REF!,EUR
#N/A,Ash,6,2026-01-07,2026-02-05,5,EUR
E,Ash,7,#VALUE!,2026-02-05,5,EUR
F,Ash,8,2026-01-07,#NV,5,EUR
G,Ash,9,2026-01-07,2026-02-05,5,#REF!
H,#N/A,10,2026-01-07,2026-02-05,5,EUR
# of rows: 10,,,,,,
"""
    report = imports.import_file(write(tmp_path, text), settings)
    taken = rows(settings, report, "rows", "invoice_id, customer_name, currency")
    assert taken == [("1", "Ash", "EUR"), ("10", None, "EUR")]
    found = [json.loads(reason) for (reason,) in rows(settings, report, "rejected", "reason")]
    assert [(each["code"], each.get("error")) for each in found] == [
        *[("amount_too_large", None)] * 3,
        *[("formula_error", error) for error in ("#REF!", "#N/A", "#VALUE!", "#NV", "#REF!")],
        ("comment_row", None),
    ]


def test_an_amount_that_its_unit_makes_too_large_is_named(tmp_path: Path, settings: Settings) -> None:
    text = "Customer No,Invoice No,Date,金额（万元）\nA,1,2026-01-05,100\nB,2,2026-01-06,99999999999\n"
    report = imports.import_file(write(tmp_path, text), settings, kind="invoices")
    assert (report.accepted_total, report.rows_accepted) == ("1000000.00", 1)
    ((reason,),) = rows(settings, report, "rejected", "reason")
    assert json.loads(reason)["code"] == "amount_too_large"


def test_subtotals_are_set_aside_by_name(tmp_path: Path, settings: Settings) -> None:
    lines = ["客户名称,发票号,开票日期,金额", "甲,1,2026-01-01,10", "甲,2,2026-01-02,20", "甲,3,2026-01-03,30"]
    text = "\n".join([*lines, "小计,,,60", "合计,,,60"])
    report = imports.import_file(write(tmp_path, text), settings)
    assert (report.accepted_total, report.rows_set_aside, report.rows_rejected) == ("60.00", 2, 2)
    assert report.differences == [("", 0)]


def test_workbook_with_titles_and_total_row(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "aging.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("AR")
        sheet.write_row(0, 0, ["Northwind Pumps"])
        sheet.write_row(1, 0, ["As of 31 March 2026"])
        sheet.write_row(3, 0, ["Customer No", "Invoice", "Invoice Date", "Due Date", "Open Amount"])
        sheet.write_row(4, 0, ["007", 4711, 46000, 46030, 12.5])
        sheet.write_row(5, 0, ["007", 4712, 46001, 46031, -2])
        sheet.write_row(6, 0, ["Total", "", "", "", 10.5])
    report = imports.import_file(path, settings)
    assert (str(report.as_of), report.ledger, report.control_total) == ("2026-03-31", "open_items", "10.50")
    assert rows(
        settings, report, columns="line_no, customer_id, invoice_id, cast(issue_date as varchar), doc_type"
    ) == [
        (5, "007", "4711", "2025-12-09", None),
        (6, "007", "4712", "2025-12-10", "credit_note"),
    ]


def zipped(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


BAD = {
    "empty": (b"", "error.file_empty"),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "error.file_empty"),
    "header only": (b"Customer,Invoice No,Date,Amount\n", "error.file_header_only"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "error.file_wrong_format"),
    "image": (b"\x89PNG\r\n\x1a\n\x00\x00", "error.file_wrong_format"),
    "garbage": (bytes(range(256)) * 40, "error.file_binary"),
    "password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
        "error.file_password",
    ),
    "cut workbook": (zipped(["xl/workbook.xml"])[:80], "error.file_broken"),
    "destroyed dates": (b"Customer,Invoice No,Date,Amount\nA,1,00:00.0,5\nA,2,00:00.0,6\n", "error.dates_destroyed"),
    "dates that fit two orders": (b"Customer,Invoice No,Date,Amount\nA,1,03/04/2026,5\n", "error.date_order_unclear"),
    "no row readable": (b"Customer,Invoice No,Date,Amount\nA,1,soon,5\n", "error.nothing_accepted"),
    "another table": (b"first,last,address\nJo,Do,Main St\n", "error.table_unknown"),
    "columns missing": (b"Customer,Invoice No,Amount\nA,1,5\n", "error.columns_missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_in_both_languages_and_leaves_nothing(
    tmp_path: Path, settings: Settings, name: str
) -> None:
    content, code = BAD[name]
    kept = imports.import_file(write(tmp_path, LEDGER, "good.csv"), settings)
    with pytest.raises(UserError) as caught:
        imports.import_file(write(tmp_path, content, "bad.csv"), settings)
    assert caught.value.code == code
    for language in i18n.LANGUAGES:
        text = caught.value.text(language)
        assert text.startswith("bad.csv") and "\n" not in text
    assert [p.name for p in Warehouse.of(settings).imports.iterdir()] == [kept.import_id]
    assert imports.preview(tmp_path / "bad.csv", settings).problem is not None


def test_clean_up_removes_what_a_killed_import_left(tmp_path: Path, settings: Settings) -> None:
    kept = imports.import_file(write(tmp_path, LEDGER), settings)
    left = Warehouse.of(settings).imports / f"{UNFINISHED}abc"
    left.mkdir()
    (left / "rows.parquet").write_bytes(b"half")
    assert [r.import_id for r in imports.list_imports(settings)] == [kept.import_id]
    assert imports.clean_up(settings) == [left] and not left.exists()


def test_preview_shows_what_an_import_would_do_and_stores_nothing(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, LEDGER)
    shown = imports.preview(path, settings)
    assert not settings.home.exists() and shown.problem is None and shown.report is not None
    amount = next(c for c in shown.columns if c.name == "amount")
    assert (amount.source, amount.samples, amount.parsed) == ("Amount", ("1200.50", "99.90"), ("1200.5000", "99.9000"))
    assert shown.report.rows_accepted == imports.import_file(path, settings).rows_accepted


def test_every_stored_reason_and_note_has_words_in_both_languages(tmp_path: Path, settings: Settings) -> None:
    text = (
        'Customer,Invoice No,Date,Amount,Status\nA,1,05/13/2026,"1,234.50",weird\nA,2,05/14/2026,(5),open\nSum,,,7,\n'
    )
    report = imports.import_file(write(tmp_path, text), settings)
    spoken = [e for c in report.columns.values() for e in c["evidence"]] + report.notes
    spoken += [json.loads(r) for (r,) in rows(settings, report, "rejected", "reason")]
    assert spoken and all(i18n.reason(language, item) for language in i18n.LANGUAGES for item in spoken)


def test_a_killed_import_is_invisible_and_cleaned_up(tmp_path: Path, settings: Settings) -> None:
    rows = "".join(f"C{i},I{i},2026-01-02,,{i}.50,EUR,open\n" for i in range(200_000))
    path = write(tmp_path, LEDGER.splitlines()[0] + "\n" + rows)
    code = "import sys; from pathlib import Path; from pipelines.importing import imports; "
    code += "from pipelines.settings import Settings; "
    code += "imports.import_file(Path(sys.argv[1]), Settings(home=Path(sys.argv[2])))"
    process = subprocess.Popen([sys.executable, "-c", code, str(path), str(settings.home)], cwd=ROOT)
    folder = Warehouse.of(settings).imports
    while process.poll() is None and not list(folder.glob(f"{UNFINISHED}*/original*")):
        pass
    process.kill()
    process.wait()
    assert imports.list_imports(settings) == []
    assert imports.clean_up(settings) and not list(folder.iterdir())
    assert imports.import_file(path, settings).rows_accepted == 200_000


def test_receipts_booked_as_credits_are_turned(tmp_path: Path, settings: Settings) -> None:
    text = "Receipt No,Customer ID,Payment Date,Amount\nR1,A,2026-01-05,-10\nR1,B,2026-01-05,-20\n"
    report = imports.import_file(write(tmp_path, text, "receipts.csv"), settings)
    assert (report.rows_accepted, report.accepted_total) == (2, "30.00")
    assert {"code": "receipts_turned"} in report.notes


@pytest.mark.parametrize(
    ("name", "title", "as_of"),
    [
        ("open.csv", "As of April 30, 2026", "2026-04-30"),
        ("open.csv", "截至2026年4月30日", "2026-04-30"),
        ("open.csv", "1-Apr-26 to 30-Apr-26", "2026-04-30"),
        ("open.csv", "Receivables 2026-04-30", "2026-04-30"),
        ("open_20260430.csv", "Receivables", "2026-04-30"),
        ("open_2026-01-01.csv", "Receivables", "2026-03-06"),
        ("open.csv", "Receivables", "2026-03-06"),
    ],
)
def test_the_date_a_list_was_made_for(tmp_path: Path, settings: Settings, name: str, title: str, as_of: str) -> None:
    text = f'"{title}"\nCustomer,Invoice No,Date,Open Balance\nA,1,2026-03-05,5\nA,2,2026-03-06,5\n'
    assert str(imports.import_file(write(tmp_path, text, name), settings).as_of) == as_of


def test_characters_that_cannot_be_read_are_counted(tmp_path: Path, settings: Settings) -> None:
    text = "客户,发票号,开票日期,金额\n" + "".join(f"青禾贸易,{i},2026-03-05,5\n" for i in range(20_000))
    content = text.encode() + b"\xe9\x9d,last,2026-03-05,5\n"
    report = imports.import_file(write(tmp_path, content), settings)
    assert report.rows_accepted == 20_001 and {"code": "characters_lost", "count": 1} in report.notes
