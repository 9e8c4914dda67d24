"""After an import: what changed, its report as a workbook, and the drop folder."""

import io
import json
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from pipelines import i18n
from pipelines.__main__ import main
from pipelines.importing import imports, watch
from pipelines.importing.imports_changes import changes
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_notes import notes_now
from pipelines.importing.imports_workbook import report_workbook
from pipelines.settings import Settings
from tests.small_ledgers import built

HEADER = "Customer,Invoice No,Date,Due Date,Amount,Open Balance\n"
MARCH = HEADER + "A,1,2026-01-01,2026-02-01,10,10\nA,2,2026-01-02,2026-02-02,20,20\nB,3,2026-01-03,2026-02-03,30,30\n"
APRIL = (
    HEADER + "A,1,2026-01-01,2026-02-01,10,0\nB,3,2026-01-03,2026-03-03,30,25\nC,4,2026-04-01,,40,40\nC,=1+1,x,,9,9\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def load(tmp_path: Path, settings: Settings, name: str, text: str) -> imports.ImportReport:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return imports.import_file(path, settings)


def test_changes_against_the_list_before_it(tmp_path: Path, settings: Settings) -> None:
    first = load(tmp_path, settings, "open_2026-03.csv", MARCH)
    second = load(tmp_path, settings, "open_2026-04.csv", APRIL)
    assert changes(settings, first.import_id).previous is None
    found = changes(settings, second.import_id)
    assert (found.previous, found.counts) == (first.import_id, {"new": 1, "gone_paid": 1, "paid": 1, "changed": 1})
    changed = [(row["column"], row["before"], row["after"]) for row in found.rows if row["change"] == "changed"]
    assert changed == [("due_date", "2026-02-03", "2026-03-03"), ("open_amount", "30.0000", "25.0000")]


def figures(settings: Settings, sql: str) -> list[tuple]:
    con = built(settings.home.parent, "2026-04-30", {})
    rows = con.execute(sql).fetchall()
    con.close()
    return rows


def counted(settings: Settings, report: imports.ImportReport) -> tuple[str | None, dict[str, int]]:
    found = changes(settings, report.import_id)
    return found.previous, found.counts


def test_lists_are_compared_by_their_day_whenever_they_were_imported(tmp_path: Path, settings: Settings) -> None:
    april = load(tmp_path, settings, "open_2026-04-30.csv", APRIL)
    february = load(tmp_path, settings, "open_2026-02-28.csv", MARCH.replace("B,3", "B,5"))
    march = load(tmp_path, settings, "open_2026-03-31.csv", MARCH)
    assert counted(settings, february) == (None, {})
    assert counted(settings, march) == (february.import_id, {"new": 1, "gone_paid": 1})
    previous, counts = counted(settings, april)
    assert (previous, counts["gone_paid"]) == (march.import_id, 1)
    imports.retract(settings, march.import_id)
    assert counted(settings, march) == (None, {}), "what does not count changes nothing"
    previous, counts = counted(settings, april)
    assert (previous, counts["gone_paid"]) == (february.import_id, 2)
    paid = figures(settings, "select invoice_id from fct_applications where basis = 'inferred'")
    assert {("2",), ("5",)} <= set(paid)


def test_rows_that_a_mended_ledger_lacks_are_said_to_count_as_they_do(tmp_path: Path, settings: Settings) -> None:
    header = "Customer ID,Invoice No,Invoice Date,Amount,Status\n"
    rows = "C1,1,2026-01-01,10,Paid\nC1,2,2026-01-02,20,\nC1,3,2026-01-03,30,\nC1,4,2026-01-03,5,Void\n"
    load(tmp_path, settings, "ledger.csv", header + rows)
    mended = load(tmp_path, settings, "ledger_2.csv", header + rows.split("C1,3")[0].replace("20,", "21,"))
    _, counts = counted(settings, mended)
    assert counts == {"changed": 1, "stays": 1}
    assert figures(settings, "select invoice_id, open_doc::int from fct_open_items order by 1") == [
        ("2", 21),
        ("3", 30),
    ]


def test_an_item_that_another_list_still_holds_is_not_said_to_be_paid(tmp_path: Path, settings: Settings) -> None:
    load(tmp_path, settings, "open_2026-02-28.csv", MARCH)
    march = load(tmp_path, settings, "open_2026-03-31.csv", MARCH.replace("A,2,2026-01-02,2026-02-02,20,20\n", ""))
    assert counted(settings, march)[1] == {"gone_paid": 1}
    load(tmp_path, settings, "branch_list_2026-03-31.csv", HEADER + "A,2,2026-01-02,2026-02-02,20,20\n")
    assert counted(settings, march)[1] == {"listed": 1}
    assert ("2", 20) in figures(settings, "select invoice_id, open_doc::int from fct_open_items")


def test_receipts_without_a_number_are_each_their_own(tmp_path: Path, settings: Settings) -> None:
    text = "Customer ID,Payment Date,Amount\nC1,2026-01-05,100\nC1,2026-01-05,50\n"
    load(tmp_path, settings, "bank.csv", text)
    later = load(tmp_path, settings, "bank_2.csv", text + "C1,2026-01-06,7\n")
    assert counted(settings, later)[1] == {"new": 3, "stays": 2}
    numbered = "Receipt No,Customer ID,Payment Date,Amount,Kind\nR1,C1,2026-01-05,100,{}\nR2,C1,2026-01-05,50,\n"
    load(tmp_path, settings, "paid.csv", numbered.format(""))
    again = load(tmp_path, settings, "paid_2.csv", numbered.format("Payment").replace("R2", "R3"))
    assert counted(settings, again)[1] == {"new": 1, "stays": 1}


def test_balances_by_age_are_replaced_entity_by_entity(tmp_path: Path, settings: Settings) -> None:
    header = "Entity,Customer ID,Currency,Not due,1-30,Over 30\n"
    load(tmp_path, settings, "aging_2026-02-28.csv", header + "N,C1,CNY,10,20,0\nN,C2,CNY,1,0,3\nS,C3,CNY,5,0,0\n")
    march = load(tmp_path, settings, "aging_2026-03-31.csv", header + "N,C1,CNY,10,25,0\n")
    assert counted(settings, march)[1] == {"changed": 1, "gone": 2, "stays": 1}
    newest = "select customer_id, sum(open_base)::int from fct_aged_summary where is_newest group by 1 order by 1"
    assert figures(settings, newest) == [("C1", 35), ("C3", 5)]


def test_what_a_list_makes_paid_is_told_beside_the_lists_that_stand_now(tmp_path: Path, settings: Settings) -> None:
    def told(report: imports.ImportReport) -> list[tuple[int, str]]:
        reports = imports.list_imports(settings)
        now = next(each for each in reports if each.import_id == report.import_id)
        notes = notes_now(now, reports, settings)
        assert [note for note in notes if note["code"] != "list_pays"] == [
            note for note in report.notes if note["code"] != "list_pays"
        ]
        return [(note["count"], note["day"]) for note in notes if note["code"] == "list_pays"]

    february = load(tmp_path, settings, "open_2026-02-28.csv", MARCH.replace("B,3", "B,5"))
    april = load(tmp_path, settings, "open_2026-04-30.csv", APRIL)
    assert told(april) == [(2, "2026-02-28")]
    march = load(tmp_path, settings, "open_2026-03-31.csv", MARCH)
    assert told(april) == [(1, "2026-03-31")]
    said = i18n.translate("en", "report.note")
    for each in (march, february):
        book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, april.import_id, "en")))
        notes = [row[1] for row in book.get_sheet_by_index(0).to_python() if row[0] == said]
        assert any(str(each.as_of) in note and "count" in note for note in notes)
        imports.retract(settings, each.import_id)
    assert told(april) == []
    again = load(tmp_path, settings, "open_2026-04-30.csv", APRIL)
    assert again.already_imported and "list_pays" not in [note["code"] for note in again.notes]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_report_as_a_workbook_holds_every_rejected_row_as_text(
    tmp_path: Path, settings: Settings, language: str
) -> None:
    load(tmp_path, settings, "open_2026-03.csv", MARCH)
    report = load(tmp_path, settings, "open_2026-04.csv", APRIL)
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, report.import_id, language)))
    names = [i18n.translate(language, f"report.{n}") for n in ("summary", "columns", "reasons", "rejected", "changes")]
    assert book.sheet_names == names
    summary = {row[0]: row[1] for row in book.get_sheet_by_name(names[0]).to_python()}
    assert summary[i18n.translate(language, "report.rows_read")] == 4
    assert summary[i18n.translate(language, "report.rows_accepted")] == 3
    rejected = book.get_sheet_by_name(names[3]).to_python()
    assert [row[:3] for row in rejected[1:]] == [[5.0, "Date", "x"]] and "=1+1" in rejected[1][4]
    changed = book.get_sheet_by_name(names[4]).to_python()
    assert [30.0, 25.0] in [row[3:5] for row in changed]  # amounts are numbers


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_amounts_of_several_currencies_are_never_added_up(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    rows = "A-1,C1,2026-01-05,1000.00,CNY\nA-2,C1,2026-01-06,7.00,USD\nA-3,C1,2026-01-07,5.00,\n"
    report = load(tmp_path, settings, "several.csv", f"Invoice No,Customer ID,Invoice Date,Amount,Currency\n{rows}")
    assert report.totals == [("CNY", 1000), ("USD", 7), ("", 5)]
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_workbook(settings, report.import_id, language)))
    label = i18n.translate(language, "report.accepted_total")
    summary = [row[:2] for row in book.get_sheet_by_index(0).to_python()]
    held = {name: value for name, value in summary if str(name).startswith(label)}
    own = {c: i18n.translate(language, "report.in_currency", label=label, currency=c) for c in ("CNY", "USD")}
    assert held == {label: 5, own["CNY"]: 1000, own["USD"]: 7}
    monkeypatch.setenv("FIRSTPAID_HOME", str(settings.home))
    monkeypatch.setenv("FIRSTPAID_LANGUAGE", language)
    said = CliRunner().invoke(main, ["import", str(tmp_path / "several.csv")]).output
    assert i18n.listed(language, ["CNY 1,000.00", "USD 7.00", "5.00"]) in said
    assert "1,012" not in said
    (listed,) = json.loads(CliRunner().invoke(main, ["imports", "--json"]).output)["imports"]
    assert listed["accepted_totals"] == {"CNY": "1000.00", "USD": "7.00", "": "5.00"}
    assert listed["control_totals"] == {}
    assert listed["accepted_total"] is None and listed["control_total"] is None, "an amount of none of them"
    one = load(tmp_path, settings, "one.csv", f"Invoice No,Customer ID,Invoice Date,Amount,Currency\n{rows[:26]}\n")
    listed = json.loads(CliRunner().invoke(main, ["imports", "--json"]).output)["imports"][-1]
    assert (listed["import_id"], listed["accepted_total"]) == (one.import_id, "1000.00")


