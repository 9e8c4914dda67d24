"""Sheets of one workbook: read together as one list where they are parts of one, else named, or asked about."""

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from models.late_risk import score_build
from pipelines import i18n
from pipelines.building import publish
from pipelines.errors import UserError
from pipelines.importing import imports, imports_detail
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_workbook import report_workbook
from pipelines.reporting import queries_payers
from pipelines.settings import Settings

Sheet = Sequence[Sequence[object]]
HEADER = ["客户名称", "发票号", "开票日期", "到期日", "金额", "未收金额"]
LEDGER = ["客户名称", "发票号", "开票日期", "到期日", "金额"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def workbook(tmp_path: Path, sheets: dict[str, Sheet], *, hidden: str = "", name: str = "each.xlsx") -> Path:
    path = tmp_path / name
    with xlsxwriter.Workbook(str(path)) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            if title == hidden:
                sheet.hide()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def items(*numbers: int, header: Sequence[object] = HEADER) -> list[Sequence[object]]:
    return [header, *[["云帆科技", f"F{n}", "2026-01-05", f"2026-02-{n:02}", 100.0, 60.0] for n in numbers]]


def ledger(month: int, *numbers: int) -> list[Sequence[object]]:
    return [LEDGER, *[["云帆科技", f"F{n}", f"2026-{month:02}-05", f"2026-{month:02}-28", 100.0] for n in numbers]]


def rows_of(settings: Settings, report: ImportReport, columns: str) -> list[tuple[object, ...]]:
    path = settings.home / "imports" / report.import_id / "rows.parquet"
    return duckdb.execute(f"select {columns} from read_parquet(?) order by line_no", [str(path)]).fetchall()


def notes(report: ImportReport) -> dict[str, dict[str, object]]:
    return {note["code"]: note for note in report.notes}


def refused(settings: Settings, path: Path, sheet: str | None = None) -> UserError:
    """The mistake that loading ends with, which the preview shows too."""
    with pytest.raises(UserError) as found:
        imports.import_file(path, settings, sheet=sheet)
    problem = imports.preview(path, settings, sheet=sheet).problem
    assert problem is not None and problem.code == found.value.code
    return found.value


def test_sheets_with_the_same_columns_are_one_list_in_the_order_of_the_sheets(
    tmp_path: Path, settings: Settings
) -> None:
    total: list[object] = ["合计", "", "", "", 0.0, 60.0]
    moved: Sheet = [
        ["应收明细"], [],
        ["发票号", "备注", "客户名称", "开票日期", "到期日", "未收金额", "金额"],
        ["F9", "x", "星河实业", "2026-01-07", "2026-02-07", 5.5, 7.25],
        ["合计", "", "", "", "", 5.5, 7.25],
    ]  # fmt: skip
    path = workbook(
        tmp_path, {"华南": [*items(1), [*total[:4], 100.0, 60.0]], "华东": moved, "西北": [*items(3), [*total]]}
    )
    report = imports.import_file(path, settings)
    assert rows_of(settings, report, "customer_name, invoice_id, amount, open_amount, issue_date") == [
        ("云帆科技", "F1", Decimal(100), Decimal(60), dt.date(2026, 1, 5)),
        ("星河实业", "F9", Decimal("7.25"), Decimal("5.5"), dt.date(2026, 1, 7)),
        ("云帆科技", "F3", Decimal(100), Decimal(60), dt.date(2026, 1, 5)),
    ]
    assert report.format["together"] == ["华南", "华东", "西北"] and report.ledger == "open_items"
    assert (report.rows_read, report.rows_set_aside, report.control_total) == (6, 3, "107.25")
    assert notes(report)["sheet_total_differs"]["sheet"] == "西北", "its own total says 0, its row 100"
    totals = imports_detail.by_reason(imports_detail.rejected(settings, report.import_id))
    assert [each.lines_text for each in totals] == ["华南!3, 西北!3", "华东!5"]
    assert imports.import_file(path, settings).already_imported
    assert imports.import_file(path, settings, sheet="华东", source="华东").rows_accepted == 1


def test_a_row_is_named_by_its_sheet_and_line_wherever_it_is_shown(tmp_path: Path, settings: Settings) -> None:
    bad: list[object] = ["云帆科技", "F8", "soon", "2026-02-08", 1.0]
    twice = ledger(1, 1)[1]
    path = workbook(
        tmp_path,
        {"一月": ledger(1, 1, *range(40, 51)), "二月": [*ledger(2, 3), bad, twice, *ledger(2, *range(60, 70))[1:]]},
    )
    shown = imports.preview(path, settings).rejected
    report = imports.import_file(path, settings)
    rejected = imports_detail.rejected(settings, report.import_id)
    assert shown == rejected
    assert [(row["sheet"], row["line_no"]) for row in rejected] == [("二月", 3), ("二月", 4)]
    assert '"一月!2"' in rejected[1]["reason"], "the row that it repeats"
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, report.import_id, "zh_CN")))
    assert book.get_sheet_by_name(book.sheet_names[3]).to_python()[1][:3] == ["二月", 3.0, "开票日期"]
    info = publish.build(settings, as_of=dt.date(2026, 3, 31), score=score_build)
    with duckdb.connect(str(settings.home / "builds" / f"{info.build_id}.duckdb"), read_only=True) as con:
        kept = con.execute("select sheet, line_no from rejected_rows order by line_no").fetchall()
        invoice = queries_payers.invoice(con, queries_payers.Scope(), settings.default_entity, "F3")
    assert kept == [("二月", 3), ("二月", 4)]
    assert invoice["instalments"][["file_name", "line_no"]].values.tolist() == [["each.xlsx · 二月", 2]]


