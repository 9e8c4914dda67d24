"""What a person wants to know of an import beyond its sums, and of a build beside the one before it."""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pipelines.building import publish
from pipelines.importing import imports
from pipelines.importing.imports_detail import by_reason, conflicts, layout_before, rejected
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_workbook import report_workbook
from pipelines.reporting import queries, queries_compare
from pipelines.settings import Settings
from tests.small_ledgers import built, no_risk

HEADER = "Customer No,Invoice No,Invoice Date,Due Date,Amount,Currency"
LEDGER = f"""{HEADER}
C1,A-1,2026-01-05,2026-02-04,100.00,CNY
C1,A-2,2026-01-25,soon,50.00,CNY
C1,A-3,2026-01-25,later,50.00,CNY
C2,B-1,2026-02-10,2026-03-12,1200.50,CNY
Total,,,,1400.50,
"""
OTHER = f"""{HEADER}
C1,A-1,2026-01-05,2026-02-14,110.00,CNY
C3,D-1,2026-01-05,2026-02-14,5.00,CNY
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def load(settings: Settings, folder: Path, name: str, text: str) -> imports.ImportReport:
    path = folder / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return imports.import_file(path, settings)


def test_rejected_rows_stand_together_by_reason_with_their_lines(tmp_path: Path, settings: Settings) -> None:
    report = load(settings, tmp_path, "ledger", LEDGER)
    rows = rejected(settings, report.import_id)
    assert len(rows) == report.rows_rejected
    found = {each.reason["code"]: (each.rows, each.lines) for each in by_reason(rows)}
    assert sorted(rows for rows, _ in found.values()) == [1, 2], "two dates that are none, and the total"
    assert sorted(line for _, lines in found.values() for line in lines) == [3, 4, 6]


def test_like_reasons_are_one_line_however_many_lines_they_name() -> None:
    rows = [{"line_no": line, "reason": json.dumps({"code": "duplicate_row", "line": line})} for line in range(2, 40)]
    (only,) = by_reason(rows)
    assert (only.rows, only.lines[:2], only.lines_text[-1]) == (38, (2, 3), "…")


def test_an_invoice_that_two_sources_hold_otherwise_is_listed_with_both_values(
    tmp_path: Path, settings: Settings
) -> None:
    first = load(settings, tmp_path, "kingdee", LEDGER)
    second = load(settings, tmp_path, "shop", OTHER)
    assert conflicts(settings, first.import_id) == []
    found = {
        row["column"]: (row["before"], row["after"], row["file_name"]) for row in conflicts(settings, second.import_id)
    }
    assert found == {
        "amount": ("100.0000", "110.0000", "kingdee.csv"),
        "due_date": ("2026-02-04", "2026-02-14", "kingdee.csv"),
    }
    imports.retract(settings, first.import_id)
    assert conflicts(settings, second.import_id) == [], "what was retracted contradicts nothing"
    with pytest.raises(NoSuchImport):
        conflicts(settings, "0123456789abcdef")


def test_the_workbook_lists_the_differences_between_sources(tmp_path: Path, settings: Settings) -> None:
    load(settings, tmp_path, "kingdee", LEDGER)
    second = load(settings, tmp_path, "shop", OTHER)
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, second.import_id, "en")))
    assert "Other exports" in book.sheet_names
    rows = book.get_sheet_by_name("Other exports").to_python()
    assert rows[1][0] == "kingdee.csv"
    assert 100.0 in rows[1]


def test_a_file_is_compared_with_the_last_standing_export_of_its_source(tmp_path: Path, settings: Settings) -> None:
    assert layout_before(settings, "ledger", "invoices") is None
    first = load(settings, tmp_path, "ledger 2026-01", LEDGER)
    second = load(settings, tmp_path, "ledger 2026-02", OTHER)
    assert layout_before(settings, "ledger", "invoices") == second
    imports.retract(settings, second.import_id)
    before = layout_before(settings, "ledger", "invoices")
    assert before is not None
    assert before.import_id == first.import_id
    assert layout_before(settings, "ledger", "receipts") is None


def test_a_build_is_compared_with_the_one_before_and_says_what_it_knew(tmp_path: Path) -> None:
    built(tmp_path, "2026-04-30", {"kingdee": LEDGER})
    chosen = Settings(home=tmp_path / "warehouse")
    moment = dt.datetime.now(dt.UTC)
    assert queries_compare.others(chosen) == []
    built(tmp_path, "2026-04-30", {"shop": OTHER})
    now = queries.published(chosen)
    assert now is not None
    assert queries_compare.known_earlier(now) is None
    before = queries_compare.others(chosen)[0]
    assert before is not None
    found = queries_compare.compare(before, now.path)
    assert [(row.change, row.file_name) for row in found.imports.itertuples()] == [("new", "shop.csv")]
    moved = {row.customer_id: row.difference for row in found.customers.itertuples()}
    assert moved == {"C1": 10.0, "C3": 5.0}
    assert found.after.totals["outstanding"] - found.before.totals["outstanding"] == 15

    day = dt.date(2026, 4, 30)
    publish.build(chosen, as_of=day, known_at=moment.isoformat(), score=no_risk)
    then = queries.published(chosen)
    assert then is not None
    assert queries_compare.known_earlier(then) == moment
    back = queries_compare.compare(now.path, then.path)
    assert [(row.change, row.file_name) for row in back.imports.itertuples()] == [("gone", "shop.csv")]
    assert back.after.totals == found.before.totals


def test_a_build_is_known_at_the_same_moment_in_any_zone(tmp_path: Path) -> None:
    """Two minutes between two imports: the moment between them counts, however its zone writes it."""
    chosen, day = Settings(home=tmp_path / "w"), dt.date(2026, 4, 30)
    reports = []
    for name, number in (("one", "A1"), ("two", "A2")):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"customer_id,invoice_id,issue_date,amount\nC1,{number},2026-04-01,10\n", encoding="utf-8")
        reports.append(imports.import_file(path, chosen))
    first, second = (dt.datetime.fromisoformat(report.imported_at) for report in reports)
    between = first + (second - first) / 2
    for hours in (-9, 0, 8):
        moment = between.astimezone(dt.timezone(dt.timedelta(hours=hours)))
        made = publish.build(chosen, as_of=day, known_at=moment.isoformat(), score=no_risk)
        assert made.known_at == between.isoformat()
        build = queries.published(chosen)
        assert build is not None
        rows = queries.open_build(build).execute("select invoice_id from fct_open_items").fetchall()
        assert rows == [("A1",)]
    with pytest.raises(publish.TimeNotRead, match="noon"):
        publish.build(chosen, as_of=day, known_at="noon", score=no_risk)


CURRENCIES = (
    "Customer,Invoice No,Invoice Date,Amount,Currency\nElm,1,2026-01-05,1000.00,USD\nElm,2,2026-01-06,500.00,EUR\n"
    "Elm,3,2026-01-06,50.00,EUR\n"
)


@pytest.mark.parametrize(
    ("totals", "stated", "differences", "code"),
    [
        ("Total,,,1000,USD\nTotal,,,550,EUR\n", {"USD": 1000, "EUR": 550}, {"USD": 0, "EUR": 0}, "agree"),
        ("Total,,,1000,USD\nTotal,,,540,EUR\n", {"USD": 1000, "EUR": 540}, {"USD": 0, "EUR": 10}, "differ"),
        ("Total USD,,,1000,\nTotal EUR,,,560,\n", {"USD": 1000, "EUR": 560}, {"USD": 0, "EUR": -10}, "differ"),
        ("Total,,,900,USD\n", {"USD": 900}, {"USD": 100}, "differ"),
        ("Total,,,1600,\n", {"": 1600}, {"": -50}, None),
        (
            "Total,,,1000,USD\nTotal,,,540,EUR\nTotal,,,1600,\n",
            {"USD": 1000, "EUR": 540, "": 1600},
            {"USD": 0, "EUR": 10, "": -50},
            "differ",
        ),
        ("", {}, {}, None),
    ],
    ids=["each", "one off", "named in words", "one only", "over all", "each and over all", "none"],
)  # fmt: skip
def test_a_total_of_one_currency_is_compared_with_the_rows_of_that_currency(
    tmp_path: Path, settings: Settings, totals: str, stated: dict, differences: dict, code: str | None
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CURRENCIES + totals, encoding="utf-8")
    report = imports.import_file(path, settings)
    assert (dict(report.control_totals), dict(report.differences)) == (stated, differences)
    found = [note["code"] for note in report.notes if note["code"].startswith("stated_totals")]
    assert found == ([f"stated_totals_{code}"] if code else [])
    assert imports.list_imports(settings) == [report]


def test_the_workbook_states_totals_and_differences_by_currency(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CURRENCIES + "Total,,,1000,USD\nTotal,,,540,EUR\nTotal,,,1600,\n", encoding="utf-8")
    report = imports.import_file(path, settings)
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, report.import_id, "en")))
    found = {row[0]: row[1] for row in book.get_sheet_by_index(0).to_python() if row[0].startswith(("Total s", "Diff"))}
    assert found == {
        "Total stated in the file (USD)": 1000,
        "Total stated in the file (EUR)": 540,
        "Total stated in the file (all currencies added up)": 1600,
        "Difference (USD)": 0,
        "Difference (EUR)": 10,
        "Difference (all currencies added up)": -50,
    }
