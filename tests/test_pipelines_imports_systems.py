"""Lists as systems write them: whose number, which amount, which currency and which kind are told by rule."""

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.importing import imports
from pipelines.settings import Settings
from tests.loaded_files import codes, load


def test_items_that_fall_due_are_no_receipts_though_they_have_a_clearing_date(tmp_path: Path) -> None:
    text = (
        "Company Code,Customer,Customer Name,Journal Entry,Journal Entry Date,Net Due Date,Amount (CoCd Crcy),"
        "Company Code Currency,Clearing Date,Journal Entry Type\n"
        "1010,17001,Birke AG,90000012,2026-01-05,2026-02-04,1190.00,EUR,2026-02-10,RV\n"
        "1010,17002,Fichte KG,90000013,2026-01-09,2026-02-08,2380.50,EUR,,RV\n"
        "1010,17001,Birke AG,14000003,2026-02-10,2026-02-10,-1190.00,EUR,2026-02-10,DZ\n"
    )
    report, rows = load(tmp_path, text, "invoice_id, doc_type, amount, currency")
    assert report.kind == "invoices"
    assert rows[0] == ("90000012", "invoice", Decimal(1190), "EUR") and rows[2][1] == "prepayment"


def test_items_that_fall_due_without_a_number_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        "Customer,Customer Name,Net Due Date,Amount,Clearing Date\n17001,Birke AG,2026-02-04,1190.00,2026-02-10\n"
    )
    problem = imports.preview(path, Settings(home=tmp_path / "warehouse")).problem
    assert problem is not None and problem.code == "error.columns_missing" and "invoices" in problem.text("en")


NETSUITE = (
    "Internal ID,Date,Document Number,Type,Name,Account,Status,Due Date/Receive By,Amount,Amount Remaining,Currency\n"
    "5501,1/5/2026,INV21,Invoice,{0},{1},Invoice : Open,2/14/2026,100.00,100.00,US Dollar\n"
    "5502,1/9/2026,INV22,Invoice,{2},{3},Invoice : Paid In Full,2/18/2026,50.00,0.00,US Dollar\n"
)


@pytest.mark.parametrize(
    ("cells", "customers"),
    [
        (("Harbor Mills", "1200 Receivables", "Quarry Bros", "1200 Receivables"), ["Harbor Mills", "Quarry Bros"]),
        (("Harbor Mills", "C-7", "Quarry Bros", "C-9"), ["C-7", "C-9"]),
        (("Harbor Mills", "C-7", "Harbor Mills", "C-7"), ["C-7", "C-7"]),
    ],
)
def test_the_account_of_the_ledger_is_no_customer(tmp_path: Path, cells: tuple[str, ...], customers: list[str]) -> None:
    _, rows = load(tmp_path, NETSUITE.format(*cells), "customer_id, status, due_date::varchar")
    assert [row[0] for row in rows] == customers
    assert [row[1:] for row in rows] == [("open", "2026-02-14"), ("paid", "2026-02-18")]


LOCAL = (
    "Customer,Document Number,Document Date,Net due date,Amount in local currency,Document currency\n"
    "17001,180001,2026-01-05,2026-02-04,11400.00,EUR\n17002,180002,2026-01-06,2026-02-05,500.00,{}\n"
)


def test_amounts_of_the_books_do_not_take_the_currency_of_the_documents(tmp_path: Path) -> None:
    several, rows = load(tmp_path, LOCAL.format("GBP"), "currency")
    assert rows == [(None,), (None,)] and "currency_of_documents" in codes(several)
    one, rows = load(tmp_path, LOCAL.format("EUR"), "currency", "one.csv")
    assert rows == [("EUR",), ("EUR",)] and "currency_perhaps" in codes(one)
    own, rows = load(tmp_path, LOCAL.replace("Document cur", "Local cur").format("GBP"), "currency", "own.csv")
    assert rows == [("EUR",), ("GBP",)] and not {"currency_of_documents", "currency_perhaps"} & codes(own)


def test_a_document_goes_by_its_number_and_not_by_the_key_of_its_database(tmp_path: Path) -> None:
    text = "Invoice Date,Invoice ID,Invoice Number,Customer Name,Total\n2026-01-05,46001,INV-1,Banyan,10\n"
    assert load(tmp_path, text, "invoice_id")[1] == [("INV-1",)]
    text = "Invoice Date,Invoice ID,Customer Name,Total\n2026-01-05,46001,Banyan,10\n"
    assert load(tmp_path, text, "invoice_id", "key.csv")[1] == [("46001",)]


