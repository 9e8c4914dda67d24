"""Lists as systems write them: whose number, which amount, which currency and which kind are told by rule."""

from decimal import Decimal
from pathlib import Path

import duckdb
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
    assert rows[0] == ("90000012", "invoice", Decimal(1190), "EUR") and rows[2][1] == "payment"


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
        ("2026-03-09", "payment", Decimal(-10), True),
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
        ("青禾贸易", "payment", Decimal(-3000), None),
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


def test_a_day_book_is_no_list_of_customers(tmp_path: Path) -> None:
    text = (
        "Acme India\nDay Book\n1-Jan-26 to 31-Mar-26\n"
        "Date,Particulars,Vch Type,Vch No.,Debit Amount,Credit Amount\n"
        '5-Jan-26,Ash Works,Sales,S-1,"11,19,996.43",\n'
        '17-Jan-26,Ash Works,Receipt,R-1,,"1,00,000.00"\n'
        "28-Feb-26,Elm Foods,Credit Note,C-1,,500.00\n"
    )
    report, rows = load(tmp_path, text, "invoice_id, customer_name, doc_type, amount")
    assert report.kind == "invoices"
    assert rows == [
        ("S-1", "Ash Works", "invoice", Decimal("1119996.43")),
        ("R-1", "Ash Works", "payment", Decimal(-100000)),
        ("C-1", "Elm Foods", "credit_note", Decimal(-500)),
    ]


def test_credits_written_without_a_minus_are_taken_off_the_total(tmp_path: Path) -> None:
    text = (
        "Customer No,Type,Document No,Date,Amount,Balance\n"
        "C1,Invoice,I-1,2026-01-05,100.00,40.00\nC1,Payment,P-1,2026-01-07,60.00,0.00\n"
        "C2,Credit Note,K-1,2026-01-06,5.00,5.00\nC2,Credit Note,K-2,2026-01-06,-7.00,-7.00\n"
    )
    report, rows = load(tmp_path, text, "invoice_id, amount, open_amount")
    assert [(number, int(amount), int(left)) for number, amount, left in rows] == [
        ("I-1", 100, 40),
        ("P-1", -60, 0),
        ("K-1", -5, -5),
        ("K-2", -7, -7),
    ]
    assert report.accepted_total == "28.00" and "credits_without_minus" in codes(report)


@pytest.mark.parametrize(
    ("header", "currency"),
    [("Amount EUR", "EUR"), ("GBP Amount", "GBP"), ("Amount in USD", "USD"), ("金额 HKD", "HKD")],
)
def test_an_amount_has_its_currency_beside_its_name(tmp_path: Path, header: str, currency: str) -> None:
    text = f"Customer No,Invoice No,Invoice Date,Due Date,{header}\nC1,I-1,2026-01-25,2026-02-05,100.00\n"
    _, rows = load(tmp_path, text, "amount, currency")
    assert rows == [(Decimal(100), currency)]


def test_an_amount_without_a_currency_in_its_name_comes_first(tmp_path: Path) -> None:
    text = "Customer No,Invoice No,Invoice Date,Amount EUR,Amount\nC1,I-1,2026-01-25,1.00,100.00\n"
    report, rows = load(tmp_path, text, "amount, currency")
    assert rows == [(Decimal(100), None)] and report.unmapped == ("Amount EUR",)


def test_columns_by_month_and_accounts_at_a_bank_are_named(tmp_path: Path) -> None:
    def refused(text: str) -> str:
        path = tmp_path / "other.csv"
        path.write_text(text, encoding="utf-8")
        problem = imports.preview(path, Settings(home=tmp_path / "warehouse")).problem
        assert problem is not None and problem.text("zh_CN") != problem.text("en")
        return f"{problem.code} {problem.text('en')}"

    by_month = refused("Customer No,Customer Name,Jan 2026,Feb 2026,Total\nC1,Ash,1.00,2.00,3.00\n")
    assert "error.sums_by_month" in by_month and "Jan 2026" in by_month
    bank = "Date,Description,Reference,Paid in,Paid out,Balance\n2026-01-05,BACS ASH,x,5.00,,5.00\n"
    assert "error.bank_account" in refused(bank)
    assert "error.bank_account" in refused("日期,摘要,收入金额,支出金额,余额\n2026-01-05,货款,5.00,,5.00\n")
    _, rows = load(tmp_path, "日期,对方户名,收入金额,支出金额\n2026-01-05,青禾贸易,5.00,\n", "customer_id, amount")
    assert rows == [("青禾贸易", Decimal(5))]


