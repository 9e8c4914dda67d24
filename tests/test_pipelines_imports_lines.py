"""Where the amount of an invoice stands: on its lines, by age, on two sides, with its sign apart, or nowhere."""

import json
from pathlib import Path

import duckdb
import pytest

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.settings import Settings

LINES = """Invoice No,Line,Customer,Invoice Date,Due Date,Item,Qty,Amount,Balance
F1,1,Ash,2026-03-05,2026-04-04,Bolt,2,10,15
F1,2,Ash,2026-03-05,2026-04-04,Nut,1,5,15
F1,2,Ash,2026-03-05,2026-04-04,Nut,1,5,15
F2,1,Elm,2026-03-06,2026-04-05,Nut,1,7,7
F3,1,Oak,2026-03-06,2026-04-05,Nut,1,7,7
F3,2,Oak,2026-03-07,2026-04-05,Bolt,1,8,8
"""


def load(tmp_path: Path, text: str) -> tuple[imports.ImportReport, list[tuple], list[tuple]]:
    """The report, the accepted rows as (line, invoice, amount, open) and the others as (line, code)."""
    path, settings = tmp_path / "export.csv", Settings(home=tmp_path / "warehouse")
    path.write_text(text, encoding="utf-8")
    report = imports.import_file(path, settings)
    folder = settings.home / "imports" / report.import_id
    columns = "line_no, invoice_id, cast(amount as double), cast(open_amount as double)"
    rows = duckdb.execute(
        f"select {columns} from read_parquet(?) order by 1", [str(folder / "rows.parquet")]
    ).fetchall()
    rejected = duckdb.execute(
        "select line_no, reason from read_parquet(?) order by 1", [str(folder / "rejected.parquet")]
    ).fetchall()
    return report, rows, [(line, json.loads(reason)["code"]) for line, reason in rejected]


def test_the_lines_of_an_invoice_are_added_up(tmp_path: Path) -> None:
    report, rows, rejected = load(tmp_path, LINES)
    assert rows == [(2, "F1", 15.0, 15.0), (5, "F2", 7.0, 7.0)]
    assert rejected == [
        (3, "invoice_line"),
        (4, "duplicate_row"),
        (6, "conflicting_rows"),
        (7, "conflicting_rows"),
    ]
    assert (report.rows_read, report.rows_set_aside, report.accepted_total) == (6, 2, "22.00")
    note = next(note for note in report.notes if note["code"] == "lines_added_up")
    assert (note["rows"], note["invoices"], note["columns"]) == (2, 1, ["Line", "Item", "Qty"])
    assert all(i18n.reason(language, note) for language in i18n.LANGUAGES)


def test_an_amount_of_the_whole_invoice_on_each_line_is_taken_once(tmp_path: Path) -> None:
    text = "Invoice No,Item,Customer,Invoice Date,Invoice Amount\nF1,Bolt,Ash,2026-03-05,15\nF1,Nut,Ash,2026-03-05,15\n"
    _, rows, rejected = load(tmp_path, text)
    assert rows == [(2, "F1", 15.0, None)] and rejected == [(3, "duplicate_row")]


def test_without_a_column_of_lines_two_amounts_of_one_number_conflict(tmp_path: Path) -> None:
    text = "Invoice No,Customer,Invoice Date,Amount\nF1,Ash,2026-03-05,10\nF1,Ash,2026-03-05,5\nF2,Ash,2026-03-05,5\n"
    _, rows, rejected = load(tmp_path, text)
    assert rows == [(4, "F2", 5.0, None)] and [code for _, code in rejected] == ["conflicting_rows"] * 2


def test_what_stands_by_age_is_what_is_open_of_an_invoice(tmp_path: Path) -> None:
    text = """Customer,Invoice No,Invoice Date,Due Date,Current,1-30,31-60,>60
Ash,F1,2026-03-05,2026-04-05,10,,,
Ash,F2,2026-01-05,2026-02-05,,20,,
Elm,C1,2026-01-05,2026-02-05,,-5,,
Total,,,,10,15,0,0
"""
    report, rows, _ = load(tmp_path, text)
    assert (report.kind, report.ledger, report.control_total) == ("invoices", "open_items", "25.00")
    assert rows == [(2, "F1", 10.0, 10.0), (3, "F2", 20.0, 20.0), (4, "C1", -5.0, -5.0)]
    assert "amount_from_buckets" in [note["code"] for note in report.notes]


