"""The import page: what was understood, what the person corrects, loading, and taking an import back."""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.runtime.caching import cache_resource_api
from streamlit.testing.v1 import AppTest

from pipelines import scratch
from pipelines.importing import imports
from pipelines.reporting import queries, queries_imports
from pipelines.settings import Settings
from ui import import_jobs, import_preview, import_report, jobs, session
from ui.formats import DASH
from ui.i18n import Reader

APP = str(Path(__file__).resolve().parent.parent / "app.py")
LEDGER = """Customer No,Customer,Invoice No,Invoice Date,Due Date,Amount,Currency
C1,Alder Ltd,A-1,2026-01-05,2026-02-04,100.00,CNY
C1,Alder Ltd,A-2,2026-01-25,soon,50.00,CNY
C2,Birch GmbH,B-1,2026-02-10,2026-03-12,"1,200.50",CNY
"""
UNCLEAR = """Customer No,Invoice No,Invoice Date,Amount
C1,A-1,03/04/2026,10.00
C1,A-2,05/06/2026,20.00
"""


@pytest.fixture
def page(tmp_path, monkeypatch) -> AppTest:
    """The import page on an empty warehouse."""
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "home"))
    # However slow the machine, a small file is shown in the run that uploads it.
    monkeypatch.setattr(import_preview, "AT_ONCE", 60.0)
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "en"
    return app.run().switch_page("app_pages/imports.py").run()


def upload(page: AppTest, name: str, content: bytes) -> AppTest:
    page.file_uploader[0].upload(name, content)
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def settled(page: AppTest) -> AppTest:
    """Run the page until the work it started has ended; the limit only ends a test that would otherwise hang."""
    limit = time.monotonic() + 120
    while not page.session_state["import_job"].done:
        assert time.monotonic() < limit, page.session_state["import_job"]
        time.sleep(0.1)
    return page.run()