def test_dates_of_one_column_decide_for_another_and_payments_need_no_number(tmp_path: Path) -> None:
    text = (
        "As of March 31 2026,,,,,,\nDate,Transaction type,Num,Customer full name,Due date,Amount,Open balance\n"
        "91 or more days past due,,,,,,\n12/01/2025,Invoice,1001,Maple,12/15/2025,200.00,40.00\n"
        "1 - 30 days past due,,,,,,\n03/01/2026,Invoice,1042,Oak,03/15/2026,85.50,85.50\n"
        "03/09/2026,Payment,,Oak,03/09/2026,-10.00,-10.00\n03/09/2026,Invoice,,Oak,03/09/2026,7.00,7.00\n"
        "TOTAL,,,,,,115.50\n"
    )
    report, rows = load(tmp_path, text, "issue_date::varchar, doc_type, amount, invoice_id is not null")
    assert rows == [
        ("2025-12-01", "invoice", Decimal(200), True),
        ("2026-03-01", "invoice", Decimal("85.5"), True),
        ("2026-03-09", "prepayment", Decimal(-10), True),
    ]
    assert report.rows_rejected - report.rows_set_aside == 1, "an invoice without a number is none"
    note = next(note for note in report.notes if note["code"].startswith("open_total"))
    assert (note["code"], note["cents_total"], report.control_total) == ("open_total_agrees", 115.5, None)


def test_a_list_of_receipts_is_one_though_its_header_would_do_for_invoices(tmp_path: Path) -> None:
    text = (
        "收款单列表,,,,,,,\n单据编号,单据日期,客户,结算方式,币种,金额,款项类型,核销金额,余额\n"
        "0088,2026-03-10,青禾贸易,银行承兑汇票,人民币,1300.00,应收款,1300.00,0.00\n"
        "0089,2026-03-12,远帆机电,电汇,美元,1000.00,预收款,0,1000.00\n"
    )
    report, rows = load(tmp_path, text, "receipt_id, amount, method")
    assert report.kind == "receipts", "the title says so, and invoices have no method of payment"
    assert rows == [("0088", Decimal(1300), "bill"), ("0089", Decimal(1000), "transfer")], "what is on account counts"


def test_receivables_that_rise_and_fall_in_two_columns_are_no_open_balances(tmp_path: Path) -> None:
    text = (
        "往来单位对账单,,,,,,\n往来单位：,青禾贸易,,日期：2026-01-01至2026-03-31,,,\n"
        "日期,单据编号,单据类型,摘要,应收增加,应收减少,应收余额\n2026-01-06,XS-1,销售单,销售,5650,,6650\n"
        "2026-01-25,SK-1,收款单,收款,,3000,3650\n合　计,,,,5650,3000,3650\n"
    )
    report, rows = load(tmp_path, text, "customer_name, doc_type, amount, open_amount")
    assert rows == [
        ("青禾贸易", "invoice", Decimal(5650), None),
        ("青禾贸易", "prepayment", Decimal(-3000), None),
    ]
    assert (report.control_total, report.rows_set_aside) == ("2650.00", 1)


def test_a_term_that_is_a_date_is_a_due_date_and_a_draft_is_known(tmp_path: Path) -> None:
    text = (
        "开单日期,单据号码,单据类别,客户名称,收款期限,应收金额,已收金额,单据状态\n"
        "2026.01.06,X1,销售开单,青禾贸易,2026.02.05,100,40,已审核\n2026.01.07,X2,销售退货,青禾贸易,2026.02.06,-5,0,创建\n"
    )
    _, rows = load(tmp_path, text, "due_date::varchar, doc_type, open_amount, status")
    assert rows == [
        ("2026-02-05", "invoice", Decimal(60), "open"),
        ("2026-02-06", "credit_note", Decimal(-5), "draft"),
    ]
    text = text.replace("2026.02.05", "30天").replace("2026.02.06", "60天")
    assert load(tmp_path, text, "terms_days, due_date", "days.csv")[1] == [(30, None), (60, None)]


def test_a_summary_whose_customers_stand_in_a_column_without_a_header(tmp_path: Path) -> None:
    text = (
        "Aged Receivable,,,,,\n,Currency,Account,Not Due On 03/31/2026,1 - 30,Older,Total\n"
        "Deco Works,,,100.00,19.00,0.00,119.00\nAzure,,,0,0,238.00,238.00\n"
        "Total Aged Receivable,,,100.00,19.00,238.00,357.00\n"
    )
    report, rows = load(tmp_path, text, "distinct customer_name")
    assert (report.kind, report.accepted_total, report.control_total) == ("aged_summary", "357.00", "357.00")
    assert sorted(rows) == [("Azure",), ("Deco Works",)]


def test_amounts_and_shares_below_each_bucket_are_told_apart_and_sums_are_no_customers(tmp_path: Path) -> None:
    text = (
        "应收账龄分析,,,,,,\n客户：全部,,截止日期：2026-03-31,,,,\n客户,,本币余额,账期内,,1-30,\n"
        "编号,名称,,本币金额,%,本币金额,%\n0101,青禾贸易,11300,1300,11.5,10000,88.5\n"
        "0102,远帆机电,2260,0,0,2260,100\n数量,,2,1,,2,\n金额,,13560,1300,9.59,12260,90.41\n"
    )
    report, rows = load(tmp_path, text, "customer_id, customer_name, open_amount")
    assert (report.kind, report.accepted_total, report.rows_set_aside) == ("aged_summary", "13560.00", 2)
    assert rows[1] == ("0101", "青禾贸易", Decimal(10000))