def test_net_amounts_are_taken_with_their_tax_only(tmp_path: Path) -> None:
    header = "客户名称,发票号码,开票日期,不含税金额,税额"
    report, rows = load(tmp_path, f"{header}\n青禾,F1,2026-01-25,100.00,13.00\n", "amount")
    assert rows == [(Decimal(113),)] and "tax_added" in codes(report)
    path = tmp_path / "net.csv"
    path.write_text("客户名称,发票号码,开票日期,不含税金额\n青禾,F1,2026-01-25,100.00\n", encoding="utf-8")
    problem = imports.preview(path, Settings(home=tmp_path / "warehouse")).problem
    assert problem is not None and problem.code == "error.columns_missing"


def test_terms_from_the_end_of_the_month_give_the_due_date(tmp_path: Path) -> None:
    text = (
        "Customer No,Invoice No,Invoice Date,Due Date,Payment Terms,Amount\n"
        "C1,1,2026-01-15,,EOM+30,1\nC1,2,2026-02-03,,月结60天,1\nC1,3,2026-02-03,,EOM,1\n"
        "C1,4,2026-02-03,,Net 30,1\nC1,5,2026-02-03,2026-02-20,30 days end of month,1\n"
    )
    report, rows = load(tmp_path, text, "due_date::varchar, terms_days")
    assert rows == [("2026-03-02", 30), ("2026-04-29", 60), ("2026-02-28", 0), (None, 30), ("2026-02-20", 30)]
    assert next(note["rows"] for note in report.notes if note["code"] == "due_after_month_end") == 3


def test_one_number_due_on_several_days_is_asked_to_be_numbered(tmp_path: Path) -> None:
    text = (
        "Customer No,Invoice No,Invoice Date,Due Date,Amount\nC1,1,2026-01-15,2026-02-15,10.00\n"
        "C1,1,2026-01-15,2026-03-15,10.00\nC1,2,2026-01-15,2026-03-15,5.00\nC1,3,2026-01-15,2026-03-15,5.00\n"
        "C2,3,2026-01-15,2026-04-15,5.00\n"
    )
    report, rows = load(tmp_path, text, "invoice_id")
    assert rows == [("2",)]
    assert rejected_codes(tmp_path, report) == ["perhaps_instalments"] * 2 + ["conflicting_rows"] * 2


def test_statements_of_customers_one_below_the_other(tmp_path: Path) -> None:
    def statement(customer: str, first: int, amount: str) -> str:
        return (
            f"往来对账单\n核算项目：客户-{customer}\n币别：人民币,,期间：2026年第1期—2026年第3期\n"
            "日期,期间,凭证字号,摘要,业务编号,借方金额,贷方金额,方向,余额\n"
            f"2026-01-1{first},2026.1,记-11,销售,XS00{first},{amount},,借,{amount}\n"
            f"2026-02-1{first},2026.2,记-11,收款,SK00{first},,20.00,借,1.00\n"
            f",,,合计,,{amount},20.00,借,1.00\n"
        )

    text = statement("0017-青禾贸易", 1, "100.00") + statement("0018-远山机电", 2, "70.00")
    report, rows = load(tmp_path, text, "customer_name, invoice_id, amount::int")
    assert rows == [
        ("0017-青禾贸易", "XS001", 100),
        ("0017-青禾贸易", "SK001", -20),
        ("0018-远山机电", "XS002", 70),
        ("0018-远山机电", "SK002", -20),
    ]
    assert rejected_codes(tmp_path, report).count("heading_row") == 3  # one above the first header is a title
    assert (report.rows_rejected - report.rows_set_aside, report.differences) == (0, [("", 0)])


def test_a_column_of_numbers_may_be_named_by_a_sign_alone(tmp_path: Path) -> None:
    text = "#,Customer,Invoice #,Date,Due,Amt\n1,Ash,I-1,2026-01-25,2026-02-05,100.00\n"
    _, rows = load(tmp_path, text, "customer_name, invoice_id, amount::int")
    assert rows == [("Ash", "I-1", 100)]


def rejected_codes(tmp_path: Path, report: imports.ImportReport) -> list[str]:
    path = tmp_path / "warehouse" / "imports" / report.import_id / "rejected.parquet"
    return [code for (code,) in duckdb.execute(f"select reason ->> 'code' from '{path}' order by line_no").fetchall()]