def test_customers_named_above_each_sheet_own_its_rows_alone(tmp_path: Path, settings: Settings) -> None:
    header = ["发票号", "开票日期", "到期日", "金额"]
    sheets: dict[str, Sheet] = {
        name: [["客户名称", name], [], header, [f"{number}-1", "2026-01-05", "2026-02-04", 100.0]]
        for number, name in enumerate(("云帆科技", "星河实业"))
    }
    report = imports.import_file(workbook(tmp_path, sheets), settings)
    assert rows_of(settings, report, "customer_name, invoice_id") == [("云帆科技", "0-1"), ("星河实业", "1-1")]


def test_sheets_that_are_no_part_of_the_list_are_named_with_why(tmp_path: Path, settings: Settings) -> None:
    sheets: dict[str, Sheet] = {
        "一月": ledger(1, 1, 2, 3),
        "二月": ledger(2, 4),
        "三月": [[*LEDGER[:4], "含税金额"], *ledger(3, 5)[1:]],
        "万元": [["单位：万元"], *ledger(4, 6)],
        "客户": [["客户编码", "客户名称", "信用额度"], ["C1", "云帆科技", 1000.0]],
        "说明": [["此表每月更新"]],
        "票据": [["收票日期", "票据号", "出票日", "到期日", "票面金额", "出票人", "承兑人"], ["2026-01-05", *"123456"]],
        "空": [],
        "旧": ledger(5, 9),
    }
    report = imports.import_file(workbook(tmp_path, sheets, hidden="旧"), settings)
    assert report.format["together"] == ["一月", "二月"] and report.rows_accepted == 4
    left = {code: ", ".join(note["sheets"]) for code, note in notes(report).items() if code.startswith("sheet_")}
    assert left == {
        "sheet_other_columns": "三月",
        "sheet_other_layout": "万元",
        "sheet_other_kind": "客户",
        "sheet_no_table": "说明",
        "sheet_bills": "票据",
        "sheet_empty": "空",
        "sheet_hidden": "旧",
    }
    assert (notes(report)["sheet_other_columns"]["own"], notes(report)["sheet_other_columns"]["lacking"]) == (
        ["含税金额"],
        ["金额"],
    )
    alone = imports.import_file(workbook(tmp_path, sheets, hidden="旧"), settings, sheet="旧")
    assert alone.rows_accepted == 1 and not [code for code in notes(alone) if code.startswith("sheet")]


