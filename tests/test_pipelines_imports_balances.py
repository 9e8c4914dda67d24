"""Columns beside the amounts: balances of an account, sides, taxes, marks, and parts of a date."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.settings import Settings
from tests.loaded_files import codes, load


def refused(tmp_path: Path, text: str) -> UserError:
    with pytest.raises(UserError) as raised:
        load(tmp_path, text, "1", "refused.csv")
    assert raised.value.text("en") and raised.value.text("zh_CN")
    shown = imports.preview(tmp_path / "refused.csv", Settings(home=tmp_path / "warehouse")).problem
    assert shown is not None and shown.code == raised.value.code, "the page says the same before anything is loaded"
    return raised.value


def test_a_running_balance_is_not_what_is_open_and_the_account_of_the_ledger_no_customer(tmp_path: Path) -> None:
    text = (
        ",Type,Date,Num,Account,Amount,Balance\nHartley Mills,,,,,,\n"
        ",Invoice,09/14/2025,1021,1200 · Accounts Receivable,1200.00,1200.00\n"
        ",Payment,10/20/2025,55,1200 · Accounts Receivable,-500.00,700.00\nTotal Hartley Mills,,,,,700.00,700.00\n"
        "Orchard Lane,,,,,,\n,Invoice,03/22/2026,1033,1200 · Accounts Receivable,850.50,850.50\n"
        "Total Orchard Lane,,,,,850.50,850.50\nTOTAL,,,,,1550.50,1550.50\n"
    )
    report, rows = load(tmp_path, text, "customer_id, amount, open_amount")
    assert rows == [
        ("Hartley Mills", Decimal(1200), None),
        ("Hartley Mills", Decimal(-500), None),
        ("Orchard Lane", Decimal("850.5"), None),
    ]
    assert "balance_runs" in codes(report) and report.ledger == "ledger"


def test_what_is_open_of_documents_stays_though_it_stands_under_balance(tmp_path: Path) -> None:
    text = "Customer,Invoice No,Invoice Date,Amount,Balance\nElm,1,2026-01-05,100,40\nElm,2,2026-01-06,50,50\n"
    report, rows = load(tmp_path, text, "open_amount")
    assert rows == [(Decimal(40),), (Decimal(50),)] and "open_above_amount" not in codes(report)
    report, _ = load(tmp_path, text.replace("50,50", "50,60"), "open_amount", "beyond.csv")
    assert next(note for note in report.notes if note["code"] == "open_above_amount")["lines"] == "3"


def test_money_received_on_rows_of_its_own_is_a_credit(tmp_path: Path) -> None:
    text = (
        "日期,单据类型,单据编号,客户,应收金额,收款金额,余额\n2026-01-06,应收单,AR12,青禾贸易,5650,,6650\n"
        "2026-01-25,收款单,SK1,青禾贸易,,3000,3650\n"
    )
    _, rows = load(tmp_path, text, "doc_type, amount, open_amount")
    assert rows == [("invoice", Decimal(5650), None), ("payment", Decimal(-3000), None)]
    list_ = (
        "日期,单据编号,客户,应收金额,收款金额,余额\n2026-01-06,AR12,青禾贸易,5650,3000,2650\n"
        "2026-01-07,AR13,青禾贸易,10,,10\n"
    )
    assert load(tmp_path, list_, "amount, open_amount", "list.csv")[1] == [
        (Decimal(5650), Decimal(2650)),
        (Decimal(10), Decimal(10)),
    ]


def test_a_running_balance_without_known_movements_is_refused_with_their_columns(tmp_path: Path) -> None:
    found = refused(
        tmp_path,
        "日期,单据编号,往来单位,进,出,应收余额\n2026-01-06,X1,青禾贸易,5650,,6650\n2026-01-25,S1,青禾贸易,,3000,3650\n"
        "2026-02-03,T1,青禾贸易,,150,3500\n",
    )
    assert found.code == "error.balance_runs" and "出" in found.text("zh_CN") and "“应收余额”" in found.text("en")
    found = refused(
        tmp_path, "摘要,客户,进,出,余额\n销售,青禾,5650,,5650\n收款,青禾,,3000,2650\n销售,远帆,1130,,3780\n"
    )
    assert found.code == "error.balance_runs"


def test_credit_balances_are_negative_by_their_side_or_their_column(tmp_path: Path) -> None:
    text = (
        "客户编码,客户名称,方向,期初余额,借方,贷方,方向,期末余额\n0101,青禾贸易,借,1000,5650,3000,借,3650\n"
        "0103,松江物流,借,500,0,700,贷,200\n合计,,借,1500,5650,3700,借,3450\n"
    )
    report, rows = load(tmp_path, text, "open_amount")
    assert rows == [(Decimal(3650),), (Decimal(-200),)] and report.control_total == "3450.00"
    text = "客户编码,客户名称,期末余额,\n,,借方,贷方\n0101,青禾贸易,3650,\n0103,松江物流,,200\n0104,白石,,\n"
    report, rows = load(tmp_path, text, "open_amount", "two.csv")
    assert rows == [(Decimal(3650),), (Decimal(-200),)] and "balance_sign_in_column" in codes(report)


def test_a_bucket_that_is_not_understood_is_asked_about_and_not_left_out(tmp_path: Path) -> None:
    text = "Customer,{},30 or less,31 to 60,Total Unpaid\nElm,565.00,1.00,0,566.00\nFir,,0,1130.00,1130.00\n"
    report, _ = load(tmp_path, text.format("Not Yet Overdue"), "1")
    assert report.accepted_total == "1696.00"
    found = refused(tmp_path, text.format("Erewhon"))
    assert found.code == "error.bucket_unknown" and "Erewhon" in found.text("en") and "Total Unpaid" in found.text("en")
    other = text.format("Erewhon").replace(",Total Unpaid", "").replace(",566.00", "").replace(",1130.00\n", "\n")
    report, _ = load(tmp_path, other, "1", "noted.csv")
    assert {"code": "columns_among_buckets", "columns": ["Erewhon"]} in report.notes


def test_documents_among_sums_are_refused_on_the_page_too(tmp_path: Path) -> None:
    text = "Customer,Due Date,0-30,31-60\nAsh,,5.00,7.00\nf-a,2026-04-01,5.00,\nf-b,2026-03-01,,7.00\n"
    assert refused(tmp_path, text).code == "error.documents_among_sums"


def test_documents_without_a_date_of_issue_are_balances_and_say_so(tmp_path: Path) -> None:
    text = "Customer Name,Invoice Number,Due Date,Current,1 - 30 Days\nBirch,50001,2026-02-15,0,900.00\n"
    report, _ = load(tmp_path, text, "1")
    assert report.kind == "aged_summary" and {"code": "documents_summed", "column": "Invoice Number"} in report.notes


def test_taxes_are_added_where_no_column_holds_the_amount_with_them(tmp_path: Path) -> None:
    text = (
        "发票号码,购方企业名称,开票日期,商品名称,{},税额{}\nF1,青禾,2026-01-06,轴承,100,13{}\n"
        "F1,青禾,2026-01-06,垫片,10,1.3{}\n"
    )
    report, rows = load(tmp_path, text.format("金额", "", "", ""), "amount")
    assert rows == [(Decimal("124.3"),)] and "tax_added" in codes(report)
    assert load(tmp_path, text.format("金额（含税）", "", "", ""), "amount", "gross.csv")[1] == [(Decimal(110),)]
    rows = load(tmp_path, text.format("金额", ",价税合计", ",113", ",11.3"), "amount", "both.csv")[1]
    assert rows == [(Decimal("124.3"),)]


def test_numbers_of_electronic_invoices_stand_in_for_blank_ones_and_reversals_count_once(tmp_path: Path) -> None:
    text = (
        "发票号码,数电发票号码,购买方名称,开票日期,价税合计,发票状态\n,26112001,青禾贸易,2026-01-06,1130,已红冲-全额\n"
        ",26112002,青禾贸易,2026-02-06,-1130,正常\n00012346,,远帆机电,2026-02-06,2260,{}\n"
    )
    report, rows = load(tmp_path, text.format("正常"), "invoice_id, status")
    assert rows == [("26112001", "open"), ("26112002", "open"), ("00012346", "open")]
    assert {"code": "reversed_kept", "rows": 1} in report.notes
    alone = text.format("已作废").replace(",26112002,青禾贸易,2026-02-06,-1130,正常\n", "")
    assert load(tmp_path, alone, "status", "alone.csv")[1] == [("void",), ("void",)]


def test_a_mark_of_its_own_makes_a_document_void(tmp_path: Path) -> None:
    text = (
        "单据编号,业务日期,客户,价税合计,单据状态,作废状态\n"
        "A1,2026-01-06,青禾,10,已审核,否\nA2,2026-01-06,青禾,10,已审核,是\n"
    )
    assert load(tmp_path, text, "status")[1] == [("open",), ("void",)]


def test_what_is_open_in_the_books_is_not_set_against_amounts_of_documents(tmp_path: Path) -> None:
    text = (
        "单据编号,业务日期,客户,币别,原币金额,本币未收金额\n"
        "A1,2026-01-06,青禾,{},1000,7100\nA2,2026-01-07,远帆,人民币,500,500\n"
    )
    report, rows = load(tmp_path, text.format("美元"), "amount, open_amount")
    assert rows == [(Decimal(1000), None), (Decimal(500), None)] and "open_in_other_currency" in codes(report)
    _, rows = load(tmp_path, text.format("人民币").replace("7100", "710"), "open_amount", "own.csv")
    assert rows == [(Decimal(710),), (Decimal(500),)]


def test_what_is_open_and_each_currency_are_summed_apart_to_be_seen_before_loading(tmp_path: Path) -> None:
    text = (
        "Customer,Invoice No,Invoice Date,Amount,Open Amount,Currency\n"
        "Elm,1,2026-01-05,1000,400,USD\nElm,2,2026-01-06,500,0,EUR\nFir,3,2026-01-06,1500,1500,USD\n"
    )
    report, _ = load(tmp_path, text, "1")
    assert {"code": "open_sum", "rows": 3, "cents_open": 1900.0} in report.notes
    assert {"code": "totals_by_currency", "totals": ["USD 2,500.00", "EUR 500.00"]} in report.notes


def test_orders_of_a_shop_are_documents_of_the_person_billed(tmp_path: Path) -> None:
    text = (
        "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,Billing Name,Outstanding Balance\n"
        "#1001,a@example.com,paid,2026-01-05 10:00:00 -0500,USD,118.00,2026-01-05 10:00:00 -0500,Mug,Elm,0.00\n"
        "#1002,b@example.com,pending,,USD,216.00,2026-03-02 09:00:00 -0500,Kettle,Fir,216.00\n"
    )
    report, rows = load(tmp_path, text, "invoice_id, customer_name, amount, open_amount, status")
    assert report.kind == "invoices" and rows[1] == ("#1002", "Fir", Decimal(216), Decimal(216), "open")


PARTS = (
    "{}年,月,日,凭证号,客户名称,单据号,本期应收,本期收回,余额\n"
    "{}1,6,记-12,青禾贸易,X1,5650,,6650\n{}2,8,记-9,远帆机电,X2,1130,,1130\n"
)


def test_dates_in_three_columns_are_whole_ones(tmp_path: Path) -> None:
    report, rows = load(tmp_path, PARTS.format("", "2026,", "2026,"), "issue_date, amount")
    assert rows == [(dt.date(2026, 1, 6), Decimal(5650)), (dt.date(2026, 2, 8), Decimal(1130))]
    assert report.columns["issue_date"]["source"] == "年-月-日"
    again = imports.import_file(tmp_path / "export.csv", Settings(home=tmp_path / "warehouse"))
    assert again.already_imported
    _, rows = load(tmp_path, PARTS.format("", "2025,", ","), "issue_date", "once.csv")
    assert rows == [(dt.date(2025, 1, 6),), (dt.date(2025, 2, 8),)], "a blank year is the one above"


def test_the_year_of_a_month_and_a_day_stands_above_them_or_nowhere(tmp_path: Path) -> None:
    text = "{},,凭证号,客户,借方,贷方\n月,日,,,,\n01,06,记-12,青禾贸易,5650,\n02,08,记-9,青禾贸易,,30\n"
    report, rows = load(tmp_path, text.format("2026年"), "issue_date")
    assert rows == [(dt.date(2026, 1, 6),), (dt.date(2026, 2, 8),)]
    assert report.columns["issue_date"]["source"] == "月-日 (2026)"
    assert refused(tmp_path, text.format("")).code == "error.columns_missing"


def test_days_without_a_year_have_that_of_the_period_in_the_title(tmp_path: Path) -> None:
    text = "{}\n客户,发票号,开票日期,到期日,应收金额\n青禾,F1,12月6日,1月5日,50\n远帆,F2,2月8日,12月1日,10\n"
    report, rows = load(tmp_path, text.format("期间：2025年11月至2026年3月"), "issue_date::varchar, due_date::varchar")
    assert rows == [("2025-12-06", "2026-01-05"), ("2026-02-08", "2025-12-01")]
    note = next(note for note in report.notes if note["code"] == "year_from_period")
    assert "2025-11-01" in i18n.reason("zh_CN", note)
    assert refused(tmp_path, text.format("截至2026年3月31日")).code == "error.nothing_accepted"


def test_lists_of_names_are_written_as_the_language_does() -> None:
    note = {"code": "headers_repeated", "headers": ["方向", "金额"]}
    assert "方向、金额" in i18n.reason("zh_CN", note) and "方向, 金额" in i18n.reason("en", note)