def test_rows_without_a_currency_are_not_added_to_those_of_another(tmp_path: Path, settings: Settings) -> None:
    rows = "A-1,C1,2026-01-05,1000.005,USD\nA-2,C1,2026-01-06,7.00,\nTotal USD,,,1000.005,\n"
    report = load(tmp_path, settings, "some.csv", f"Invoice No,Customer ID,Invoice Date,Amount,Currency\n{rows}")
    assert (report.currencies, report.is_mixed) == (("USD",), True)
    usd = Decimal("1000.005")
    assert report.by_currency == [("USD", False, usd, usd), ("", False, 7, None)]
    assert report.differences == [("USD", 0)]
    # In books in yuan a row without a currency is one of those in yuan.
    text = f"Invoice No,Customer ID,Invoice Date,Amount,Currency\n{rows}".replace("USD", "CNY")
    own = load(tmp_path, settings, "own.csv", text)
    assert own.by_currency == [("CNY", False, usd + 7, usd)] and not own.is_mixed


def test_balances_by_age_in_several_currencies_are_not_added_up(tmp_path: Path, settings: Settings) -> None:
    text = "Customer ID,Currency,Not due,1-30,Over 30\nC1,CNY,10,20,0\nC2,USD,1,2,3\n"
    report = load(tmp_path, settings, "aging_summary.csv", text)
    assert (report.kind, report.total_texts) == ("aged_summary", ["CNY 30.00", "USD 6.00"])


