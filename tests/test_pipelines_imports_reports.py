"""Reports as systems print them: totals of months between the rows, units above them, accounts of customers."""

from pathlib import Path

import pytest

from pipelines import i18n
from pipelines.importing import imports, imports_detail
from pipelines.settings import Settings
from tests.test_open_lists import found, settings

__all__ = ["settings"]  # the fixture

INVOICES = "Invoice No,Customer,Invoice Date,Amount\n"
MONTHS = (
    "日期,凭证号,客户名称,单据号,摘要,借方金额,贷方金额,余额\n"
    "2026-01-05,记-1,华东钢铁,XS001,销售,1000.00,,1000.00\n2026-01-20,记-2,华东钢铁,SK001,收款,,400.00,600.00\n"
    ",,,,本月合计,1000.00,400.00,600.00\n,,,,本年累计,1000.00,400.00,600.00\n"
    "2026-02-05,记-3,华东钢铁,XS002,销售,500.00,,1100.00\n,,,,本月合计,500.00,,1100.00\n"
)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (f"{INVOICES}I1,Ash,2026-01-05,100\n,Subtotal,,100\nI2,Elm,2026-01-06,200\n", None),
        (f"{INVOICES}I1,Ash,2026-01-05,100\nI2,Elm,2026-01-06,200\n,Subtotal,,301\n", "301.00"),
        (f"{INVOICES},Subtotal,,301\nI1,Ash,2026-01-05,100\nI2,Elm,2026-01-06,200\n", "301.00"),
        (f"{INVOICES}I1,Ash,2026-01-05,100\n,Total,,100\nI2,Elm,2026-01-06,200\n,Total,,200\n", "300.00"),
        (f"{INVOICES}I1,Ash,2026-01-05,100\n,Total,,100\nI2,Elm,2026-01-06,200\n,Total,,301\n", "401.00"),
        (MONTHS, None),
        (f"{MONTHS},,,,本年累计,1500.00,400.00,1100.00\n", "1100.00"),
    ],
    ids=["between", "below", "above", "each month", "each, one off", "months in Chinese", "to date in Chinese"],
)
def test_only_a_total_that_can_be_of_all_rows_is_the_total_of_the_file(
    tmp_path: Path, settings: Settings, text: str, stated: str | None
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    assert imports.import_file(path, settings).control_total == stated


def test_an_account_of_a_customer_is_a_ledger_though_its_credits_could_be_receipts(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "往来.csv"
    path.write_text(MONTHS, encoding="utf-8")
    report = imports.import_file(path, settings)
    assert (report.kind, report.ledger, report.accepted_total, report.payments) == ("invoices", "ledger", "1100.00", 1)


@pytest.mark.parametrize(
    ("title", "factor"),
    [
        ("All amounts in EUR thousands", 1000),
        ("Figures in $000s", 1000),
        ("US$ thousands", 1000),
        ("Angaben in Tsd. EUR", 1000),
        ("EUR millions", 10**6),
        ("Суммы в тыс. руб.", 1000),
        ("Thousand Oaks Ltd, amounts in EUR", 1),
        ("Credit limit $ 000123", 1),
        ("Total EUR 1,000.00", 1),
    ],
)
def test_a_unit_beside_a_currency_above_the_table_holds_for_all_amounts(
    tmp_path: Path, settings: Settings, title: str, factor: int
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f'"{title}"\n{INVOICES}I1,Ash,2026-01-05,1.50\nI2,Ash,2026-01-06,2.00\n', encoding="utf-8")
    assert imports.import_file(path, settings).accepted_total == f"{3.5 * factor:.2f}"


def test_a_ledger_that_opens_with_a_balance_is_no_list_of_open_items(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "ledger with opening balances.csv"
    path.write_text(f"{INVOICES}I1,Ash,2026-01-05,100\n", encoding="utf-8")
    assert imports.import_file(path, settings).ledger == "ledger"


ACCOUNT = "Date,Type,Number,Customer,Description,Debit,Credit,Balance\n"
SIDES = "日期,单据号,客户名称,摘要,借方,贷方,方向,余额\n"
MOVED = "2026-01-05,Invoice,INV-1,Ash,Goods,1000.00,,6000.00\n2026-01-20,Payment,R-1,Ash,Thanks,,400.00,5600.00\n"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (f"{ACCOUNT}2026-01-01,,,Ash,Opening balance,5000.00,,5000.00\n{MOVED}", ["5,000.00"]),
        (f"{ACCOUNT}2026-01-01,,,Ash,Balance b/f,,,\"5,000.00\"\n{MOVED}", ["5,000.00"]),
        (f"{ACCOUNT}2026-01-01,,,Ash,Balance b/f,,250.00,-250.00\n{MOVED}", ["-250.00"]),
        (f"{SIDES},,甲公司,上年结转,,,贷,250.00\n2026-01-05,A,甲公司,销售,9,,借,9\n", ["-250.00"]),
        (f"{ACCOUNT}2026-01-01,,,Ash,Opening balance,0.00,0.00,0.00\n{MOVED}", None),
        (f"{INVOICES}B/F,Ash,2026-01-01,50\nB/F,Elm,2026-01-01,30\nI1,Ash,2026-01-05,100\n", ["80.00"]),
    ],
    ids=["debit", "balance alone", "credit", "side in Chinese", "nothing", "for a number"],
)  # fmt: skip
def test_how_much_a_balance_from_before_leaves_missing_is_said(
    tmp_path: Path, settings: Settings, text: str, missing: list[str] | None
) -> None:
    path = tmp_path / "account.csv"
    path.write_text(text, encoding="utf-8")
    report = imports.import_file(path, settings)
    assert next((note["totals"] for note in report.notes if note["code"] == "opening_balances"), None) == missing
    assert (report.rows_rejected, report.rows_set_aside) == (2 if "B/F" in text else 1, 0 if missing else 1)


def test_balances_from_before_in_a_list_of_open_items_are_items_of_their_customers(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "open items 2026-01-31.csv"
    rows = "期初余额,Ash,2026-01-01,50,50\n期初余额,Elm,2026-01-01,30,30\nI1,Ash,2026-01-05,100,100\n"
    path.write_text(f"Invoice No,Customer,Invoice Date,Amount,Open Amount\n{rows}", encoding="utf-8")
    report = imports.import_file(path, settings)
    assert (report.rows_rejected, report.accepted_total) == (0, "180.00")
    sql = "select invoice_id, doc_type, open_doc::int from fct_open_items order by all"
    assert found(settings, sql) == [
        ("I1", "invoice", 100),
        ("期初余额 Ash", "invoice", 50),
        ("期初余额 Elm", "invoice", 30),
    ]


def test_rows_below_a_header_of_other_columns_are_not_read_as_what_they_are_not(
    tmp_path: Path, settings: Settings
) -> None:
    """Below the second header customers stand where the numbers of the first are; the third is the first again."""
    path = tmp_path / "report.csv"
    other = "Customer,Invoice No,Invoice Date,Amount\nElm,I2,2026-01-05,200\nTotal,,,200\n"
    again = f"{INVOICES}I3,Ash,2026-01-06,30\n"
    path.write_text(f"{INVOICES}I1,Ash,2026-01-05,100\n{other}{again}Total,,,130\n", encoding="utf-8")
    report = imports.import_file(path, settings)
    assert (report.accepted_total, report.control_total) == ("130.00", "130.00")
    rows = imports_detail.rejected(settings, report.import_id)
    reasons = {row["line_no"]: i18n.reasons("en", f"[{row['reason']}]")[0] for row in rows}
    told = [line for line, reason in reasons.items() if "another header (line 3: Customer | Invoice No" in reason]
    assert sorted(told) == [3, 4, 5]
    assert report.rows_read == report.rows_accepted + report.rows_rejected == 7
    assert [(note["line"], note["rows"]) for note in report.notes if note["code"] == "table_below"] == [(3, 2)]


def test_the_header_in_two_rows_once_more_begins_no_other_table(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "report.csv"
    head = "客户,,单据,,金额,\n编码,名称,单据号,单据日期,应收金额,未收金额\n"
    rows = [f"0101,青禾,F{number},2026-01-05,100,60\n" for number in range(4)]
    path.write_text(head + "".join(rows[:2]) + head + "".join(rows[2:]), encoding="utf-8")
    assert imports.import_file(path, settings).rows_accepted == 4


def test_a_table_above_the_one_that_is_read_is_named(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "report.csv"
    above = "客户,发票号,开票日期,金额\n甲公司,F1,2026-01-05,100\n甲公司,F2,2026-01-06,200\n\n收款单\n"
    path.write_text(
        above + "客户,收款单号,收款日期,收款金额,核销发票号\n甲公司,S1,2026-02-05,100,F1\n", encoding="utf-8"
    )
    notes = imports.import_file(path, settings).notes
    assert [(note["line"], note["rows"]) for note in notes if note["code"] == "table_above"] == [(1, 2)]


@pytest.mark.parametrize("label", ["核算项目：[客户]", "核算项目：【客户】", "核算项目：客户："])
def test_a_customer_in_brackets_above_its_documents_is_theirs(tmp_path: Path, settings: Settings, label: str) -> None:
    path = tmp_path / "明细账.csv"
    rows = [f"{label}{customer}\n2026-01-05,{customer}1,100,,100\n" for customer in ("甲公司", "乙公司")]
    head, *first = rows[0].splitlines(keepends=True)
    path.write_text(f"{head}日期,单据号,借方,贷方,余额\n{''.join(first)}{rows[1]}", encoding="utf-8")
    assert imports.import_file(path, settings).rows_accepted == 2
    opened = (
        "select c.customer_name, o.invoice_id from fct_open_items o join dim_customers c using (customer_id) order by 2"
    )
    assert found(settings, opened) == [("乙公司", "乙公司1"), ("甲公司", "甲公司1")]
