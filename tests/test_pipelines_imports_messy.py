"""Files as real systems and hurried people leave them: each once read wrongly, or not at all, without a rule for it."""

import datetime as dt
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.importing.imports import ImportReport
from pipelines.settings import Settings


def load(tmp_path: Path, content: bytes | str, columns: str, name: str = "export.csv") -> tuple[ImportReport, list]:
    path, settings = tmp_path / name, Settings(home=tmp_path / "warehouse")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = imports.import_file(path, settings)
    rows = settings.home / "imports" / report.import_id / "rows.parquet"
    return report, duckdb.execute(f"select {columns} from read_parquet(?) order by line_no", [str(rows)]).fetchall()


def reasons(tmp_path: Path, report: ImportReport) -> list[tuple[int, str]]:
    path = tmp_path / "warehouse" / "imports" / report.import_id / "rejected.parquet"
    found = duckdb.execute("select line_no, reason from read_parquet(?) order by 1", [str(path)]).fetchall()
    return [(line, json.loads(reason)["code"]) for line, reason in found]


def codes(report: ImportReport) -> set[str]:
    return {note["code"] for note in report.notes}


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def test_a_unit_stated_above_the_table_counts_for_all_amounts_without_one_of_their_own(tmp_path: Path) -> None:
    report, rows = load(
        tmp_path,
        "应收账款明细表,,,,\n编制单位：远山集团,,,金额单位：万元,\n客户,发票号,开票日期,应收金额,未收金额（元）\n"
        "甲公司,F1,2026-01-05,100.5,50\n乙公司,F2,2026-01-06,10,10\n合计,,,110.5,60\n",
        "amount, open_amount",
    )
    assert rows == [(Decimal(1_005_000), Decimal(50)), (Decimal(100_000), Decimal(10))]
    assert report.control_total == "1105000.00"
    assert "unit_stated" in codes(report)


def test_a_title_that_speaks_of_thousands_multiplies_amounts_read_as_numbers_at_once(tmp_path: Path) -> None:
    content = '"Open receivables (in thousands of USD)"\nCustomer No,Invoice No,Invoice Date,Open Amount\n'
    _, rows = load(tmp_path, content + "A1,1,2026-01-05,12.5\nA2,2,2026-01-06,7.0\n", "amount")
    assert rows == [(Decimal(12_500),), (Decimal(7000),)]


def test_the_words_for_a_unit_in_a_title_that_states_none_multiply_nothing(tmp_path: Path) -> None:
    content = "百万科技有限公司\n客户,发票号,开票日期,应收金额\n甲公司,F1,2026-01-05,100.5\n"
    report, rows = load(tmp_path, content, "amount")
    assert rows == [(Decimal("100.5"),)] and "unit_stated" not in codes(report)


PAGED = """Customer Line Item Display
                                      Page 1
Customer             0000100234
Company Code         1000
-------------------------------------------------------------
|St|DocumentNo|Type|Doc. Date |Net due dt|   Amount in LC |LCurr|
-------------------------------------------------------------
|@5B|1800000123|RV  |15.02.2026|17.03.2026|      2.000,00  |EUR  |
|@5B|1600000007|RG  |20.02.2026|20.02.2026|        100,00- |EUR  |
-------------------------------------------------------------
|*  |          |    |          |          |      1.900,00  |EUR  |
-------------------------------------------------------------
Customer             0000100777
Company Code         1000
-------------------------------------------------------------
|St|DocumentNo|Type|Doc. Date |Net due dt|   Amount in LC |LCurr|
-------------------------------------------------------------
|@5B|1800000200|RV  |28.02.2026|30.03.2026|        500,00  |EUR  |
-------------------------------------------------------------
|** |          |    |          |          |      2.400,00  |EUR  |
"""


def test_a_customer_named_after_its_label_above_each_page_owns_the_rows_below(tmp_path: Path) -> None:
    report, rows = load(tmp_path, PAGED, "customer_id, invoice_id, amount, currency", "items.txt")
    assert rows == [
        ("0000100234", "1800000123", Decimal(2000), "EUR"),
        ("0000100234", "1600000007", Decimal(-100), "EUR"),
        ("0000100777", "1800000200", Decimal(500), "EUR"),
    ]
    assert (report.control_total, report.rows_set_aside) == ("2400.00", report.rows_rejected)


