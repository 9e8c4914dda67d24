"""The import page: what was understood, what the person corrects, loading, and taking an import back."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines import imports, queries
from pipelines.settings import Settings

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
    assert shown["Total accepted"] == "1,300.50"
    assert any("ledger" in each.value and "Invoices" in each.value for each in page.markdown)
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
    text = LEDGER.replace("Amount,Currency", "Gross,Net").replace(",CNY", ",7.00")
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
    build = queries.published(settings)
    assert build.build_id != first.build_id
    from ui import session

    assert list(session.answer(build, queries.imports)["file_name"]) == ["ledger.csv"]


def test_a_file_loaded_twice_says_so(page, tmp_path):
    for expected in ("3 rows read = 2 accepted", "already loaded before"):
        upload(page, "ledger.csv", LEDGER.encode())
        page.button(key="load_files").click().run()
        settled(page)
        assert expected in page.success[0].value
    assert len(imports.list_imports(Settings(home=tmp_path / "home"))) == 1


def test_a_build_that_fails_says_why_and_offers_to_try_again(page, tmp_path):
    foreign = LEDGER.replace("CNY", "USD")
    upload(page, "usd.csv", foreign.encode())
    page.button(key="load_files").click().run()
    settled(page)
    assert len(page.error) == 1
    assert "USD" in page.error[0].value
    assert queries.published(Settings(home=tmp_path / "home")) is None
    assert "build" in [button.key for button in page.button]
