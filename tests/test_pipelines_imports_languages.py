"""Exports in Russian, Spanish and Traditional Chinese, in the encodings and with the figures of their countries."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.importing.imports import ImportReport, import_file
from pipelines.importing.imports_store import rows_of
from pipelines.reading.mapping_buckets import bucket_of
from pipelines.settings import Settings

ISSUED, DUE = dt.date(2026, 1, 15), dt.date(2026, 2, 14)


def taken(tmp_path: Path, content: str, encoding: str, columns: str) -> tuple[ImportReport, list[tuple]]:
    path, settings = tmp_path / "export.csv", Settings(home=tmp_path / "warehouse")
    path.write_bytes(content.encode(encoding))
    report = import_file(path, settings)
    query = f"select {columns} from '{rows_of(settings, report)}' order by line_no"
    return report, duckdb.connect().execute(query).fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
@pytest.mark.parametrize("blank", [" ", "\u00a0"])
def test_a_list_of_open_items_in_russian(tmp_path: Path, encoding: str, blank: str) -> None:
    content = (
        "Контрагент;Договор;Документ;Номер;Дата;Срок оплаты;Валюта;Сумма, руб.;Долг;Просрочено\n"
        f"ООО Ромашка;Договор 1;Реализация;УТ-001;15.01.2026;14.02.2026;RUB;1{blank}234{blank}567,89;234567,89;45\n"
        f"Итого;;;;;;;1{blank}234{blank}567,89;234567,89;\n"
    )
    columns = "customer_id, project, doc_type, invoice_id, issue_date, due_date, currency, amount, open_amount"
    report, rows = taken(tmp_path, content, encoding, columns)
    amounts = (Decimal("1234567.89"), Decimal("234567.89"))
    assert rows == [("ООО Ромашка", "Договор 1", "invoice", "УТ-001", ISSUED, DUE, "RUB", *amounts)]
    assert (report.is_open_list, report.rows_set_aside, report.control_total) == (True, 1, "1234567.89")


def test_receipts_in_russian(tmp_path: Path) -> None:
    content = "Контрагент;Документ;Номер;Дата оплаты;Сумма\nООО Ромашка;Поступление;ПП-1;15.01.2026;1 000 000,50\n"
    report, rows = taken(tmp_path, content, "cp1251", "receipt_id, customer_id, paid_on, amount")
    assert report.kind == "receipts"
    assert rows == [("ПП-1", "ООО Ромашка", ISSUED, Decimal("1000000.50"))]


def test_a_russian_ledger_tells_what_was_paid_from_what_was_sold(tmp_path: Path) -> None:
    content = (
        "Контрагент;Документ;Номер;Дата;Сумма\n"
        "ООО Ромашка;Реализация товаров и услуг;УТ-1;15.01.2026;1 234,89\n"
        "ООО Ромашка;Поступление на расчетный счет;П-1;20.01.2026;234,89\n"
        "ООО Ромашка;Возврат товаров от покупателя;В-1;21.01.2026;10,00\n"
    )
    _, rows = taken(tmp_path, content, "cp1251", "invoice_id, doc_type, amount")
    paid, returned = ("П-1", "payment", Decimal("-234.89")), ("В-1", "credit_note", Decimal(-10))
    assert rows == [("УТ-1", "invoice", Decimal("1234.89")), paid, returned]


def test_a_russian_document_that_holds_its_number_goes_by_it(tmp_path: Path) -> None:
    document = "Реализация товаров и услуг УТ-001 от 15.01.2026"
    content = f"Контрагент;Документ;Дата;Остаток долга\nООО Ромашка;{document};15.01.2026;100,00\n"
    assert taken(tmp_path, content, "utf-8", "invoice_id")[1] == [(document,)]


def test_russian_buckets(tmp_path: Path) -> None:
    assert bucket_of("Более 90 дней") == bucket_of("over 90 days")
    assert bucket_of("от 31 до 60 дней") == bucket_of("31 до 60") == bucket_of("31-60")
    assert bucket_of("Не просрочено") == bucket_of("not due")


def test_a_spanish_list_whose_date_is_fecha(tmp_path: Path) -> None:
    content = "Cliente;Factura;Fecha;Vencimiento;Importe;Saldo\nAcería;F-1;15/01/2026;14/02/2026;1.234,56;234,56\n"
    _, rows = taken(tmp_path, content, "cp1252", "customer_id, invoice_id, issue_date, due_date, amount, open_amount")
    assert rows == [("Acería", "F-1", ISSUED, DUE, Decimal("1234.56"), Decimal("234.56"))]


def test_a_list_from_taiwan_with_its_total(tmp_path: Path) -> None:
    content = (
        "客戶代號,客戶名稱,發票號碼,發票日期,到期日,發票金額,餘額\n"
        'A01,台灣鋼鐵,AB-1,2026/01/15,2026/02/14,"1,234",234\n總計,,,,,"1,234",234\n'
    )
    report, rows = taken(tmp_path, content, "big5", "customer_id, customer_name, due_date, open_amount")
    assert rows == [("A01", "台灣鋼鐵", DUE, Decimal(234))]
    assert (report.rows_set_aside, report.control_total) == (1, "1234.00")