def test_customers_after_labels_within_the_table_do_not_make_it_a_list_of_receipts(tmp_path: Path) -> None:
    header = "Invoice,Date,Due,Amount,Balance\n"
    content = (
        f"Customer: 1001 - Ash Works,,,,\n{header}F1,2026-01-05,2026-02-04,100.00,20.00\n"
        "Customer Total,,,100.00,20.00\n"
        f"Customer: 1002 - Elm Foods,,,,\nCustomer: 1003 - Oak,,,,\n{header}F3,2026-01-07,2026-02-06,50.00,50.00\n"
        "Report Total,,,150.00,70.00\n"
    )
    report, rows = load(tmp_path, content, "customer_name, invoice_id, open_amount")
    assert report.kind == "invoices" and report.control_total == "150.00"
    assert rows == [("1001 - Ash Works", "F1", Decimal(20)), ("1003 - Oak", "F3", Decimal(50))]


def test_a_label_that_names_several_customers_names_none(tmp_path: Path) -> None:
    content = "客户：全部\n客户,发票号,开票日期,应收金额\n甲公司,F1,2026-01-05,100.5\n"
    assert load(tmp_path, content, "customer_name")[1] == [("甲公司",)]
    refused = "客户编码: 0001 至 9999\n发票号,开票日期,到期日,应收金额,余额\nF1,2026-01-05,2026-02-04,100.5,5\n"
    with pytest.raises(UserError) as raised:
        load(tmp_path, refused, "customer_name", "range.csv")
    assert raised.value.code == "error.columns_missing"


def test_headings_may_stand_in_a_column_that_holds_dates_below_them(tmp_path: Path) -> None:
    report, rows = load(
        tmp_path,
        "Aged Receivables Detail\nAs at 31 March 2026\nInvoice Date,Due Date,Invoice Number,Current,1 Month,Total\n"
        "Cedar Council,,,,,\n5 Jan 2026,4 Feb 2026,INV-21,0.00,540.00,540.00\n9 Mar 2026,8 Apr 2026,INV-30,250.00,0.00,"
        "250.00\nTotal Cedar Council,,,250.00,540.00,790.00\nFern Inc,,,,,\n"
        "9 Mar 2026,8 Apr 2026,INV-31,1.00,0.00,1.00\n"
        "Total Fern Inc,,,1.00,0.00,1.00\nTotal,,,251.00,540.00,791.00\n",
        "customer_name, invoice_id, issue_date, amount",
    )
    assert rows == [
        ("Cedar Council", "INV-21", dt.date(2026, 1, 5), Decimal(540)),
        ("Cedar Council", "INV-30", dt.date(2026, 3, 9), Decimal(250)),
        ("Fern Inc", "INV-31", dt.date(2026, 3, 9), Decimal(1)),
    ]
    assert report.control_total == "791.00"


def test_movements_of_a_period_are_not_replaced_by_the_balance_beside_them(tmp_path: Path) -> None:
    report, rows = load(
        tmp_path,
        "客户编码,客户名称,单据类型,单据编号,业务日期,本期应收,本期收款,期末余额\n"
        'C1,蓝天贸易,标准应收单,AR1,2026-01-05,"5,650.00",,"6,650.00"\n'
        'C1,蓝天贸易,收款单,SK1,2026-01-20,,"3,000.00","3,650.00"\n'
        'C1,蓝天贸易,小计,,,"5,650.00","3,000.00","3,650.00"\n'
        'C1,蓝天贸易,本月合计,,2026-01-31,"5,650.00","3,000.00","3,650.00"\n'
        '过次页,,,,,"5,650.00","3,000.00",\n'
        '合计,,,,,"5,650.00","3,000.00","3,650.00"\n',
        "invoice_id, amount",
    )
    assert rows == [("AR1", Decimal(5650)), ("SK1", Decimal(-3000))]
    assert (report.control_total, report.accepted_total) == ("2650.00", "2650.00")
    assert reasons(tmp_path, report) == [(line, "total_row") for line in (4, 5, 6, 7)]