@pytest.mark.parametrize(
    ("header", "codes_listed", "currency", "is_said"),
    [
        ("Amount (USD)", ("EUR", "GBP"), "USD", True),
        ("Amount USD", ("EUR", "USD"), "USD", True),
        ("Amount (USD)", ("USD", "USD"), "USD", False),
        ("金额（元）", ("USD", "USD"), "USD", False),  # which is the unit, whatever the currency
    ],
)
def test_amounts_that_name_their_currency_are_in_that_one(
    tmp_path: Path, header: str, codes_listed: tuple[str, str], currency: str, is_said: bool
) -> None:
    text = f"Customer No,Invoice No,Invoice Date,Currency,{header}\n"
    text += "".join(f"C1,I-{n},2026-01-25,{code},5.00\n" for n, code in enumerate(codes_listed))
    report, rows = load(tmp_path, text, "currency, amount::int")
    assert rows == [(currency, 5)] * 2 and ("currency_by_header" in codes(report)) == is_said


@pytest.mark.parametrize(
    "header",
    [
        "客户编号 Customer No,客户名称 Customer Name,发票号码/No.,开票日期 Invoice Date,到期日 Due Date,金额 Amount",
        "Customer No（客户编号）,Customer Name 客户名称,Invoice No 发票号,日期/Date,Due Date/到期日,金额Amount",
        '"客户编号\nCustomer No","客户名称\nName","发票号\nInvoice No","日期\nDate","到期日\nDue Date","金额\nAmount"',
    ],
)
def test_a_header_in_two_languages_means_what_both_do(tmp_path: Path, header: str) -> None:
    text = f"{header}\n0017,青禾贸易,F-1,2026-01-25,2026-02-05,100.00\n"
    columns = "customer_id, customer_name, invoice_id, issue_date::varchar, due_date::varchar, amount::int"
    _, rows = load(tmp_path, text, columns)
    assert rows == [("0017", "青禾贸易", "F-1", "2026-01-25", "2026-02-05", 100)]


def test_two_words_of_different_meaning_are_no_header_in_two_languages(tmp_path: Path) -> None:
    header = "客户编号,发票号,开票日期,金额,发票号 Amount,税率 Due Date"
    report, rows = load(tmp_path, f"{header}\n0017,F-1,2026-01-25,100.00,7,13\n", "amount::int, due_date")
    assert rows == [(100, None)] and report.unmapped == ("发票号 Amount", "税率 Due Date")


def test_of_two_labels_above_the_rows_the_first_names_the_customer(tmp_path: Path) -> None:
    text = "".join(
        f"客户编码：{number},客户名称：{name}\n单据号,日期,到期日,金额\nF-{number},2026-01-25,2026-02-05,100.00\n小计,,,100.00\n"
        for number, name in (("0017", "青禾贸易"), ("0018", "远山机电"))
    )
    report, rows = load(tmp_path, f"应收账款明细\n{text}总计,,,200.00\n", "customer_id, invoice_id")
    assert rows == [("0017", "F-0017"), ("0018", "F-0018")] and report.differences == [("", 0)]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Konto;Belegnr.;Belegart;Belegdatum;Nettofälligkeit;Betrag in Hauswährung;Währung;Text",
            "17;F-1;RV;25.01.2026;24.02.2026;1.234,50;EUR;",
        ),
        (
            "Konto;Belegnr;Belegdatum;Nettofälligkeit;Betrag in Hauswährung;Hauswährung;"
            "Betrag in Belegwährung;Belegwährung",
            "17;F-1;25.01.2026;24.02.2026;8.000,00;CNY;1.234,50;EUR",
        ),
        (
            "Debitorennr.;Nummer;Rechnungsdatum;Fälligkeitsdatum;Währungscode;Gesamt;Zahlungsstatus",
            "17;F-1;25.01.2026;24.02.2026;EUR;1.234,50;Nicht bezahlt",
        ),
        (
            "Compte;Nom 1;N° pièce;Type de pièce;Date pièce;Échéance nette;Montant en devise interne;Devise interne",
            "17;Béton SA;F-1;RV;25.01.2026;24.02.2026;1.234,50;EUR",
        ),
        (
            "N° client;Nom client;N° document;Type document;Date comptabilisation;Date d'échéance;Code devise;Montant",
            "17;Béton SA;F-1;Facture;25/01/2026;24/02/2026;EUR;1 234,50",
        ),
        (
            "Cuenta;Nombre 1;Nº documento;Clase de documento;Fecha de documento;Vencimiento neto;"
            "Importe en moneda local;Moneda local",
            "17;Obras SL;F-1;RV;25.01.2026;24.02.2026;1.234,50;EUR",
        ),
        (
            "Nº cliente;Nombre cliente;Tipo documento;Nº documento;Fecha registro;Fecha vencimiento;"
            "Cód. divisa;Importe",
            "17;Obras SL;Factura;F-1;25/01/2026;24/02/2026;EUR;1.234,50",
        ),
        (
            "得意先;名称 1;伝票番号;伝票タイプ;伝票日付;正味支払期日;国内通貨額;国内通貨",
            "17;山田商事;F-1;RV;2026/01/25;2026/02/24;1,234.50;EUR",
        ),
    ],
)
def test_what_branches_abroad_upload_is_read_by_its_headers(tmp_path: Path, header: str, row: str) -> None:
    columns = "customer_id, invoice_id, issue_date::varchar, due_date::varchar, amount, currency"
    report, rows = load(tmp_path, f"{header}\n{row}\n", columns)
    assert rows == [("17", "F-1", "2026-01-25", "2026-02-24", Decimal("1234.50"), "EUR")]
    assert report.kind == "invoices"