def test_master_data_has_no_total(tmp_path: Path, settings: Settings) -> None:
    report = load(tmp_path, settings, "customers.csv", "Customer ID,Customer Name,Credit Limit\nC1,Alder,100\n")
    assert (report.kind, report.totals, report.by_currency) == ("customers", [], [])
    rates = load(tmp_path, settings, "rates.csv", "Currency,Rate Date,Rate\nUSD,2026-01-01,7\nEUR,2026-01-01,8\n")
    assert (rates.kind, rates.totals, rates.by_currency) == ("fx_rates", [], [])


def test_the_report_of_an_unknown_import_is_refused(settings: Settings) -> None:
    with pytest.raises(NoSuchImport):
        report_workbook(settings, "0" * 16, "en")


def test_the_drop_folder_keeps_what_came_in_with_its_report(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "open.csv").write_text(MARCH, encoding="utf-8")
    (folder / "picture.csv").write_bytes(b"\x89PNG\r\n")
    (folder / "coming.csv.part").write_text("Cust", encoding="utf-8")
    outcomes = watch.take_in(folder, settings)
    assert [bool(o.report) for o in outcomes] == [True, False]
    left = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert left == [
        "coming.csv.part",
        "done/open.csv",
        "done/open.csv.report.xlsx",
        "failed/picture.csv",
        "failed/picture.csv.reason.txt",
    ]
    (folder / "open.csv").write_text(MARCH.replace("A,1", "A,9"), encoding="utf-8")
    assert watch.take_in(folder, settings)[0].path.name == "open-2.csv"