def test_a_total_without_any_word_is_known_by_its_sum(tmp_path: Path) -> None:
    content = "Party,Ref. No.,Date,Pending Amount\nBanyan,T1,2026-01-05,1180\nNeem,T2,2026-01-09,2360\n,,,3540\n"
    report, rows = load(tmp_path, content, "amount")
    assert len(rows) == 2 and report.control_total == "3540.00"


def test_cells_of_a_page_that_reach_down_stand_in_each_row(tmp_path: Path) -> None:
    content = (
        "<html><table><tr><td rowspan=2>客户编码</td><td rowspan=2>发票号</td><td colspan=2>日期</td>"
        "<td colspan=2>金额</td></tr><tr><td>开票</td><td>到期</td><td>应收</td><td>未收</td></tr>"
        "<tr><td rowspan=2>0001</td><td>F1</td><td>2026-01-03</td><td>2026-02-02</td><td>1,130.00</td>"
        "<td>130.00</td></tr>"
        "<tr><td>F2</td><td>2026-01-04</td><td>2026-02-03</td><td>5.00</td><td>5.00</td></tr></table></html>"
    )
    _, rows = load(tmp_path, content, "customer_id, invoice_id, due_date, amount, open_amount", "page.xls")
    day = dt.date
    assert rows == [
        ("0001", "F1", day(2026, 2, 2), Decimal(1130), Decimal(130)),
        ("0001", "F2", day(2026, 2, 3), Decimal(5), Decimal(5)),
    ]


