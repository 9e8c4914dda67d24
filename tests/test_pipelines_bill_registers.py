"""Registers of bills from a file: read as companies and banks write them, and entered all at once."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import command
from small_ledgers import INVOICES, RECEIPTS, built
from test_pipelines_journal import postgres_url, settings
from workbook_files import ods

from pipelines import i18n
from pipelines.building import builds
from pipelines.collecting import bill_files, bill_registers, bills, follow_up, journal, merges
from pipelines.collecting.bill_files import BillColumnsMissing, NoBillRegister
from pipelines.collecting.bill_registers import Known, Upload
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.importing.imports_errors import HeaderOnly
from pipelines.reading.readers_errors import EmptyFile
from pipelines.reporting import queries_financing
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

__all__ = ["postgres_url", "settings"]  # each test that writes runs on SQLite and on PostgreSQL
CUSTOMERS = [
    ("main", "C1", "华东机械有限公司"),
    ("main", "C2", "Northwind GmbH"),
    ("main", "C3", "同名公司"),
    ("main", "C4", "同名公司"),
    ("south", "S1", "南方电子有限公司"),
    ("south", "C2", "Northwind GmbH"),
    ("main", "", ""),
]
HEADER = "票据号码,客户名称,票面金额,到期日,票据状态,状态日期"


def written(folder: Path, text: str, name: str = "register.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def upload(
    settings: Settings, path: Path, customers: Sequence[tuple[str, str, str]] = CUSTOMERS, invoices: dict | None = None
) -> Upload:
    known: Known = bill_registers.known(customers, settings)
    return bill_registers.compared(bill_files.read(path, settings), settings, known, invoices or {})


def register(settings: Settings) -> dict[str, tuple[str, str, str | None]]:
    """State, its day and customer of each bill by number."""
    return {
        note.payload.number: (note.payload.state, str(note.payload.state_on), note.customer_id)
        for note in follow_up.notes(settings, kind="bill")
    }


def counts(found: Upload) -> dict[str, int]:
    lists = {name: len(getattr(found, name)) for name in ("new", "moved", "there", "repeated", "aside")}
    assert sum(lists.values()) == len(found.file.rows)
    return {name: count for name, count in lists.items() if count}


def codes(found: Upload) -> dict[int, str]:
    return {row.line_no: str((row.reason or {})["code"]) for row in found.aside}


# One bill each: the register of a finance department, an e-bank, two ERPs in English, a plain list by hand.
LAYOUTS = {
    "备查簿": (
        "应收票据备查簿\n编制单位：某公司,,,单位：元\n"
        "序号,收票日期,客户编码,客户名称,票号,出票人,承兑银行,出票日,到期日,票面金额,币种,票据状态,贴现日期,兑付日期,备注\n"
        "1,2026年5月8日,C1,华东机械有限公司,1301 0001,甲公司,中国银行,2026年5月1日,2026年11月1日,"
        '"¥120,000.00",人民币,库存,,,\n合计,,,,,,,,,"120,000.00",,,,,\n制表人：王芳,,,审核人：李,,,,,,,,,,,\n'
    ),
    "网银": (
        "票据(包)号码\t子票区间\t票据种类\t出票人名称\t出票日期\t汇票到期日\t承兑人名称\t票据(包)金额(万元)\t直接前手\t签收日期\t票据状态\t流转状态\n"
        "13010001\t0\t银行承兑汇票\t甲公司\t20260501\t20261101\t中国银行\t12\t华东机械有限公司\t20260508\t已收票\t可流通\n"
    ),
    "SAP": (
        "Company Code;Customer;Name 1;Bill of exchange no.;Issue date;Due date;Amount in doc. curr.;Currency;Drawer;"
        "Bill status\n"
        "main;C1;;13010001;01.05.2026;01.11.2026;120.000,00;CNY;甲公司;In hand\n"
    ),
    "Dynamics": (
        "Bill ID,Customer account,Drawer,Amount,Currency code,Maturity date,Received date,Status\n"
        "13010001,C1,甲公司,120000,CNY,2026-11-01,2026-05-08,Open\n"
    ),
    "by hand": "汇票号码,收自,金额,到期日,出票单位\n13010001,华东机械有限公司,120000,2026/11/1,甲公司\n",
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_bill_reads_the_same_however_the_register_is_laid_out(tmp_path: Path, layout: str) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    encoding = "gb18030" if layout == "网银" else "utf-8"
    found = upload(settings, written(tmp_path, LAYOUTS[layout], encoding=encoding))
    assert len(found.new) == 1, [row.reason for row in found.aside]
    ((subject, payload),) = found.entries
    assert subject == Subject("main", "C1")
    assert payload["number"] == "13010001" and payload["amount"] == 120_000
    assert payload["due_on"] == dt.date(2026, 11, 1) and payload["currency"] == "CNY" and payload["drawer"] == "甲公司"
    assert payload["state"] == "received" and payload["state_on"] in (None, dt.date(2026, 5, 8))
    expected = {"备查簿": {"total_row", "footer_row"}}.get(layout, set())
    assert set(codes(found).values()) == expected


def test_a_workbook_with_a_sheet_a_month_is_read_whole(tmp_path: Path) -> None:
    settings, path = Settings(home=tmp_path / "warehouse"), tmp_path / "bills.ods"
    header = ["票据号码", "客户名称", "票面金额", "到期日"]
    months = {
        f"{month}月": [header, [f"P{month}", CUSTOMERS[0][2], 1000.5, dt.date(2026, 11, month)]] for month in (5, 6)
    }
    path.write_bytes(ods(months | {"说明": [["票据号码", "背书人", "票据状态"], ["P9", "甲", "在手"]]}))
    found = upload(settings, path)
    assert [(row.sheet, row.place, row.values["bill_number"]) for row in found.new] == [
        ("5月", "5月!2", "P5"), ("6月", "6月!2", "P6"),
    ]  # fmt: skip
    assert found.totals(found.new) == {"CNY": Decimal(2001)}
    assert {note["code"]: note.get("sheets") for note in found.notes} == {
        "sheets_together": ["5月", "6月"], "bill_sheets_left": ["说明"], "bill_state_taken": None,
        "bill_currency_taken": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("在手", "received"), ("质押", "received"), ("托收中", "received"), ("In hand", "received"),
        ("已贴现", "discounted"), ("Discounted", "discounted"), ("已背书转让", "endorsed"), ("endorsed", "endorsed"),
        ("到期已兑付", "cleared"), ("已兑付", "cleared"), ("已到期承兑", "cleared"), ("托收", "cleared"),
        ("Paid", "cleared"),
        ("拒付", "bounced"), ("提示付款已拒付（可追索）", "bounced"), ("退票", "bounced"),
        ("Dishonoured", "bounced"), ("作废", None),
    ],
)  # fmt: skip
def test_the_words_for_where_a_bill_stands(tmp_path: Path, word: str, state: str | None) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    found = upload(settings, written(tmp_path, f"{HEADER}\nP1,华东机械有限公司,100,2026-11-01,{word},2026-05-08\n"))
    assert [row.values["bill_state"] for row in found.new] == ([state] if state else [])
    assert codes(found) == ({} if state else {2: "bill_state_unknown"})


def test_without_a_word_the_last_day_says_where_a_bill_stands_and_none_that_it_is_in_hand(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "票据号码,客户名称,票面金额,到期日,收票日期,贴现日期,背书日期,兑付日期"
    rows = "P1,C1,1,2026-11-01,2026-05-08,,,\nP2,C1,1,2026-11-01,2026-05-08,2026-06-01,,2026-07-01\n"
    rows += "P3,C1,1,2026-11-01,,,2026-06-01,"
    found = upload(settings, written(tmp_path, f"{header}\n{rows}\n"))
    assert [(each["number"], each["state"], str(each["state_on"])) for _, each in found.entries] == [
        ("P1", "received", "2026-05-08"), ("P2", "cleared", "2026-07-01"), ("P3", "endorsed", "2026-06-01"),
    ]  # fmt: skip
    assert {"code": "bill_state_taken", "rows": 1} in found.notes


@pytest.mark.parametrize(("beside", "state"), [("备注", "received"), ("被背书人", "endorsed")])
def test_the_day_of_an_endorsement_is_ours_only_where_the_register_says_to_whom(
    tmp_path: Path, beside: str, state: str
) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = f"票据号码,背书人,票面金额,到期日,背书日期,{beside}"
    found = upload(settings, written(tmp_path, f"{header}\nP1,华东机械有限公司,1,2026-11-01,2026-05-08,\n"))
    assert [row.values["bill_state"] for row in found.new] == [state]


REASONS = {
    "P1,,100,2026-11-01,,": "bill_customer_missing",
    "P1,某某公司,100,2026-11-01,,": "bill_customer_unknown",
    "P1,同名公司,100,2026-11-01,,": "bill_customer_several",
    "P1,northwind  gmbh,100,2026-11-01,,": "bill_customer_in_entities",
    ",C1,100,2026-11-01,,": "missing_value",
    "1.30E+29,C1,100,2026-11-01,,": "id_destroyed",
    "P1,C1,,2026-11-01,,": "missing_value",
    "P1,C1,many,2026-11-01,,": "amount_not_read",
    "P1,C1,-5,2026-11-01,,": "bill_amount",
    "P1,C1,100,,,": "missing_value",
    "P1,C1,100,2026-13-01,,": "date_not_read",
    "P1,C1,100,2026-11-01,已兑付,": "bill_without_day",
    "P1,C1,100,2026-11-01,已兑付,2099-01-01": "bill_day_ahead",
    "P1,C1,100,2026-11-01,,,surplus": "too_many_cells",
    "票据号码,客户名称,票面金额,到期日,票据状态,状态日期": "repeated_header",
    "小计,,100,,,": "total_row",
    "-----,-----,-----,-----,-----,-----": "ruler_row",
    "以下为六月,,,,,": "footer_row",
}


@pytest.mark.parametrize("row", REASONS)
def test_a_row_that_is_no_bill_is_set_aside_with_its_reason(tmp_path: Path, row: str) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    found = upload(settings, written(tmp_path, f"{HEADER}\nP0,C1,100,2026-11-01,,\n{row}\n"))
    assert counts(found) == {"new": 1, "aside": 1} and codes(found) == {3: REASONS[row]}
    for language in i18n.LANGUAGES:
        assert i18n.reason(language, found.aside[0].reason or {})


def test_a_customer_is_found_by_number_name_and_entity_and_never_guessed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "公司,客户编码,客户名称,票据号码,票面金额,到期日"
    rows = {
        "south,,Northwind GmbH,P1": ("south", "C2"),
        "MAIN,c2,,P2": ("main", "C2"),
        ",,（南方电子有限公司）,P3": None,
        ",S1,别的名称,P4": ("south", "S1"),
        ",C4,同名公司,P5": ("main", "C4"),
        ",C1,Northwind GmbH,P6": None,
        "north,C1,,P7": None,
        ",,南方 电子有限公司,P8": ("south", "S1"),
    }
    text = "\n".join([header, *(f"{row},100,2026-11-01" for row in rows)])
    found = upload(settings, written(tmp_path, text))
    placed = {payload["number"]: (subject.entity_id, subject.customer_id) for subject, payload in found.entries}
    assert placed == {row[-2:]: whom for row, whom in rows.items() if whom}
    assert codes(found) == {4: "bill_customer_unknown", 7: "bill_customers_differ", 8: "bill_entity_unknown"}


def test_a_merged_number_stands_for_the_customer_it_became(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    merges.merge(settings, "main", {"C9": ""}, "C1", who="Ana")
    found = upload(settings, written(tmp_path, f"{HEADER}\nP1,C9,100,2026-11-01,,\n"))
    assert [subject for subject, _ in found.entries] == [Subject("main", "C1")]


def test_the_name_of_a_merged_customer_stands_for_the_one_it_became(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "Customer ID,Customer Name,Invoice No,Invoice Date,Due Date,Amount"
    ledger = written(
        tmp_path,
        f"{header}\nC1,华东机械有限公司,A1,2026-01-05,2026-02-04,9\nC9,华东机械老厂,A2,2026-01-05,2026-02-04,9\n",
        "ledger.csv",
    )
    report = imports.import_file(ledger, settings)
    register_file = written(tmp_path, f"{HEADER}\nP1,华东机械老厂,100,2026-11-01,,\n")
    assert codes(upload(settings, register_file)) == {2: "bill_customer_unknown"}
    merges.merge(settings, "main", {"C9": ""}, "C1", who="Ana")
    assert [subject for subject, _ in upload(settings, register_file).entries] == [Subject("main", "C1")]
    imports.retract(settings, report.import_id)
    assert codes(upload(settings, register_file)) == {2: "bill_customer_unknown"}


def test_a_bill_falls_due_after_it_was_drawn_and_its_invoice_is_one_of_its_customer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "票据号码,客户名称,票面金额,出票日,到期日,发票号"
    rows = "P1,C1,1,2026-05-01,2026-04-01,\nP2,C1,1,2026-05-01,2026-11-01,A1\nP3,C1,1,2026-05-01,2026-11-01,A2"
    path = written(tmp_path, f"{header}\n{rows}\n")
    assert bill_registers.named_invoices(bill_files.read(path, settings)) == ("A1", "A2")
    found = upload(settings, path, invoices={("main", "A1"): ("C1",), ("main", "A2"): ("C2",)})
    assert codes(found) == {2: "bill_due_before_drawn"}
    assert [subject.invoice_id for subject, _ in found.entries] == ["A1", None]
    assert {"code": "bill_invoices_left", "rows": 1} in found.notes


@pytest.mark.parametrize(
    ("part", "part_to", "number"),
    [
        ("", None, "P1"), ("0", None, "P1"), ("0,0", None, "P1"), ("1-100000", None, "P1-1-100000"),
        ("000000000001，000000100000", None, "P1-1-100000"), ("1", "100000", "P1-1-100000"),
    ],
)  # fmt: skip
def test_a_part_of_a_bill_is_numbered_by_its_range(part: str, part_to: str | None, number: str) -> None:
    assert bill_files.numbered("P 1", part, part_to) == number


def test_of_one_number_twice_the_same_counts_once_and_two_contents_not_at_all(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "票据号码,子票区间,客户名称,票面金额,到期日"
    rows = ["P1,,C1,100", "P1,,C1,100", "P2,,C1,100", "P2,,C1,200", "P3,1-5,C1,5", "P3,6-9,C1,4"]
    found = upload(settings, written(tmp_path, "\n".join([header, *(f"{row},2026-11-01" for row in rows)])))
    assert counts(found) == {"new": 3, "repeated": 1, "aside": 2}
    assert codes(found) == {4: "conflicting_rows", 5: "conflicting_rows"}
    assert found.aside[0].reason == {"code": "conflicting_rows", "lines": "4, 5"}
    assert [payload["number"] for _, payload in found.entries] == ["P1", "P3-1-5", "P3-6-9"]


WEEKS = (
    "P1,C1,100,2026-11-01,在手,2026-05-08\nP2,C2,200,2026-11-02,在手,\nP3,C1,300,2026-11-03,已贴现,2026-06-01\n",
    "P1,C1,100,2026-11-01,已背书,2026-07-01\nP2,C2,200,2026-11-02,在手,2026-05-09\nP3,C1,300,2026-11-03,已兑付,2026-05-01\n"
    "P4,C1,400,2026-11-04,在手,\n",
)
ONLY_MAIN = [each for each in CUSTOMERS if each[0] == "main"]


def test_a_register_uploaded_again_enters_what_is_new_and_what_has_moved(tmp_path: Path, settings: Settings) -> None:
    first = upload(settings, written(tmp_path, f"{HEADER}\n{WEEKS[0]}"), ONLY_MAIN)
    assert counts(first) == {"new": 3} and first.totals(first.new) == {"CNY": Decimal(600)}
    assert bill_registers.store(settings, first, who="王芳") == 3
    again = upload(settings, written(tmp_path, f"{HEADER}\n{WEEKS[0]}"), ONLY_MAIN)
    assert counts(again) == {"there": 3} and bill_registers.store(settings, again, who="Li") == 0
    second = upload(settings, written(tmp_path, f"{HEADER}\n{WEEKS[1]}"), ONLY_MAIN)
    assert counts(second) == {"new": 1, "moved": 1, "there": 1, "aside": 1}
    assert codes(second) == {4: "bill_moved_before"} and second.totals(second.moved) == {"CNY": Decimal(100)}
    assert bill_registers.store(settings, second, who="Li") == 2
    assert register(settings) == {
        "P1": ("endorsed", "2026-07-01", "C1"), "P2": ("received", "None", "C2"),
        "P3": ("discounted", "2026-06-01", "C1"), "P4": ("received", "None", "C1"),
    }  # fmt: skip
    assert {note.payload.number: note.changed_by for note in follow_up.notes(settings, kind="bill")} == {
        "P1": "Li", "P2": "王芳", "P3": "王芳", "P4": "Li",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("held", "number", "part", "found"),
    [
        ("1301 0001", "13010001", "", {"there": 1}),
        ("13010001", "13010001", "1-100", {"aside": 1}),
        ("13010001-1-100", "13010001", "", {"aside": 1}),
        ("13010001-1-100", "13010001", "101-200", {"new": 1}),
        ("13010001-1-100", "13010001", "1,100", {"there": 1}),
    ],
)
def test_a_bill_entered_by_hand_and_uploaded_is_one_with_blanks_and_ranges_written_otherwise(
    tmp_path: Path, held: str, number: str, part: str, found: dict[str, int]
) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    payload = {"number": held, "amount": 100, "currency": "CNY", "due_on": "2026-11-01"}
    journal.append(settings, "bill", Subject("main", "C1"), payload, who="Ana")
    path = written(tmp_path, f'票据号码,子票区间,客户名称,票面金额,到期日\n{number},"{part}",C1,100,2026-11-01\n')
    assert counts(upload(settings, path)) == found


DIFFERENCES = {
    "P1,C1,101,2026-11-01,在手,": "bill_differs",
    "P1,C1,100,2026-11-02,在手,": "bill_differs",
    "P1,C2,100,2026-11-01,在手,": "bill_differs",
    "P1,C1,100,2026-11-01,在手,2026-05-09": "bill_move_back",
    "P1,C1,100,2026-11-01,已贴现,2026-07-01": "bill_move_back",
    "P1,C1,100,2026-11-01,已背书,2026-06-02": "bill_differs",
    "P1,C1,100,2026-11-01,拒付,2026-05-31": "bill_moved_before",
}


@pytest.mark.parametrize("row", DIFFERENCES)
def test_what_the_register_has_otherwise_is_set_aside_and_never_overwritten(tmp_path: Path, row: str) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    first = upload(settings, written(tmp_path, f"{HEADER}\nP1,C1,100,2026-11-01,已背书,2026-06-01\n"))
    bill_registers.store(settings, first, who="王芳")
    found = upload(settings, written(tmp_path, f"{HEADER}\n{row}\n"), ONLY_MAIN)
    assert counts(found) == {"aside": 1} and codes(found) == {2: DIFFERENCES[row]}
    assert bill_registers.store(settings, found, who="Li") == 0
    assert register(settings) == {"P1": ("endorsed", "2026-06-01", "C1")}


def test_a_difference_names_its_column_and_both_sides(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    first = upload(settings, written(tmp_path, f"{HEADER}\nP1,C1,1234.5,2026-11-01,已背书,2026-06-01\n"))
    bill_registers.store(settings, first, who="王芳")
    rows = "P1,C1,1234.505,2026-11-01,已背书,2026-06-01\n"
    (row,) = upload(settings, written(tmp_path, f"{HEADER}\n{rows}")).aside
    assert (row.column_name, row.value) == ("票面金额", "1,234.5050")
    assert i18n.reason("en", row.reason or {}) == "The register has 1,234.50 here, entered by 王芳"
    rows = "P1,C1,1234.5,2026-11-01,拒付,2026-05-01\n"
    (row,) = upload(settings, written(tmp_path, f"{HEADER}\n{rows}")).aside
    assert (row.column_name, row.value) == ("状态日期", "2026-05-01")


def test_a_register_that_names_no_states_leaves_those_that_are_known(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    path = written(tmp_path, "票据号码,客户名称,票面金额,到期日\nP1,C1,100,2026-11-01\n")
    bill_registers.store(settings, upload(settings, path), who="王芳")
    (note,) = follow_up.notes(settings, kind="bill")
    bills.move(settings, note, "cleared", journal.business_day(settings), who="Li")
    assert counts(upload(settings, path)) == {"there": 1}


def test_of_two_people_uploading_one_file_the_second_is_told_and_nothing_is_doubled(
    tmp_path: Path, settings: Settings
) -> None:
    rows = "".join(f"P{number},C1,100,2026-11-01,,\n" for number in range(300))
    path = written(tmp_path, f"{HEADER}\n{rows}")
    ready = {who: upload(settings, path) for who in ("Ana", "Li")}
    gate, said = threading.Barrier(2), dict[str, object]()

    def enter(who: str) -> None:
        gate.wait()
        try:
            said[who] = bill_registers.store(settings, ready[who], who=who)
        except EntryConflict as conflict:
            said[who] = conflict

    threads = [threading.Thread(target=enter, args=(who,)) for who in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (first,) = [who for who, each in said.items() if each == 300]
    (conflict,) = [each for each in said.values() if isinstance(each, EntryConflict)]
    assert conflict.text("en").startswith(f"{first} has entered 300 of these") and first in conflict.text("zh_CN")
    notes = follow_up.notes(settings, kind="bill")
    assert len(notes) == 300 and {note.who for note in notes} == {first}


def test_what_somebody_moves_meanwhile_stops_the_whole_upload(tmp_path: Path, settings: Settings) -> None:
    first = upload(settings, written(tmp_path, f"{HEADER}\nP1,C1,100,2026-11-01,,\nP2,C1,100,2026-11-01,,\n"))
    bill_registers.store(settings, first, who="Ana")
    rows = "P1,C1,100,2026-11-01,已兑付,2026-06-01\nP2,C1,100,2026-11-01,已兑付,2026-06-01\nP3,C1,100,2026-11-01,,\n"
    found = upload(settings, written(tmp_path, f"{HEADER}\n{rows}"))
    assert counts(found) == {"new": 1, "moved": 2}
    note = next(note for note in follow_up.notes(settings, kind="bill") if note.payload.number == "P2")
    bills.move(settings, note, "bounced", dt.date(2026, 6, 2), who="Li")
    with pytest.raises(EntryConflict) as conflict:
        bill_registers.store(settings, found, who="Ana")
    assert "Li" in conflict.value.text("en")
    assert register(settings) == {"P1": ("received", "None", "C1"), "P2": ("bounced", "2026-06-02", "C1")}


def test_a_crash_in_the_middle_enters_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = upload(settings, written(tmp_path, f"{HEADER}\nP1,C1,100,2026-11-01,,\nP2,C1,100,2026-11-01,,\n"))
    made: Callable[..., dict] = journal._values

    def breaks(kind: str, subject: Subject, payload: object, **more: object) -> dict:
        row = made(kind, subject, payload, **more)
        return row | {"who": None} if row["payload"]["number"] == "P2" else row

    monkeypatch.setattr(journal, "_values", breaks)
    with pytest.raises(Exception, match="who"):
        bill_registers.store(settings, found, who="Ana")
    monkeypatch.undo()
    assert register(settings) == {}
    assert bill_registers.store(settings, found, who="Ana") == 2


BAD = {
    "客户名称,票面金额,到期日,承兑人\nC1,100,2026-11-01,中行\n": (BillColumnsMissing, ["票据号", "bill number"]),
    "票据号码,客户名称,到期日,承兑人\nP1,C1,2026-11-01,中行\n": (BillColumnsMissing, ["金额", "amount"]),
    "票据号码,客户名称,票面金额,承兑人\nP1,C1,100,中行\n": (BillColumnsMissing, ["到期日", "due date"]),
    "票据号码,出票人,票面金额,到期日\nP1,甲,100,2026-11-01\n": (BillColumnsMissing, ["客户名称", "customer name"]),
    "": (EmptyFile, ["空", "empty"]),
    f"{HEADER}\n": (HeaderOnly, ["1", "1"]),
    "收款单号,客户编码,收款日期,收款金额,结算方式,票据号,到期日\nR1,C1,2026-05-01,100,电汇,,\n": (
        NoBillRegister, ["收款", "receipts"],
    ),
    "Invoice No,Customer,Invoice Date,Due Date,Amount\nA1,C1,2026-05-01,2026-06-01,100\n": (
        NoBillRegister, ["发票", "invoices"],
    ),
    "Bill No,Bill Date,Party Name,Due Date,Bill Amount,Status\nA1,2026-05-01,C1,2026-06-01,100,Paid\n": (
        NoBillRegister, ["发票", "invoices"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_no_register_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    error, words = BAD[text]
    with pytest.raises(UserError) as refused:
        bill_files.read(written(tmp_path, text), Settings(home=tmp_path / "warehouse"))
    assert type(refused.value) is error
    for language, word in zip(("zh_CN", "en"), words, strict=True):
        said = refused.value.text(language)
        assert word in said and "register.csv" in said and "\n" not in said


def test_an_uploaded_bill_and_its_receipt_count_once(tmp_path: Path) -> None:
    """The receipts of the exports name two of three bills; the register has them in hand, cleared and in hand."""
    settings = Settings(home=tmp_path / "warehouse")
    invoices = f"{INVOICES}\nA1,C1,2025-01-01,2025-01-31,1000.00,R1"
    header = f"{RECEIPTS},Payment Method"
    receipts = f"{header}\nP1,A1,2025-03-05,600,,bill\nP2,A1,2025-03-06,300,,bill"
    rows = "P1,C1,600,2025-09-05,已兑付,2025-03-20\nP2,C1,300,2025-09-06,在手,\nP3,C1,50,2025-09-07,在手,\n"
    found = upload(settings, written(tmp_path, f"{HEADER}\n{rows}"), ONLY_MAIN)
    bill_registers.store(settings, found, who="Ana")
    con = built(tmp_path, "2025-03-31", {"invoices": invoices, "receipts": receipts})
    held = con.execute("select bill_number, amount_doc, basis from fct_bills_in_hand order by 1").fetchall()
    assert held == [("P2", Decimal(300), "register"), ("P3", Decimal(50), "register")]
    assert con.execute("select sum(open_base) from fct_open_items").fetchall() == [(Decimal(400),)]
    counted = queries_financing.bills_counted(con, (("main", "P1"), ("main", "P2"), ("main", "P3")))
    assert counted == {("main", "P1"): Decimal(600)}
    assert queries_financing.customers_of_invoices(con, Scope(), ("A1", "A2")) == {("main", "A1"): ("C1",)}
    assert [each[1] for each in queries_financing.every_customer(con, Scope())] == ["C1"]


def test_the_import_points_to_the_upload(tmp_path: Path) -> None:
    path = written(tmp_path, LAYOUTS["备查簿"])
    with pytest.raises(UserError) as refused:
        imports.import_file(path, Settings(home=tmp_path / "warehouse"))
    assert "Upload the same file" in refused.value.text("en") and "上传" in refused.value.text("zh_CN")


def test_the_command_says_first_and_enters_on_request(sample_copy: Path, tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\nP1,01001,1000.50,2026-11-01,,\nP2,nobody,1,2026-11-01,,\n")

    def run(*arguments: str) -> dict:
        done = command(sample_copy, "pipelines", "bills", str(path), "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    said = run()
    assert said["entered"] == 0 and said["rows"] == 2 and said["totals"] == {"new": {"CNY": "1000.5000"}, "moved": {}}
    assert said["counts"] == {"new": 1, "moved": 0, "there": 0, "repeated": 0, "aside": 1}
    assert said["aside"][0]["row"] == "3" and said["aside"][0]["reason"]["code"] == "bill_customer_unknown"
    assert register(Settings(home=sample_copy)) == {}
    assert run("--apply", "--who", "王芳")["entered"] == 1
    assert register(Settings(home=sample_copy)) == {"P1": ("received", "None", "01001")}
    again = command(sample_copy, "pipelines", "bills", str(path))
    assert again.returncode == 0 and "0 new + 0 moved on + 1 already there" in again.stdout
    assert "row 3: No customer of this number or name is known (nobody)" in again.stdout
    assert command(sample_copy, "pipelines", "bills", str(path), "--apply").returncode == 2
    invoices = written(tmp_path, "Invoice No,Customer,Invoice Date,Due Date,Amount\nA1,C1,2026-05-01,2026-06-01,1\n")
    refused = command(sample_copy, "pipelines", "bills", str(invoices))
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1 and "invoices" in refused.stderr


def test_bills_of_the_sample_that_are_uploaded_leave_the_list_of_the_exports_and_the_sum_stays(
    sample_copy: Path, tmp_path: Path
) -> None:
    """What the exports say is in hand, put into a register and uploaded: the same bills, each counted once."""
    settings = Settings(home=sample_copy)

    def in_hand() -> list[tuple]:
        with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
            return con.execute(
                "select bill_number, customer_id, amount_doc, currency, due_on, basis from fct_bills_in_hand order by 1"
            ).fetchall()

    before = in_hand()
    assert before and {row[5] for row in before} == {"ledger"}
    header = "票据号码,客户编码,票面金额,币种,到期日,票据状态"
    rows = [
        f"{number},{customer},{amount},{code},{due or '2026-12-31'},在手"
        for number, customer, amount, code, due, _ in before
    ]
    path = written(tmp_path, "\n".join([header, *rows]))
    done = command(sample_copy, "pipelines", "bills", str(path), "--apply", "--who", "王芳", "--json")
    said = json.loads(done.stdout)
    assert said["entered"] == len(before) and said["counts"]["aside"] == 0, said
    sums = {code: sum(row[2] for row in before if row[3] == code) for code in {row[3] for row in before}}
    assert {code: Decimal(text) for code, text in said["totals"]["new"].items()} == sums
    assert command(sample_copy, "pipelines", "build").returncode == 0
    after = in_hand()
    assert [row[:4] for row in after] == [row[:4] for row in before] and {row[5] for row in after} == {"register"}