def test_watching_takes_a_file_once_it_has_stopped_growing(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "open.csv").write_text(MARCH, encoding="utf-8")
    stop, outcomes = threading.Event(), list[watch.Outcome]()

    def tell(outcome: watch.Outcome) -> None:
        outcomes.append(outcome)
        stop.set()

    watch.watch(folder, settings, stop=stop, seconds=0.01, tell=tell)
    assert [o.report.rows_accepted for o in outcomes if o.report] == [3]


def test_a_tax_number_is_kept_with_its_customer_wherever_a_file_states_it(tmp_path: Path) -> None:
    """An import made before the column was known does not hold it, and is read all the same."""
    ledger = """Invoice No,Customer ID,Customer Name,Invoice Date,Amount,购方税号
        A-1,C1,Alder Ltd,2026-01-05,30.00,91310000MA1K4XXXX1
        B-1,C2,Birch Ltd,2026-01-06,40.00,9.131E+17
        D-1,C3,Cedar Ltd,2026-01-07,50.00,DE123456789"""
    older = "Invoice No,Customer ID,Invoice Date,Amount\n        E-1,C4,2026-01-08,60.00"
    master = "Customer ID,Customer Name,USt-IdNr\n        C3,Cedar GmbH,DE999999999"
    home = tmp_path
    built(home, "2026-03-31", {"older": older, "ledger": ledger, "customers": master}).close()
    settings = Settings(home=home / "warehouse")
    for report in imports.list_imports(settings):
        if report.file_name.startswith("older"):
            rows = settings.home / "imports" / report.import_id / "rows.parquet"
            with duckdb.connect() as con:
                con.execute(f"create table kept as select * exclude (tax_id) from read_parquet('{rows}')")
                con.execute(f"copy kept to '{rows}' (format parquet)")
    con = built(home, "2026-03-31", {})
    found = con.sql("select customer_id, tax_id from dim_customers order by 1").fetchall()
    assert found == [("C1", "91310000MA1K4XXXX1"), ("C2", None), ("C3", "DE999999999"), ("C4", None)]