def test_amounts_of_the_books_are_not_in_the_currency_of_the_documents(tmp_path: Path) -> None:
    header = "Konto;Belegnr.;Belegdatum;Nettofälligkeit;Betrag in Hauswährung;Währung"
    rows = "17;F-1;25.01.2026;24.02.2026;1.234,50;EUR\n17;F-2;26.01.2026;24.02.2026;10,00;USD\n"
    report, found = load(tmp_path, f"{header}\n{rows}", "amount, currency")
    assert found == [(Decimal("1234.50"), None), (Decimal(10), None)]
    assert "currency_of_documents" in codes(report)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Numéro,Nom client,Date de facturation,Date d'échéance,Total signé,Montant dû signé,Statut de paiement",
         ("Non payées", "Partiellement payé", "Payé")),
        ("Número,Nombre cliente,Fecha de factura,Fecha de vencimiento,Total con signo,Importe adeudado con signo,"
         "Estado de pago", ("No pagadas", "Pagado parcialmente", "Pagado")),
        ("Nummer,Kunde,Rechnungsdatum,Fälligkeitsdatum,Gesamt,Fälliger Betrag,Zahlungsstatus",
         ("Nicht bezahlt", "Teilweise bezahlt", "Bezahlt")),
    ],
)  # fmt: skip
def test_how_far_an_invoice_is_paid_is_known_in_other_languages(
    tmp_path: Path, header: str, words: tuple[str, ...]
) -> None:
    lines = [
        f"F-{place},Azure,2026-01-05,2026-02-04,100.00,{left}.00,{word}"
        for place, (word, left) in enumerate(zip(words, (100, 40, 0), strict=True))
    ]
    _, rows = load(tmp_path, "\n".join([header, *lines]) + "\n", "open_amount::int, status")
    assert rows == [(100, "open"), (40, "part_paid"), (0, "paid")]


def test_a_dash_in_the_column_of_what_is_open_means_nothing(tmp_path: Path) -> None:
    text = "Customer ID,Invoice No,Invoice Date,Amount,Open Amount\nC1,F1,2026-01-05,100,-\nC1,F2,2026-01-06,50,50\n"
    _, rows = load(tmp_path, text + "C1,F3,2026-01-07,20, —  \nC1,F4,2026-01-08,30,\n", "open_amount::int")
    assert rows == [(0,), (50,), (0,), (None,)]


def test_the_months_of_a_period_are_no_day(tmp_path: Path) -> None:
    text = "应收款明细账,,,\n期间：2026.01-2026.03,,,\n客户编码,发票号,开票日期,到期日,金额\nC1,F1,2026-01-07,,5\n"
    report, _ = load(tmp_path, text, "*")
    assert str(report.as_of) == "2026-01-07"


def test_a_part_that_only_its_group_names_is_known_by_both(tmp_path: Path) -> None:
    text = "客户,,单据,,,金额,\n编码,名称,单据号,单据日期,到期日,应收金额,未收金额\n0101,青禾,F1,2026-01-05,,100,60\n"
    _, rows = load(tmp_path, text, "customer_id, customer_name, invoice_id, amount::int, open_amount::int")
    assert rows == [("0101", "青禾", "F1", 100, 60)]


def test_what_was_added_to_receivables_and_collected_is_no_open_balance(tmp_path: Path) -> None:
    text = (
        "客户,单据日期,单据编号,业务类别,增加应收款,收回应收款,应收款余额\n青禾贸易,,,期初余额,,,100.00\n"
        "青禾贸易,2026-01-05,XS1,普通销售,1000,,1100\n青禾贸易,2026-02-05,SKD1,收款,,600,500\n合计,,,,1000,600,500\n"
    )
    report, rows = load(tmp_path, text, "invoice_id, amount::int, open_amount")
    assert rows == [("XS1", 1000, None), ("SKD1", -600, None)] and report.kind == "invoices"