def test_debits_and_credits_in_columns_of_their_own(tmp_path: Path) -> None:
    text = "客户编码,客户名称,凭证号,日期,借方金额,贷方金额,方向,余额\nK1,甲,1,2026-03-05,1000.00,,借,1000\n"
    report, rows, _ = load(tmp_path, text + "K1,甲,2,2026-03-15,,300.00,借,700\n")
    assert rows == [(2, "1", 1000.0, None), (3, "2", -300.0, None)]  # the balance is the account's
    assert "credits_in_own_column" in [note["code"] for note in report.notes]


def test_a_sign_in_a_column_of_its_own(tmp_path: Path) -> None:
    text = """Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;Konto;Belegdatum;Belegfeld 1
1.190,00;S;10001;05.03.2026;RE1
100,00;H;10001;15.03.2026;GS1
"""
    report, rows, _ = load(tmp_path, text)
    assert rows == [(2, "RE1", 1190.0, None), (3, "GS1", -100.0, None)]
    assert "sign_in_own_column" in [note["code"] for note in report.notes]


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("客户编码,客户名称,发票号,开票日期,业务员,区域,账期", "K1,甲,F1,2026-03-05,陈,华东,30", "invoices"),
        ("Customer No,Customer Name,Invoice No,Invoice Date,Sales Rep", "C1,Ash,F1,2026-03-05,Jo", "invoices"),
        ("收款单号,客户编码,客户名称,收款日期,结算方式,业务员,区域", "R1,K1,甲,2026-03-05,电汇,陈,华东", "receipts"),
    ],
)
def test_documents_without_an_amount_are_no_list_of_customers(tmp_path: Path, header: str, row: str, kind: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, f"{header}\n{row}\n")
    assert (caught.value.code, caught.value.kind, caught.value.columns) == ("error.columns_missing", kind, ["amount"])


UNUSUAL = {
    "unusual_amount": ["90000000.00", None, None],
    "unusual_date": [None, "2062-03-05", None],
    "unusual_currency": [None, None, "USD"],
}


@pytest.mark.parametrize("code", UNUSUAL)
def test_what_is_unusual_is_noted_with_its_line(tmp_path: Path, code: str) -> None:
    amount, day, currency = UNUSUAL[code]
    lines = [f"Ash,F{i},2026-03-{1 + i % 28:02},{100 + i}.00,EUR" for i in range(30)]
    lines[12] = f"Ash,F12,{day or '2026-03-05'},{amount or '100.00'},{currency or 'EUR'}"
    report, rows, _ = load(tmp_path, "\n".join(["Customer,Invoice No,Date,Amount,Currency", *lines]))
    found = {note["code"]: note for note in report.notes if note["code"].startswith("unusual")}
    assert list(found) == [code] and (found[code]["rows"], found[code]["lines"]) == (1, "14")
    assert all(i18n.reason(language, found[code]) for language in i18n.LANGUAGES)
    assert len(rows) == 30


def test_a_mistyped_credit_code_is_noted_and_an_identity_card_is_not(tmp_path: Path) -> None:
    """Two right codes; one with a wrong check character, one with O for 0; a card's number; another country's."""
    numbers = ["91000000MA0000001R", "91110000600037341l", "91110000600037341K", "9111OOOO600037341L"]
    numbers += ["11010519491231002X", "DE123456789", ""]
    path = tmp_path / "customers.csv"
    rows = [f"C{i},Customer {i},{number}" for i, number in enumerate(numbers)]
    path.write_text("\n".join(["Customer No,Customer Name,Tax ID", *rows]), encoding="utf-8")
    report = imports.import_file(path, Settings(home=tmp_path / "warehouse"))
    noted = [note for note in report.notes if note["code"] == "unusual_tax_id"]
    assert report.rows_accepted == len(numbers)
    assert [(note["rows"], note["lines"]) for note in noted] == [(2, "4, 5")]