def test_an_upload_shows_what_was_understood_and_stores_nothing(page, tmp_path):
    upload(page, "ledger.csv", LEDGER.encode())
    shown = figures(page)
    assert (shown["Rows read"], shown["Accepted"], shown["Not accepted"]) == ("3", "2", "1")
    assert shown["Total accepted"] == "CNY 1,300.50"
    assert any("ledger" in each.value and "Invoices" in each.value for each in page.markdown)
    assert any("invoice date" in each.value and "3 of 3 values" in each.value for each in page.caption), (
        "said in full under the table"
    )
    meanings = page.dataframe[0].value
    assert set(meanings["source_column"]) >= {"Customer No", "Invoice No", "Due Date", "Amount"}
    rejected = page.dataframe[1].value.iloc[0]
    assert (rejected["line_no"], rejected["value"]) == (3, "soon")
    assert "date" in rejected["reason"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scan.csv", b"%PDF-1.7 and so on"),
        ("empty.csv", b""),
        ("only_header.csv", b"Customer No,Invoice No,Invoice Date,Amount\n"),
        ("noise.xlsx", bytes(range(256)) * 20),
        ("../../etc/passwd", b"root:x:0:0\n"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(page, tmp_path, name, content):
    upload(page, name, content)
    assert len(page.error) == 1
    assert "\n" not in page.error[0].value.strip()
    assert "load_files" not in [button.key for button in page.button]
    assert not (tmp_path / "home").exists()


def test_a_person_decides_what_the_file_leaves_open(page):
    upload(page, "open.csv", UNCLEAR.encode())
    assert page.error, "03/04 can be March or April"
    order = next(box for box in page.selectbox if box.label == "Order of dates")
    order.set_value("DMY").run()
    assert not page.error
    assert any("2026-04-03" in each.value for each in page.caption)


def test_a_person_can_point_a_meaning_at_another_column(page):
    text = LEDGER.replace("Amount,Currency", "Sum A,Net").replace(",CNY", ",7.00")
    upload(page, "odd.csv", text.encode())
    next(box for box in page.selectbox if box.label == "Kind of export").set_value("invoices").run()
    assert page.error, "no column is known to hold the amount"
    amount = next(box for box in page.selectbox if str(box.key).endswith(".column.amount"))
    amount.set_value("Net").run()
    assert not page.error
    assert figures(page)["Total accepted"] == "14.00"
    next(button for button in page.button if str(button.key).endswith(".forget")).click().run()
    assert figures(page).get("Total accepted") != "14.00"


def test_loading_builds_and_a_retracted_import_leaves_the_figures(page, tmp_path):
    settings = Settings(home=tmp_path / "home")
    upload(page, "ledger.csv", LEDGER.encode())
    page.button(key="load_files").click().run()
    settled(page)
    assert page.success, [each.value for each in page.error]
    assert "3 rows read = 2 accepted + 1 not accepted" in page.success[0].value
    first = queries.published(settings)
    assert first is not None

    second = LEDGER.replace("A-1", "A-9").replace("B-1", "B-9").replace("100.00", "900.00")
    upload(page, "second.csv", second.encode())
    page.button(key="load_files").click().run()
    settled(page)
    newest = imports.list_imports(settings)[-1]
    page.session_state["import_shown"] = newest.import_id
    page.run()
    page.button(key="retract").click().run()
    assert imports.list_imports(settings)[-1].retracted_at is None, "asked first"
    page.button(key="yes").click().run()
    settled(page)
    assert imports.list_imports(settings)[-1].retracted_at
    assert page.success[0].value.startswith("second\\.csv is retracted")
    build = queries.published(settings)
    assert build.build_id != first.build_id
    assert list(session.answer(build, queries_imports.imports)["file_name"]) == ["ledger.csv"]

    page.session_state["import_shown"] = next(each for each in imports.list_imports(settings)).import_id
    page.run()
    page.button(key="retract").click().run()
    page.button(key="yes").click().run()
    assert queries.published(settings).build_id == build.build_id, "there is nothing to build from"
    assert "Every export has been retracted" in page.warning[0].value


def test_a_file_loaded_twice_says_so(page, tmp_path):
    for expected in ("3 rows read = 2 accepted", "already loaded before"):
        upload(page, "ledger.csv", LEDGER.encode())
        page.button(key="load_files").click().run()
        settled(page)
        assert expected in page.success[0].value
    assert len(imports.list_imports(Settings(home=tmp_path / "home"))) == 1


def test_a_value_that_could_not_be_read_is_shown_as_such(page):
    upload(page, "ledger.csv", LEDGER.replace("100.00", "soon").encode())
    assert not page.exception
    columns = next(frame.value for frame in page.dataframe if "parsed" in frame.value)
    amount = columns[columns["source_column"] == "Amount"].iloc[0]
    assert (amount["samples"], amount["parsed"]) == ("soon · 50.00 · 1,200.50", f"{DASH} · 50.00 · 1,200.50")


def test_what_was_stopped_starts_again_without_choosing_the_file_once_more(page, tmp_path):
    upload(page, "ledger.csv", LEDGER.encode())
    page.button(key="load_files").click().run()
    jobs.stop(page.session_state["import_job"])
    settled(page)
    assert page.warning and not page.success
    page.button(key="start_again").click().run()
    settled(page)
    assert page.success, [each.value for each in page.error]
    assert [each.file_name for each in imports.list_imports(Settings(home=tmp_path / "home"))] == ["ledger.csv"]


def test_a_build_that_fails_says_why_and_offers_to_try_again(page, tmp_path):
    foreign = LEDGER.replace("CNY", "USD")
    upload(page, "usd.csv", foreign.encode())
    page.button(key="load_files").click().run()
    settled(page)
    assert len(page.error) == 1
    assert "USD" in page.error[0].value
    assert queries.published(Settings(home=tmp_path / "home")) is None
    assert "build" in [button.key for button in page.button]


def load(page: AppTest, name: str, text: str) -> AppTest:
    upload(page, name, text.encode())
    page.button(key="load_files").click().run()
    settled(page)
    assert page.success, [each.value for each in page.error]
    return page


def told(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.warning, *page.subheader]
    return "\n".join(str(each.value).replace("\\", "") for each in parts)


def test_the_report_after_an_import_says_what_changed_and_where_exports_disagree(page):
    load(page, "ledger 2026-01.csv", LEDGER)
    assert "3 rows read = 2 accepted + 1 not accepted, 0 of them by rule" in told(page)
    assert "The source ledger has no earlier export of this kind" in told(page)
    later = LEDGER.replace("100.00", "110.00").replace("C2,Birch GmbH,B-1", "C2,Birch GmbH,B-2")
    load(page, "ledger 2026-02.csv", later)
    assert "New **1**" in told(page) and "Changed **1**" in told(page)
    assert "Not in this file, still counts **1**" in told(page), "ledgers add to each other"
    changed = next(each.value for each in page.dataframe if "was" in each.value)
    amount = changed[changed["column_name"] == "amount"].iloc[0]
    assert (amount["key"], amount["was"], amount["now"]) == ("A-1", "100.00", "110.00")
    load(page, "shop.csv", LEDGER.replace("100.00", "105.00"))
    conflict = next(each.value for each in page.dataframe if "file_name" in each.value and "was" in each.value)
    assert conflict[["key", "was", "now", "file_name"]].iloc[0].tolist() == [
        "A-1", "110.00", "105.00", "ledger 2026-02.csv",
    ]  # fmt: skip


def test_another_layout_of_a_source_is_shown_before_it_is_loaded(page):
    load(page, "ledger 2026-01.csv", LEDGER)
    upload(page, "ledger 2026-02.csv", LEDGER.encode())
    assert "Same columns as in ledger 2026-01.csv" in told(page)
    other = LEDGER.replace("Due Date", "Maturity").replace("Amount,Currency", "Amount,Currency,Branch")
    upload(page, "ledger 2026-03.csv", other.replace(",CNY", ",CNY,North").encode())
    assert "The columns differ from ledger 2026-01.csv" in told(page)
    assert "New: Maturity" in told(page) and "Gone: Due Date" in told(page)


def test_a_control_total_is_typed_in_and_the_difference_shown(page):
    upload(page, "ledger.csv", LEDGER.encode())
    total = next(box for box in page.text_input if str(box.key).endswith(".control_total"))
    total.set_value("one million").run()
    assert "is no amount" in page.error[0].value
    assert "load_files" not in [button.key for button in page.button]
    next(box for box in page.text_input if str(box.key).endswith(".control_total")).set_value("1,350.50").run()
    assert figures(page)["Difference"] == "CNY -50.00"


def test_figures_as_known_before_an_import_are_built_and_said(page, tmp_path):
    load(page, "ledger.csv", LEDGER)
    load(page, "shop.csv", LEDGER.replace("A-1", "Z-1").replace("B-1", "Z-2"))
    settings = Settings(home=tmp_path / "home")
    first, second = imports.list_imports(settings)
    moment = dt.datetime.fromisoformat(first.imported_at) + dt.timedelta(microseconds=1)
    assert moment < dt.datetime.fromisoformat(second.imported_at)
    page.session_state["import_job"] = jobs.start([(*import_jobs.BUILD, "--known-at", moment.isoformat())], "en")
    settled(page)
    page.run()
    assert "These are the figures as known at" in told(page)
    build = queries.published(settings)
    assert list(session.answer(build, queries_imports.imports)["file_name"]) == ["ledger.csv"]
    assert "1 loaded and 0 retracted since" in told(page), "and the way back is offered"


def test_a_total_of_several_currencies_is_shown_currency_by_currency(page, tmp_path):
    rows = "Customer No,Invoice No,Invoice Date,Due Date,Amount,Currency\n" + "".join(
        f"C{n},X-{n},2026-01-1{n},2026-02-1{n},{amount},{currency}\n"
        for n, (amount, currency) in enumerate((("100.00", "CNY"), ("50.00", "CNY"), ("7.00", "USD")))
    )
    upload(page, "several.csv", (rows + "Total,,,,150.00,CNY\nTotal,,,,6.00,USD\n").encode())
    totals = [metric.value for metric in page.metric if metric.label == "Total accepted"]
    assert totals == ["CNY 150.00", "USD 7.00"]
    page.button(key="load_files").click().run()
    settled(page)
    past = next(table.value for table in page.dataframe if "accepted_totals" in table.value)
    assert past["accepted_totals"].tolist() == ["¥150, $7"], "short; the file and the report have the cents"
    assert not {"rows_accepted", "retracted_at"} & set(past), "the list fits a screen"
    newest = imports.list_imports(Settings(home=tmp_path / "home"))
    filed = import_report.listed(
        Reader("en", "CNY"), newest, pd.DataFrame({"file_name": ["several.csv"]}), ["file_name"]
    )
    assert filed.to_dict("records") == [
        {
            "File": "several.csv", "Accepted total (CNY)": 150.0, "Accepted total (USD)": 7.0,
            "Control total (CNY)": 150.0, "Control total (USD)": 6.0,
        }
    ], "the file holds amounts"  # fmt: skip


def test_a_person_says_that_two_figures_before_month_and_day_are_the_year(page):
    upload(page, "short.csv", UNCLEAR.replace("03/04/2026", "26/01/06").encode())
    assert page.error, "26/01/06 can be in January 2026 or in January 2006"
    next(box for box in page.selectbox if box.label == "Order of dates").set_value("YMD").run()
    assert not page.error
    assert any("2026-01-06" in each.value for each in page.caption)


def test_a_file_of_another_entity_is_asked_about_before_and_after_it_is_loaded(page, tmp_path):
    upload(page, "east.csv", LEDGER.replace("Currency", "Currency,Entity").replace(",CNY", ",CNY,East").encode())
    page.button(key="load_files").click().run()
    settled(page)
    receipts = "Customer No,Receipt No,Payment Date,Amount\nC1,R-1,2026-02-04,100.00\nC2,R-2,2026-02-05,7.00\n"
    upload(page, "receipts.csv", receipts.encode())
    asked = "0 of their 2 customers are known"
    assert [asked in each.value for each in page.warning] == [True]
    entity = next(box for box in page.selectbox if str(box.key).endswith(".entity"))
    assert entity.options == ["East"]
    entity.set_value("East").run()
    assert not page.warning
    entity = next(box for box in page.selectbox if str(box.key).endswith(".entity"))
    entity.set_value(None).run()
    page.button(key="load_files").click().run()
    settled(page)
    assert [asked in each.value for each in page.warning] == [True], "once, with the report of the import"
    newest = imports.list_imports(Settings(home=tmp_path / "home"))[-1]
    assert [note["code"] for note in newest.notes] == ["entity_not_stated"]


def test_all_is_said_to_be_accepted_only_of_all(page):
    row = LEDGER.splitlines()[1].replace("A-1", "A-{}")
    rows = [row.format(number) for number in range(3000)]
    upload(
        page, "long.csv", "\n".join([LEDGER.splitlines()[0], *rows, row.format(3000).replace("100.00", "x")]).encode()
    )
    assert any("99.9% accepted" in each.value for each in page.caption)


def test_a_register_of_bills_says_where_bills_are_entered(page):
    text = "收票日期,客户名称,票据号,出票日期,到期日,票面金额,出票人\n2026-01-05,甲,51,2025-12-20,2026-06-20,100,乙\n"
    upload(page, "bills.csv", text.encode())
    assert ["register of bills" in each.value for each in page.error] == [True]
    assert "load_files" not in [each.key for each in page.button]
    assert "Register of bills" in [each.value for each in page.page_link]


def test_receipts_held_twice_bear_the_sign_of_a_copy(page, tmp_path):
    (tmp_path / "bank.csv").write_text("Customer ID,Payment Date,Amount\nC1,2026-01-05,100\n", "utf-8")
    imports.import_file(tmp_path / "bank.csv", Settings(home=tmp_path / "home"))
    upload(page, "again.csv", b"Customer ID,Payment Date,Amount,Note\nC1,2026-01-05,100,by bank\n")
    (held,) = [each for each in page.warning if "already held" in each.value]
    assert held.icon == ":material/content_copy:"


@pytest.fixture
def end_session() -> Iterator[Callable[[], None]]:
    """Ends the session of the page, as the server does when the browser has gone; a test begins without one before."""

    def end() -> None:
        cache_resource_api.clear_session_cache("test session id")

    end()
    yield end
    end()


@pytest.fixture
def scratch_folder(tmp_path, monkeypatch, end_session) -> Callable[[str], list[str]]:
    """Names the uploads that lie on the disk for this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_own", [])

    def names(pattern: str = "*.csv*") -> list[str]:
        return sorted(path.name for path in tmp_path.glob(f"{scratch.PREFIX}*/**/{pattern}"))

    return names


def test_an_upload_is_on_disk_only_while_it_is_looked_at_or_loaded(page, tmp_path, scratch_folder):
    upload(page, "ledger.csv", LEDGER.encode())
    assert scratch_folder() == ["ledger.csv"]
    page.button(key="load_files").click().run()
    settled(page)
    assert len(imports.list_imports(Settings(home=tmp_path / "home"))) == 1
    assert scratch_folder() == []


def test_an_upload_that_is_taken_off_the_page_goes_from_the_disk(page, scratch_folder):
    page.file_uploader[0].upload("other.csv", LEDGER.encode())
    upload(page, "ledger.csv", LEDGER.encode())
    assert scratch_folder() == ["ledger.csv", "other.csv"]
    page.file_uploader[0].clear().run()
    assert scratch_folder() == []


def test_uploads_go_with_the_session_and_come_back_where_it_goes_on(page, scratch_folder, end_session, tmp_path):
    upload(page, "ledger.csv", LEDGER.encode())
    end_session()
    assert scratch_folder() == []
    page.button(key="load_files").click().run()
    settled(page)
    assert not page.error, "a session that was cut off for a while still has what was uploaded"
    assert len(imports.list_imports(Settings(home=tmp_path / "home"))) == 1


def test_rows_at_fault_are_given_to_be_mended_with_what_to_do(page, tmp_path):
    settings = Settings(home=tmp_path / "home")
    rows = "Customer No,Invoice No,Invoice Date,Due Date,Amount\nC1,X-1,2026-01-15,2026-02-15,{}\n"
    for name, amounts in (
        ("ledger", "5.00\nC1,X-2,2026-01-16,2026-02-16,ten"),
        ("fine", "5.00"),
        ("open items", "ten"),
    ):
        path = tmp_path / f"{name}.csv"
        kept = "C1,X-0,2026-01-11,2026-02-11,1.00\n" if name == "open items" else ""
        path.write_text(rows.format(amounts) + kept)
        shown = imports.import_file(path, settings)
        page.session_state["import_shown"] = shown.import_id
        page.run()
        keys = [button.key for button in page.get("download_button")]
        assert (f"mend-{shown.import_id}" in keys) == (name != "fine")
        assert ("the whole list" in told(page).lower()) == (name == "open items")


def test_what_no_figure_holds_of_a_file_is_a_warning_before_it_is_loaded(page):
    ledger = "Customer,Number,Date,Amount\nAsh,Opening balance,2026-01-01,5000\nAsh,I1,2026-01-05,100\n"
    upload(page, "ledger.csv", f"{ledger}Number,Customer,Date,Amount\nI2,Elm,2026-01-06,30\n".encode())
    said = sorted(each.value for each in page.warning)
    assert len(said) == 2 and "is a balance from before" in said[0] and "in line 4" in said[1], said
