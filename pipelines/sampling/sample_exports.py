"""The sample book as files: each in the shape and language of the system it is said to come from.

Until June 2025 the supplier ran a Chinese ERP, since then an English one; the cashier keeps receipts apart from both.
"""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

from pipelines.sampling.sample_book import NEW_SYSTEM_FROM, Book, Item, Movement
from pipelines.sampling.sample_customers import KINDS, Customer
from pipelines.sampling.sample_rates import fx_rates

WORKBOOK_FROM = dt.date(2026, 1, 1)
WORKBOOK_MADE = dt.datetime(2026, 6, 30, 18, 0)  # a property of the file: the writer would put in its clock

CURRENCY_WORDS = {"CNY": "人民币", "USD": "美元", "EUR": "欧元"}
DOC_WORDS = {
    "invoice": ("销售发票", "Invoice"),
    "credit_note": ("贷项通知单", "Credit Note"),
    "prepayment": ("预收款", "Prepayment"),
}
KIND_WORDS = {
    "payment": ("收款", "Payment"),
    "credit": ("贷项", "Credit"),
    "write_off": ("坏账核销", "Write-off"),
    "discount": ("现金折扣", "Discount"),
}
METHOD_WORDS = {
    "transfer": ("银行转账", "Bank transfer"),
    "bill": ("银行承兑汇票", "Bill of exchange"),
    "cheque": ("支票", "Cheque"),
    "cash": ("现金", "Cash"),
    "": ("", ""),
}
WEEKDAYS = "一二三四五"

CUSTOMER_COLUMNS = (
    "组织 客户编码 客户名称 上级客户 行业 客户类型 区域 业务员 信用额度 账期(天) 付款日 决策人 验收人 付款联系人"
)
OLD_INVOICE_COLUMNS = (
    "组织 单据编号 单据类型 客户编码 客户名称 业务日期 到期日 期次 价税合计 币别 账期(天) 销售员 区域 "
    "项目 验收日期 争议 争议原因 状态"
)
NEW_INVOICE_COLUMNS = (
    "Entity,Invoice No,Document Type,Customer ID,Customer Name,Invoice Date,Due Date,Instalment,Amount,Currency,"
    "Payment Terms (days),Salesperson,Region,Project,Acceptance Date,Disputed,Dispute Reason,Status"
)
RECEIPT_COLUMNS = (
    "Entity;Receipt No;Customer ID;Receipt Date;Amount;Currency;Method;Invoice No;Instalment;"
    "Type;Cleared Date;Reference"
)
WORKBOOK_COLUMNS = (
    "组织 收款单号 客户编码 客户名称 收款日期 收款金额 币别 结算方式 发票号 期次 核销日期 收款类型 兑付日期 备注"
)


class ReceiptLine(NamedTuple):
    number: str
    movement: Movement


def write_exports(book: Book, folder: Path) -> list[Path]:
    """Write every export of the book; returns the paths in the order in which they are best imported."""
    folder.mkdir(parents=True, exist_ok=True)
    old = [item for item in book.items if item.issued < NEW_SYSTEM_FROM]
    new = [item for item in book.items if item.issued >= NEW_SYSTEM_FROM]
    lines = receipt_lines(book.movements)
    return [
        _write_csv(folder / "customers.csv", customer_table(book.customers), encoding="utf-8"),
        _write_csv(folder / "fx_rates.csv", [["Currency", "Rate Date", "Rate to CNY"], *fx_rates()], encoding="utf-8"),
        _write_csv(folder / "receivables_2023H2-2025H1_gb18030.csv", chinese_invoices(old), encoding="gb18030"),
        _write_csv(folder / "invoices_2025H2-2026H1.csv", english_invoices(new), encoding="utf-8-sig"),
        _write_csv(
            folder / "receipts_2023H2-2025.csv",
            english_receipts(line for line in lines if line.movement.paid < WORKBOOK_FROM),
            encoding="utf-8",
            delimiter=";",
        ),
        _write_workbook(
            folder / "receipts_2026H1.xlsx", [line for line in lines if line.movement.paid >= WORKBOOK_FROM]
        ),
    ]