def test_numbers_of_an_xml_spreadsheet_may_have_an_exponent(tmp_path: Path) -> None:
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = (("String", "Ash"), ("Number", "1001"), ("DateTime", "2026-01-05T00:00:00.000"), ("Number", "1.5E3"))
    header = "".join(
        f'<Cell><Data ss:Type="String">{name}</Data></Cell>'
        for name in ("Customer", "Invoice No", "Invoice Date", "Amount")
    )
    row = "".join(f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>' for kind, value in cells)
    content = (
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="AR"><Table>'
        f"<Row>{header}</Row><Row>{row}</Row></Table></Worksheet></Workbook>"
    )
    assert load(tmp_path, content, "invoice_id, amount", "old.xml")[1] == [("1001", Decimal(1500))]


def test_the_yen_of_japanese_files_is_the_yen(tmp_path: Path) -> None:
    content = "得意先コード,請求書番号,請求日,請求金額\nT1,S1,2026/01/31,\\110000\nT2,S2,2026/01/31,▲\\33000\n"
    report, rows = load(tmp_path, content.encode("cp932"), "amount, currency")
    assert rows == [(Decimal(110_000), "JPY"), (Decimal(-33_000), "JPY")] and report.currencies == ("JPY",)


def test_reais_are_named_by_their_sign(tmp_path: Path) -> None:
    content = "Cliente;Nº Título;Emissão;Valor Original\nIpê;1;17/01/2026;R$ 1.500,00\n"
    assert load(tmp_path, content, "amount, currency")[1] == [(Decimal(1500), "BRL")]


def test_zero_bytes_in_text_are_left_out_and_counted(tmp_path: Path) -> None:
    content = b"Customer No,Invoice No,Invoice Date,Amount\nA1,1001,2026-01-05,100\nA2\x00,1002,2026-01-06,200\n"
    report, rows = load(tmp_path, content, "customer_id")
    assert rows == [("A1",), ("A2",)]
    assert {"code": "zero_bytes_dropped", "count": 1} in report.notes


CHINESE = "客户名称,发票号,开票日期,应收金额\n"
FIRST = "海川设备有限公司,A1,2026-01-05,100.00\n远山,A2,2026-01-06,10.00\n青禾农业科技,A3,2026-01-07,1.00\n"
SECOND = "白石建材有限公司,B1,2026-02-05,200.00\n松江,B2,2026-02-06,20.00\n临港物流集团,B3,2026-02-07,2.00\n"


@pytest.mark.parametrize("codes", [("utf-8", "gb18030"), ("gb18030", "utf-8-sig")])
def test_a_file_of_two_encodings_is_read_line_by_line_and_says_so(tmp_path: Path, codes: tuple[str, str]) -> None:
    content = (CHINESE + FIRST).encode(codes[0]) + SECOND.encode(codes[1])
    report, rows = load(tmp_path, content, "customer_name, invoice_id")
    assert [name for name, _ in rows] == [line.split(",")[0] for line in (FIRST + SECOND).splitlines()]
    names = " + ".join(code.removesuffix("-sig") for code in codes).upper()
    assert {"code": "encodings_mixed", "names": names, "line": 5} in report.notes
    assert report.accepted_total == "333.00"


def test_a_line_that_either_encoding_can_read_where_they_meet_is_asked_about(tmp_path: Path) -> None:
    content = (CHINESE + FIRST).encode() + "联,C1,2026-01-09,1.00\n".encode("gb18030") + SECOND.encode("gb18030")
    assert load(tmp_path, content, "customer_name")[1][3] == ("联",)  # these bytes are no UTF-8
    content = (CHINESE + FIRST).encode() + b"\xc1\xaa\xcd\xa8,C1,2026-01-09,1.00\n" + SECOND.encode("gb18030")
    assert load(tmp_path, content, "customer_name")[1][3] == ("联通",)
    content = (CHINESE + FIRST).encode() + b"\xd1\xaa\xcd\xa8,C1,2026-01-09,1.00\n" + SECOND.encode("gb18030")
    with pytest.raises(UserError) as refused:
        load(tmp_path, content, "customer_name")
    assert refused.value.code == "error.file_encodings_mixed" and refused.value.params["line"] == 5


def test_a_line_in_two_encodings_is_asked_about(tmp_path: Path) -> None:
    content = (CHINESE + FIRST).encode() + "海川设备".encode() + "货款已付,B1,2026-02-05,2.00\n".encode("gb18030")
    with pytest.raises(UserError) as refused:
        load(tmp_path, content + SECOND.encode("gb18030"), "customer_name")
    assert refused.value.code == "error.file_encodings_mixed"


def test_damaged_characters_of_a_file_in_utf_8_do_not_make_it_another(tmp_path: Path) -> None:
    content = (CHINESE + FIRST).encode() + "Müller,M1,2026-01-09,1.00\n".encode("cp1252")
    content += "松江造船厂".encode()[:-1] + b",M2,2026-01-10,1.00\n"
    report, rows = load(tmp_path, content, "customer_name")
    assert rows[0] == ("海川设备有限公司",) and "\ufffd" in rows[3][0] and rows[4] == ("松江造船\ufffd",)
    assert {"code": "characters_lost", "count": 2} in report.notes


def test_sums_with_their_documents_below_are_refused(tmp_path: Path) -> None:
    content = (
        ",Invoice Date,Account,Currency,At Date,1-30,31-60,Total\n"
        "Harbour Mills,,,,500.00,1200.00,,1700.00\n"
        "INV/2026/00012,2026-04-01,121000 Account Receivable,USD,500.00,,,500.00\n"
        "INV/2026/00007,2026-03-01,121000 Account Receivable,USD,,1200.00,,1200.00\n"
        "Total,,,,500.00,1200.00,,1700.00\n"
    )
    with pytest.raises(UserError) as refused:
        load(tmp_path, content, "open_amount")
    assert refused.value.code == "error.documents_among_sums"
    assert "Invoice Date" in refused.value.text("en") and "Invoice Date" in refused.value.text("zh_CN")


@pytest.mark.parametrize(
    "rows",
    [
        "Ash,,5.00,7.00\nf-a,2026-04-01,5.00,\nf-b,2026-03-01,,7.00\nElm,,1.00,\nf-c,2026-04-02,1.00,\n",
        "f-a,2026-04-01,5.00,\nf-b,2026-03-01,,7.00\nAsh,,5.00,7.00\nf-c,2026-04-02,1.00,\nElm,,1.00,\n",
        "Ash,,5.00,9.00\nAsh,2026-04-01,5.00,\nAsh,2026-03-01,,7.00\nElm,,1.00,\n",
        "".join(f"Customer {n},,1.00,\n" for n in "abcdefgh" * 40) + "Zed,,5.00,9.00\nINV-2041,2026-04-01,5.00,\n",
    ],
    ids=["sums above", "sums below", "the customer repeats", "numbers far down"],
)
def test_documents_among_sums_are_told_by_their_numbers_customers_or_sums(tmp_path: Path, rows: str) -> None:
    with pytest.raises(UserError) as refused:
        load(tmp_path, f"Customer,Due Date,0-30,31-60\n{rows}", "open_amount")
    assert refused.value.code == "error.documents_among_sums"


def test_a_summary_that_dates_some_of_its_customers_is_read(tmp_path: Path) -> None:
    content = (
        "客户,到期日,30天内,31-60天\n海川公司,,5.00,7.00\n远山公司,2026-04-01,8.00,\n青禾公司,2026-03-01,,7.00\n"
        "白石公司,,1.00,\n合计,,14.00,14.00\n"
    )
    report, rows = load(tmp_path, content, "customer_name, open_amount")
    assert report.kind == "aged_summary" and report.rows_accepted == 4
    assert sum(amount for _, amount in rows) == Decimal(28)


def test_a_summary_whose_rows_all_bear_a_date_is_read(tmp_path: Path) -> None:
    content = "Customer,Due Date,0-30,31-60\nHarbour Mills,2026-04-01,5.00,0.00\nAsh Works,2026-04-02,1.00,2.00\n"
    report, rows = load(tmp_path, content, "customer_name")
    assert report.kind == "aged_summary" and {name for (name,) in rows} == {"Harbour Mills", "Ash Works"}


DOLLARS = "Customer,Invoice,Invoice Date,Amount\nC1,R1,2026-01-05,$100\nC2,R2,2026-01-06,200\n"


@pytest.mark.parametrize(("base", "taken"), [("CNY", "USD"), ("HKD", "HKD")])
@pytest.mark.parametrize("text", [DOLLARS, DOLLARS.replace("Amount", "Amount ($)").replace("$100", "100")])
def test_a_bare_dollar_sign_is_never_the_currency_of_books_in_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, taken: str, text: str
) -> None:
    monkeypatch.setenv("FIRSTPAID_BASE_CURRENCY", base)
    report, rows = load(tmp_path, text, "amount, currency")
    assert rows == [(100, taken), (200, taken)]
    assert {"code": "dollar_taken", "currency": taken} in report.notes