def test_what_remains_is_open_and_not_what_was_due(tmp_path: Path) -> None:
    text = (
        "Amount Due,Amount Paid,Amount Remaining,Customer,Customer Name,Date,Number,Total\n"
        "50.00,50.00,0.00,cus_2,Elm,2026-01-26,B-2,50.00\n"
    )
    assert load(tmp_path, text, "amount, open_amount")[1] == [(Decimal(50), Decimal(0))]


def test_the_pay_items_of_an_invoice_are_instalments(tmp_path: Path) -> None:
    text = (
        "Address Number,Alpha Name,Document Number,Doc Ty,Pay Itm,Invoice Date,Due Date,Gross Amount,Open Amount\n"
        "4242,Capital,4501,RI,001,2026-01-05,2026-02-04,1200.00,200.00\n"
        "4242,Capital,4501,RI,002,2026-01-05,2026-03-16,1200.00,1200.00\n"
    )
    found = load(tmp_path, text, "customer_id, invoice_id, instalment_no, open_amount")[1]
    assert found == [("4242", "4501", 1, Decimal(200)), ("4242", "4501", 2, Decimal(1200))]


CLEARED = "客户编码,{0},收款单号,收款日期,收款金额,{1},发票号\nC1,2026-03-20,R1,2026-03-02,500.00,银行承兑汇票,F1\n"


@pytest.mark.parametrize("header", ["Clearing Date", "清账日期", "清帐日期", "Clrng date", "AUGDT"])
@pytest.mark.parametrize(
    ("beside", "days", "note"),
    [
        ("结算方式", ("2026-03-02", None, "2026-03-20"), "clearing_as_cleared_on"),
        ("经办", ("2026-03-02", "2026-03-20", None), "clearing_as_applied_on"),
    ],
)
def test_the_day_of_clearing_is_that_of_the_bank_beside_the_method_of_payment_else_that_of_matching(
    tmp_path: Path, header: str, beside: str, days: tuple[str | None, ...], note: str
) -> None:
    columns = "paid_on::varchar, applied_on::varchar, cleared_on::varchar"
    report, rows = load(tmp_path, CLEARED.format(header, beside), columns)
    assert (report.kind, rows) == ("receipts", [days])
    assert codes(report) & {"clearing_as_cleared_on", "clearing_as_applied_on", "clearing_as_paid_on"} == {note}


def test_the_day_of_clearing_is_that_of_payment_where_receipts_state_no_other(tmp_path: Path) -> None:
    text = "Customer,Clearing Document,Clearing Date,Payment Amount,Payment Method\nC1,R1,2026-03-20,500.00,wire\n"
    report, rows = load(tmp_path, text, "receipt_id, paid_on::varchar, applied_on, cleared_on")
    assert (report.kind, rows) == ("receipts", [("R1", "2026-03-20", None, None)])
    assert "clearing_as_paid_on" in codes(report)


def test_the_day_of_posting_is_not_that_of_payment_where_receipts_go_by_what_cleared_them(tmp_path: Path) -> None:
    text = (
        "Customer,Clearing Document,Posting Date,Clearing Date,Payment Amount,Payment Method\n"
        "C1,R1,2026-01-05,2026-03-20,500.00,wire\n"
    )
    _, rows = load(tmp_path, text, "receipt_id, paid_on::varchar")
    assert rows == [("R1", "2026-03-20")]


@pytest.mark.parametrize(
    ("headers", "day"),
    [("Clearing Date,Paid On", "2026-03-02"), ("Cleared On,Status", "2026-03-20"), ("清账日,状态", "2026-03-20")],
)
def test_an_invoice_is_settled_on_the_day_it_was_paid_else_cleared(tmp_path: Path, headers: str, day: str) -> None:
    text = f"Customer,Invoice No,Invoice Date,Amount,{headers}\nC1,F1,2026-01-05,500.00,2026-03-20,"
    report, rows = load(tmp_path, text + ("2026-03-02\n" if "Paid" in headers else "paid\n"), "settled_date::varchar")
    assert (report.kind, rows) == ("invoices", [(day,)])


def test_a_day_of_clearing_that_a_person_places_stays_there(tmp_path: Path) -> None:
    path = tmp_path / "receipts.csv"
    path.write_text(CLEARED.format("清账日期", "结算方式"), encoding="utf-8")
    mapping = {"columns": {"applied_on": "清账日期"}}
    report = imports.import_file(path, Settings(home=tmp_path / "warehouse"), mapping=mapping)
    assert report.columns["applied_on"]["source"] == "清账日期" and "cleared_on" not in report.columns
    assert not any(code.startswith("clearing_as") for code in codes(report))