def _write_csv(path: Path, rows: Iterable[list[str]], encoding: str, delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return path


def plain(cents: int) -> str:
    """Cents as an amount: 1234567 → 12345.67, -5 → -0.05."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def grouped(cents: int) -> str:
    """Cents as an amount with thousands separators: 1234567 → 12,345.67."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def chinese_day(day: dt.date | None) -> str:
    return f"{day.year}/{day.month}/{day.day}" if day else ""


def english_day(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def rep_on(item: Item) -> str:
    """Who signed the invoice: an invoice keeps its rep when the customer is handed over."""
    customer = item.customer
    return customer.former_rep if customer.rep and item.issued < customer.handed_over else customer.rep


def customer_table(customers: Iterable[Customer]) -> list[list[str]]:
    return [
        CUSTOMER_COLUMNS.split(),
        *(
            [
                *(c.entity, c.customer_id, c.name, c.parent_id, c.industry, KINDS[c.kind].label, c.region, c.rep),
                *(str(c.credit_limit), str(c.terms_days), declared_run(c), *c.contacts),
            ]
            for c in customers
        ),
    ]


def declared_run(customer: Customer) -> str:
    """The pay days the customer has told us; some never did."""
    if customer.customer_id.endswith(("3", "7")):
        return ""
    if customer.habit == "month_end":
        return "月末"
    if customer.habit == "day":
        return f"每月{customer.run}日"
    return f"每周{WEEKDAYS[customer.run]}" if customer.habit == "weekday" else ""


def chinese_invoices(items: list[Item]) -> list[list[str]]:
    """The old ERP's receivable list, with three lines that are wrong as such lists are now and then."""
    rows = [_chinese_invoice(i) for i in items]
    twice, blank, no_such_day = (list(rows[place]) for place in (2_600, 4_100, 6_900))
    blank[1], blank[5:7], blank[8] = "YS25039901", ["2025/3/18", "2025/4/17"], ""
    no_such_day[1], no_such_day[5:7] = "YS25029902", ["2025/2/30", "2025/4/1"]
    rows[2_601:2_601] = [twice]
    return [OLD_INVOICE_COLUMNS.split(), *rows, blank, no_such_day]


def _chinese_invoice(i: Item) -> list[str]:
    c = i.customer
    return [
        *(c.entity, i.invoice_id, DOC_WORDS[i.doc_type][0], c.customer_id, c.name),
        *(
            chinese_day(i.issued),
            chinese_day(i.due),
            str(i.instalment_no),
            grouped(i.cents),
            CURRENCY_WORDS[c.currency],
        ),
        *(str(c.terms_days), rep_on(i), c.region, i.project, chinese_day(i.accepted)),
        *("是" if i.dispute else "", i.dispute, "作废" if i.void else ""),
    ]


def english_invoices(items: list[Item]) -> list[list[str]]:
    """The new ERP's invoice list, with one line whose amount was never filled in properly."""
    rows = [_english_invoice(i) for i in items]
    unreadable = list(rows[1_500])
    unreadable[1], unreadable[8] = "SI-2599901", "see contract"
    return [NEW_INVOICE_COLUMNS.split(","), *rows, unreadable]


def _english_invoice(i: Item) -> list[str]:
    c = i.customer
    return [
        *(c.entity, i.invoice_id, DOC_WORDS[i.doc_type][1], c.customer_id, c.name),
        *(english_day(i.issued), english_day(i.due), str(i.instalment_no), plain(i.cents), c.currency),
        *(str(c.terms_days), rep_on(i), c.region, i.project, english_day(i.accepted)),
        *("Yes" if i.dispute else "", i.dispute, "Void" if i.void else ""),
    ]


def receipt_lines(movements: list[Movement]) -> list[ReceiptLine]:
    """Movements as the cashier books them: one number a receipt, a line per invoice it names.

    Customers that send no advice get one line a receipt, without an invoice or with the numbers in the reference text.
    """
    receipts: dict[tuple[dt.date, str, str, dt.date | None], list[Movement]] = defaultdict(list)
    for m in movements:
        receipts[m.paid, m.customer.customer_id, m.method, m.cleared].append(m)
    lines: list[ReceiptLine] = []
    used: dict[str, int] = defaultdict(int)
    for (paid, _, method, _), group in receipts.items():
        prefix = ("SK" if method else "TZ") + f"{paid:%y%m}"
        used[prefix] += 1
        shown = group if group[0].customer.advice == "stated" else [_without_advice(group)]
        lines += [ReceiptLine(f"{prefix}{used[prefix]:04d}", m) for m in shown]
    return lines


def _without_advice(group: list[Movement]) -> Movement:
    first = group[0]
    numbers = " ".join(dict.fromkeys(m.invoice_id for m in group if m.invoice_id))
    text = first.reference or (f"货款 {numbers}" if first.customer.advice == "text" else "货款")
    total = sum(m.cents for m in group)
    return Movement(first.customer, first.paid, total, method=first.method, cleared=first.cleared, reference=text)


def english_receipts(lines: Iterable[ReceiptLine]) -> list[list[str]]:
    """The cashier's list, with one line entered twice and one that names an invoice nobody knows."""
    rows = [_english_receipt(line) for line in lines]
    twice = list(rows[3_200])
    unknown = list(next(row for row in reversed(rows) if row[7].startswith("SI-25") and row[9] == "Payment"))
    unknown[1], unknown[4], unknown[7] = "SK25129901", "1860.00", "SI-2599999"
    rows[3_201:3_201] = [twice]
    return [RECEIPT_COLUMNS.split(";"), *rows, unknown]


def _english_receipt(line: ReceiptLine) -> list[str]:
    m = line.movement
    return [
        *(m.customer.entity, line.number, m.customer.customer_id, m.paid.isoformat(), plain(m.cents)),
        *(m.customer.currency, METHOD_WORDS[m.method][1], m.invoice_id, str(m.instalment_no) if m.invoice_id else ""),
        *(KIND_WORDS[m.kind][1], m.cleared.isoformat() if m.cleared else "", m.reference),
    ]


def _write_workbook(path: Path, lines: list[ReceiptLine]) -> Path:
    """The finance department's own workbook: a title, the period, then the list and its total."""
    header = WORKBOOK_COLUMNS.split()
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "收款单明细", "created": WORKBOOK_MADE})
    sheet = book.add_worksheet("收款单")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.write(0, 0, "霁川流体控制有限公司 收款单明细", book.add_format({"bold": True, "font_size": 14}))
    sheet.write(1, 0, "期间：2026-01-01 至 2026-06-30")
    sheet.write_row(3, 0, header, book.add_format({"bold": True}))
    sheet.set_column(0, len(header) - 1, 14)
    for row, (number, m) in enumerate(lines, start=4):
        sheet.write_row(row, 0, [m.customer.entity, number, m.customer.customer_id, m.customer.name])
        sheet.write_datetime(row, 4, _midnight(m.paid), day)
        sheet.write_number(row, 5, m.cents / 100, money)
        sheet.write_row(row, 6, [CURRENCY_WORDS[m.customer.currency], METHOD_WORDS[m.method][0], m.invoice_id])
        if m.invoice_id:
            sheet.write_number(row, 9, m.instalment_no)
            sheet.write_datetime(row, 10, _midnight(m.paid), day)
        sheet.write(row, 11, KIND_WORDS[m.kind][0])
        if m.cleared:
            sheet.write_datetime(row, 12, _midnight(m.cleared), day)
        sheet.write(row, 13, m.reference)
    sheet.write(len(lines) + 4, 0, "合计")
    sheet.write_number(len(lines) + 4, 5, sum(m.cents for _, m in lines) / 100, money)
    book.close()
    return path


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())