def test_balances_by_age_are_in_the_currency_that_their_amounts_name(tmp_path: Path) -> None:
    text = "Customer,Current,1-30,Total\nAlder,€10.00,€20.00,€30.00\nBirch,€1.00,,€1.00\n"
    report, rows = load(tmp_path, text, "currency, open_amount")
    assert report.kind == "aged_summary" and rows == [("EUR", 10), ("EUR", 20), ("EUR", 1)]


def test_rows_that_name_no_currency_among_others_are_said(tmp_path: Path) -> None:
    text = DOLLARS.replace("$100", "THB 100").replace("200", "A$200") + "C3,R3,2026-01-07,7\n"
    report, rows = load(tmp_path, text, "amount, currency")
    assert rows == [(100, "THB"), (200, "AUD"), (7, None)]
    (note,) = [each for each in report.notes if each["code"] == "currency_blank"]
    assert (note["rows"], note["lines"]) == (1, "4")


@pytest.mark.parametrize(
    "header",
    [
        "Customer,,Invoice,,Amounts,\nNo,Name,No,Date,Total,Open\n",
        "应收账款明细表,,,,,\n客户,,单据,,金额,\n编号,名称,编号,日期,应收,未收\n",
    ],
)
def test_a_part_is_told_by_the_group_it_stands_below(tmp_path: Path, header: str) -> None:
    text = header + "C1,Alder,R1,2026-01-05,100,40\nC2,Birch,R2,2026-01-06,200,200\n"
    _, rows = load(tmp_path, text, "customer_id, customer_name, invoice_id, amount, open_amount")
    assert rows == [("C1", "Alder", "R1", 100, 40), ("C2", "Birch", "R2", 200, 200)]


def test_a_rate_for_a_hundred_units_is_that_of_one(tmp_path: Path) -> None:
    text = "币种,单位,日期,汇率\nJPY,100,2026-01-05,4.8123\nUSD,1,2026-01-05,7.1\n"
    text += "EUR,,2026-01-05,7.9\nKRW,0,2026-01-05,5\n"
    report, rows = load(tmp_path, text, "currency, rate_to_base")
    assert rows == [("JPY", Decimal("0.048123")), ("USD", Decimal("7.1")), ("EUR", Decimal("7.9"))]
    assert report.rows_rejected == 1 and {"code": "rate_of_units", "column": "单位"} in report.notes
