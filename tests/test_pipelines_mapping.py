"""Headers of many systems find their canonical columns; what a person says wins and is kept."""

import json
from pathlib import Path

import pytest

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.reading import mapping
from pipelines.reading.mapping_bills import bill_columns
from pipelines.reading.mapping_buckets import Bucket, bucket_of
from pipelines.reading.mapping_errors import BadMapping, BillRegister, KindUnclear, MissingColumns, StatementOfNobody
from pipelines.settings import Settings

# Header row → (kind, canonical columns in the order of the headers; "" = left over)
HEADERS = {
    "kingdee": (
        "单据编号,单据类型,业务日期,到期日,客户编码,客户名称,销售员,币别,价税合计,已收金额,未收金额,销售组织",
        "invoices",
        "invoice_id doc_type issue_date due_date customer_id customer_name rep currency amount paid_amount open_amount "
        "entity_id",
    ),
    "yonyou": (
        "单据号,单据日期,到期日,客户编号,客户简称,业务员,原币金额,原币余额,币种,摘要",
        "invoices",
        "invoice_id issue_date due_date customer_id customer_name rep amount open_amount currency -",
    ),
    "sap line items": (
        "Customer,Name 1,Document Number,Document Type,Document Date,Net due date,Amount in doc. curr.,"
        "Document currency,Clearing date",
        "invoices",
        "customer_id customer_name invoice_id doc_type issue_date due_date amount currency settled_date",
    ),
    "oracle": (
        "Bill To Customer Name,Bill To Customer Number,Transaction Number,Class,Transaction "
        "Date,Due Date,Entered Amount,"
        "Amount Due Remaining,Invoice Currency Code,Operating Unit",
        "invoices",
        "customer_name customer_id invoice_id doc_type issue_date due_date amount open_amount currency entity_id",
    ),
    "dynamics": (
        "Customer account,Name,Invoice,Date,Due date,Currency,Amount in transaction currency,Balance",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date currency amount open_amount",
    ),
    "quickbooks": (
        "Date,Transaction Type,Num,Customer,Due Date,Amount,Open Balance",
        "invoices",
        "issue_date doc_type invoice_id customer_name due_date amount open_amount",
    ),
    "xero": (
        "ContactName,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,InvoiceAmountDue,Currency,Status",
        "invoices",
        "customer_name invoice_id - issue_date due_date amount open_amount currency status",
    ),
    "odoo": (
        "Number,Invoice Partner Display Name,Invoice/Bill Date,Due Date,Salesperson,Total in Currency,Amount Due,"
        "Payment Status",
        "invoices",
        "invoice_id customer_name issue_date due_date rep amount open_amount status",
    ),
    "erpnext": (
        "Customer,Customer Name,Voucher Type,Voucher No,Posting Date,Due Date,Invoiced Amount,Outstanding Amount,"
        "Currency,Territory",
        "invoices",
        "customer_id customer_name doc_type invoice_id issue_date due_date amount open_amount currency region",
    ),
    "datev": (
        "Konto,Kontobezeichnung,Belegfeld 1,Belegdatum,Fälligkeit,Betrag,WKZ",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount currency",
    ),
    "japanese": (
        "得意先コード,得意先名,請求書番号,請求日,支払期日,請求金額,残高,担当者",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount open_amount rep",
    ),
    "korean": (
        "거래처코드,거래처명,전표번호,발행일,만기일,청구금액,미수금액",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount open_amount",
    ),
    "german": (
        "Kundennummer;Kunde;Rechnungsnummer;Rechnungsdatum;Fälligkeitsdatum;Rechnungsbetrag;Offener Betrag",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount open_amount",
    ),
    "portuguese": (
        "Cliente,Nota Fiscal,Data de Emissão,Vencimento,Valor Total,Saldo em aberto",
        "invoices",
        "customer_name invoice_id issue_date due_date amount open_amount",
    ),
    "traditional chinese": (
        "客戶編號,客戶名稱,發票號碼,開票日期,到期日,發票金額,幣別",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount currency",
    ),
    "abbreviations": (
        "Cust_No,Inv Nbr,Inv Dt,Due Dt,Inv. Amt (USD),Curr",
        "invoices",
        "customer_id invoice_id issue_date due_date amount currency",
    ),
    "accents dropped or not": (
        "Codigo Cliente;Nome do Cliente;Nº Título;Emissão;Vencimento;Valor;Saldo",
        "invoices",
        "customer_id customer_name invoice_id issue_date due_date amount open_amount",
    ),
    "misspelt": (
        "Customer Nmae,Invoice Number,Invoice Date,Invoice Amuont",
        "invoices",
        "customer_name invoice_id issue_date amount",
    ),
    "receipts": (
        "收款单号,客户编码,收款日期,收款金额,币种,结算方式,发票号",
        "receipts",
        "receipt_id customer_id paid_on amount currency method invoice_id",
    ),
    "payments": (
        "Payment No,Customer ID,Payment Date,Amount Paid,Payment Method,Applied To",
        "receipts",
        "receipt_id customer_id paid_on amount method invoice_id",
    ),
    "customers": (
        "客户编码,客户名称,行业,区域,信用额度,账期,业务员",
        "customers",
        "customer_id customer_name industry region credit_limit terms_days rep",
    ),
    "rates": ("Currency,Date,Exchange Rate", "fx_rates", "currency rate_date rate_to_base"),
    "aged": ("客户名称,未到期,1-30天,31-60天,60天以上,合计", "aged_summary", "customer_name - - - - total_amount"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_many_systems(name: str) -> None:
    header, kind, expected = HEADERS[name]
    headers = header.split(";" if ";" in header else ",")
    chosen = mapping.choose(headers, "export.csv")
    assert chosen.kind == kind
    by_index = {column.index: canonical for canonical, column in chosen.columns.items()}
    assert " ".join(by_index.get(i, "-") for i in range(len(headers))) == expected


def test_a_header_that_means_something_else_is_not_taken_for_a_known_one() -> None:
    chosen = mapping.choose(["Customer", "Invoice No", "Date", "Amount", "Tax Amount", "Days Overdue"], "x.csv")
    assert chosen.unmapped == ("Tax Amount", "Days Overdue")


def test_a_person_overrules_and_frees_columns() -> None:
    headers = ["Customer", "Invoice No", "Date", "Amount", "Gross"]
    given = {"columns": {"amount": "Gross", "due_date": None}}
    chosen = mapping.choose(headers, "x.csv", given=given)
    assert (chosen.columns["amount"].header, chosen.columns["amount"].how) == ("Gross", "given")


@pytest.mark.parametrize(
    ("headers", "options", "error"),
    [
        (["Customer", "Invoice No", "Amount"], {}, MissingColumns),
        (["Customer", "Number", "Date", "Amount"], {"columns": {"amount": "Gross"}}, BadMapping),
        (["Customer", "Number", "Date", "Amount"], {"columns": {"price": "Amount"}}, BadMapping),
        (["Customer", "Number", "Date", "Amount"], {"kind": "bills"}, BadMapping),
        (["Customer ID", "Number", "Date", "Amount"], {}, KindUnclear),
    ],
)
def test_what_cannot_be_decided_is_asked(headers: list[str], options: dict, error: type[UserError]) -> None:
    with pytest.raises(error) as caught:
        mapping.choose(headers, "x.csv", given=options)
    assert all("x.csv" in caught.value.text(language) for language in ("en", "zh_CN"))


@pytest.mark.parametrize(
    ("header", "bucket"),
    [
        ("Current", Bucket(None, 0)),
        ("未到期", Bucket(None, 0)),
        ("1 - 30", Bucket(1, 30)),
        ("30-60 days", Bucket(31, 60)),
        ("逾期31-60天", Bucket(31, 60)),
        ("3-6个月", Bucket(91, 180)),
        ("< 1 Month", Bucket(1, 30)),
        ("2 Months", Bucket(61, 90)),
        ("91 and over", Bucket(91, None)),
        ("> 90", Bucket(91, None)),
        ("1年以内", Bucket(1, 365)),
        ("3年以上", Bucket(1096, None)),
        ("Invoice Date", None),
        ("2026", None),
    ],
)
def test_bucket_headers(header: str, bucket: Bucket | None) -> None:
    assert bucket_of(header) == bucket


def test_what_a_person_said_holds_for_the_next_export_and_a_new_layout_is_noticed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    first, second = tmp_path / "list_2026-01.csv", tmp_path / "list_2026-02.csv"
    first.write_text("Debtor,Reference,Booked,Worth\nA,1,03/04/2026,5\n", encoding="utf-8")
    second.write_text("Debtor,Reference,Booked,Worth,Remark\nA,2,05/06/2026,6\n", encoding="utf-8")
    said = {"kind": "invoices", "date_order": "DMY", "columns": {"issue_date": "Booked", "amount": "Worth"}}
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    assert imports.import_file(first, settings, mapping=path).rows_accepted == 1
    shown = imports.preview(second, settings)
    assert [c.how for c in shown.columns if c.name == "issue_date"] == ["saved"]
    report = imports.import_file(second, settings)
    assert str(report.date_from) == "2026-06-05"
    assert {"code": "layout_changed", "gone": "-", "new": "Remark"} in report.notes


def test_a_mapping_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for content in ("not json", "[1]", '{"colums": {}}'):
        path = tmp_path / "mapping.json"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(BadMapping):
            mapping.read_file(path)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ("Date,Description,Debit,Credit,Balance", "Debit, Credit"),
        ("Date,Voucher No,Narration,Dr/Cr,Amount", "Dr/Cr"),
        ("日期,摘要,借方,贷方,余额", "借方, 贷方"),
        ("日期,类型,摘要,借贷方向,金额", "借贷方向"),
    ],
)
def test_a_statement_that_does_not_say_whose_it_is_is_asked_about(headers: str, named: str) -> None:
    with pytest.raises(StatementOfNobody) as refused:
        mapping.choose(headers.split(","), "statement.csv")
    assert named in refused.value.text("en")
    assert named.replace(", ", "、") in refused.value.text("zh_CN")