def test_lists_of_different_days_are_not_taken_for_one(tmp_path: Path, settings: Settings) -> None:
    path = workbook(tmp_path, {"一月": items(1, 2), "二月": items(2, 3)})
    error = refused(settings, path)
    assert error.code == "error.sheets_repeat"
    assert all(word in error.text("zh_CN") for word in ("一月", "二月", "F2"))
    assert imports.import_file(path, settings, sheet="一月").rows_accepted == 2
    assert imports.import_file(path, settings, sheet="二月").rows_accepted == 2, "a later list of the same source"
    dated = workbook(tmp_path, {"2026-01-31": items(1), "末": [["截止日期：2026-02-28"], *items(2)]}, name="days.xlsx")
    error = refused(settings, dated)
    assert error.code == "error.sheets_of_days" and "2026-01-31" in error.text("en")


def test_companies_that_number_their_own_documents_are_asked_about(tmp_path: Path, settings: Settings) -> None:
    other: Sheet = [HEADER, *[["松江物流", *row[1:]] for row in items(1, 2)[1:]]]
    assert refused(settings, workbook(tmp_path, {"甲": items(1, 2), "乙": other})).code == "error.sheets_repeat"


def test_a_sheet_that_holds_all_the_others_is_asked_about(tmp_path: Path, settings: Settings) -> None:
    header = ["客户名称", "收款日期", "收款金额"]
    paid = [["云帆科技", f"2026-01-{day:02}", 10.0 * day] for day in range(1, 5)]
    path = workbook(tmp_path, {"全部": [header, *paid], "甲": [header, *paid[:2]], "乙": [header, *paid[2:]]})
    assert refused(settings, path).code == "error.sheets_repeat"
    assert imports.import_file(path, settings, sheet="全部").accepted_total == "100.00"


def test_movements_may_overlap_by_a_day(tmp_path: Path, settings: Settings) -> None:
    path = workbook(
        tmp_path, {"一月": ledger(1, *range(1, 13)), "二月": [*ledger(2, *range(20, 32)), ledger(1, 12)[1]]}
    )
    report = imports.import_file(path, settings)
    assert (report.rows_accepted, report.rows_set_aside) == (24, 1), "the row on both sheets counts once"


def test_a_sheet_of_a_list_does_not_make_the_other_sheets_paid(tmp_path: Path, settings: Settings) -> None:
    path = workbook(tmp_path, {"华南": items(1, 2), "华东": items(3), "二月": items(2, 4)})
    assert imports.import_file(path, settings, sheet="华南").ledger == "open_items"
    error = refused(settings, path, sheet="华东")
    assert error.code == "error.sheets_apart"
    assert all(name in error.text("zh_CN") for name in ("华南", "华东", "each"))
    assert len(imports.list_imports(settings)) == 1
    assert imports.import_file(path, settings, sheet="二月").rows_accepted == 2  # a later list: F1 is gone from it
    assert imports.import_file(path, settings, sheet="华东", source="华东").rows_accepted == 1
    assert imports.import_file(path, settings, sheet="华东", source="each").rows_accepted == 1


def test_a_sheet_of_sheets_loaded_together_is_no_later_list(tmp_path: Path, settings: Settings) -> None:
    path = workbook(tmp_path, {"华南": items(1, 2), "华东": items(3)})
    assert imports.import_file(path, settings).rows_accepted == 3
    assert refused(settings, path, sheet="华南").code == "error.sheets_apart"