def test_receipts_of_a_bank_or_as_a_person_says_keep_their_sides() -> None:
    bank = mapping.choose(["交易日期", "对方户名", "借方发生额", "贷方发生额", "余额", "摘要"], "bank.csv")
    assert bank.kind == "receipts"
    assert (
        mapping.choose(["Date", "Voucher No", "Narration", "Dr/Cr", "Amount"], "s.csv", kind="receipts").kind
        == "receipts"
    )


REGISTERS = {
    "paper": ("收票日期,票据类型,票据号码,出票日期,到期日,票面金额,出票人,承兑人,前手,票据状态", "银承"),
    "short": ("序号,客户名称,票据号,票据种类,出票日,票据到期日,金额,承兑银行,交票人,状态", "商业承兑汇票"),
    "known customers": ("收到日期,客户编码,客户名称,汇票号码,票据金额,出票日期,汇票到期日,出票人,贴现日期", ""),
    "bank portal": ("票据(包)号,子票区间,出票日期,汇票到期日,票据(包)金额,出票人名称,承兑人名称,收款人名称", ""),
    "told by its values": ("收票日期,客户名称,票据类型,票据号,出票日期,到期日,金额", "电子银行承兑汇票"),
    "English": ("Received On,Drawer,Acceptor,Issue Date,Maturity Date,Face Amount,Endorser", ""),
}