def test_sheets_of_an_xml_spreadsheet_and_tables_of_a_page_are_read_together(
    tmp_path: Path, settings: Settings
) -> None:
    def marked(rows: Sheet, row: str, cell: str) -> str:
        return "".join(row.format("".join(cell.format(text) for text in cells)) for cells in rows)

    pages = [f"<table>{marked(ledger(month, month), '<tr>{}</tr>', '<td>{}</td>')}</table>" for month in (1, 2, 3)]
    path = tmp_path / "pages.xls"
    path.write_text(f"<html><table><tr><td>Print</td></tr></table>{''.join(pages)}</html>", encoding="utf-8")
    report = imports.import_file(path, settings)
    assert (report.rows_accepted, report.format["together"]) == (3, ["#2", "#3", "#4"])
    assert imports.import_file(path, settings, sheet="#3", source="one").rows_accepted == 1
    space, cell = "urn:schemas-microsoft-com:office:spreadsheet", "<Cell><Data ss:Type='String'>{}</Data></Cell>"
    sheets = [
        f"<Worksheet ss:Name='{month}'><Table>{marked(ledger(month, month), '<Row>{}</Row>', cell)}</Table></Worksheet>"
        for month in (1, 2)
    ]
    path = tmp_path / "sheets.xml"
    path.write_text(f"<?xml version='1.0'?><Workbook xmlns='{space}' xmlns:ss='{space}'>{''.join(sheets)}</Workbook>")
    assert imports.import_file(path, settings).format["together"] == ["1", "2"]
    assert imports.import_file(path, settings, sheet="2", source="one").rows_accepted == 1


IN_CURRENCIES = ["客户名称", "发票号", "开票日期", "币种", "金额"]


def sold(number: int, **amounts: float) -> list[Sequence[object]]:
    """A sheet with an invoice in each of these currencies."""
    lines = enumerate(amounts.items())
    return [IN_CURRENCIES, *[["云帆科技", f"F{number}-{n}", "2026-01-05", name, sum_] for n, (name, sum_) in lines]]


def total(amount: float, currency: str = "") -> list[object]:
    return ["合计", "", "", currency, amount]


@pytest.mark.parametrize(
    ("sheets", "stated", "differences", "off"),
    [
        (
            {"华南": [*sold(1, CNY=10, USD=20), total(10, "CNY"), total(20, "USD")],
             "华东": [*sold(2, CNY=1, USD=2), total(1, "CNY"), total(2, "USD")]},
            {"CNY": 11, "USD": 22}, {"CNY": 0, "USD": 0}, [],
        ),
        (
            {"华南": [*sold(1, CNY=10, USD=20), total(10, "CNY"), total(21, "USD")],
             "华东": [*sold(2, CNY=1), total(1)]},
            {"CNY": 11, "USD": 21}, {"CNY": 0, "USD": -1}, [("华南", "USD", 21, 20)],
        ),
        (
            {"人民币": [*sold(1, CNY=10), total(10)], "美元": [*sold(2, USD=20), total(20)]},
            {"CNY": 10, "USD": 20}, {"CNY": 0, "USD": 0}, [],
        ),
        (
            {"华南": [*sold(1, CNY=10, USD=20), total(31)], "华东": [*sold(2, CNY=1, USD=2), total(3)]},
            {"": 34}, {"": -1}, [("华南", None, 31, 30)],
        ),
        (
            {"华南": [*sold(1, CNY=10, USD=20), total(20, "USD")], "华东": [*sold(2, CNY=1, USD=2), total(2, "USD")]},
            {"USD": 22}, {"USD": 0}, ["华南", "华东"],
        ),
        ({"华南": sold(1, CNY=10, USD=20), "华东": sold(2, CNY=1)}, {}, {}, []),
    ],
    ids=["each", "one off", "a sheet a currency", "over all", "one currency", "none"],
)  # fmt: skip
def test_totals_of_sheets_in_several_currencies_are_held_against_each_currency(
    tmp_path: Path, settings: Settings, sheets: dict[str, Sheet], stated: dict, differences: dict, off: list
) -> None:
    report = imports.import_file(workbook(tmp_path, sheets), settings)
    assert report.format["together"] == list(sheets)
    assert (dict(report.control_totals), dict(report.differences)) == (stated, differences)
    found = notes(report)
    names = ("sheet", "currency", "cents_total", "cents_rows")
    noted = [
        tuple(note.get(name) for name in names)
        for note in report.notes
        if note["code"] in ("sheet_total_differs", "sheet_currency_differs")
    ]
    lacking = found.get("sheets_without_total", {}).get("sheets", [])
    assert [*noted, *lacking] == off
    assert all(i18n.reason(language, note) for note in report.notes for language in i18n.LANGUAGES)
    has_each = any(stated) and not any(differences.values())
    assert ("stated_totals_agree" in found) == has_each