def table(headers: str, kind: str) -> tuple[list[str], list[list[str]]]:
    """The header row, and one row with a kind of bill under the header that asks for one."""
    names = headers.split(",")
    return names, [[kind if name in ("票据类型", "票据种类") else "x" for name in names]]


@pytest.mark.parametrize(("headers", "kind"), REGISTERS.values(), ids=REGISTERS)
def test_a_register_of_bills_is_known_by_what_it_says_of_each(headers: str, kind: str) -> None:
    names, rows = table(headers, kind)
    assert len(bill_columns(names, [], rows)) >= 3


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("收款日期,收款单号,客户编码,收款方式,票据号码,票据到期日,出票人,承兑人,收款金额", ""),
        ("收款日期,收款单号,客户编码,票据号码,票据到期日,收款金额", ""),
        ("客户编码,客户名称,票据号,出票日期,到期日,票面金额", ""),
        ("客户名称,票据类型,票据号,出票日期,到期日,金额", "增值税专用发票"),
        ("发票号码,开票日期,到期日,发票金额,票据状态,客户名称", ""),
        ("客户名称,票据号,到期日,票面金额,当前手续费,承兑方式", ""),
        ("Customer No,Customer Name,Decision Maker,Acceptor,Payer", ""),
        ("Bill No,Bill Date,Due Date,Customer,Bill Amount", ""),
    ],
)
def test_lists_that_name_bills_beside_other_things_are_no_register(headers: str, kind: str) -> None:
    names, rows = table(headers, kind)
    assert bill_columns(names, [], rows) == []


def test_a_title_tells_a_register_whose_columns_alone_do_not() -> None:
    names, rows = table("客户名称,票据号,出票日期,到期日,金额", "")
    assert bill_columns(names, [], rows) == []
    assert bill_columns(names, ["应收票据台账"], rows) == ["票据号", "出票日期", "到期日"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_register_of_bills_is_not_loaded_as_something_else(tmp_path: Path, language: str) -> None:
    """Its bills would count as invoices, or their drawers as customers; what a person says holds all the same."""
    path = tmp_path / "bills.csv"
    path.write_text(f"{REGISTERS['told by its values'][0]}\n2026-01-05,甲,银承,51,2025-12-20,2026-06-20,100\n", "utf-8")
    settings = Settings(home=tmp_path / "warehouse")
    with pytest.raises(BillRegister) as refused:
        imports.import_file(path, settings)
    page = i18n.translate(language, "nav.financing")
    assert "票据号" in refused.value.text(language) and page in refused.value.text(language)
    preview = imports.preview(path, settings)
    assert isinstance(preview.problem, BillRegister) and "票据号" in preview.headers
    assert imports.import_file(path, settings, kind="invoices").rows_accepted == 1
