"""The page of one receipt: why it paid what it paid, and a person's word on where its money goes."""

from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.collecting import follow_up
from pipelines.importing import imports
from pipelines.settings import Settings
from tests.small_ledgers import built
from ui.receipt_parts import Target, moved

APP = str(Path(__file__).resolve().parent.parent / "app.py")
LEDGER = """Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount
    A-1,C1,Alder,2026-01-05,2026-02-04,30.00
    A-2,C1,Alder,2026-01-15,2026-02-14,50.00
    A-4,C1,Alder,2026-02-25,2026-03-24,50.00"""
RECEIPTS = """Receipt No,Customer ID,Payment Date,Amount,Invoice No
    R-1,C1,2026-03-01,60.00,
    R-2,C1,2026-03-02,5.00,A-4"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    built(tmp_path, "2026-03-31", {"ledger": LEDGER, "receipts": RECEIPTS})
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "warehouse"))
    return Settings()


def receipt(settings: Settings, line: int, role: str = "analyst") -> AppTest:
    (import_id,) = [report.import_id for report in imports.list_imports(settings) if report.kind == "receipts"]
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "en"
    app.query_params["role"] = role
    app.run()
    app.query_params["import"] = import_id
    app.query_params["line"] = str(line)
    app.switch_page("app_pages/receipt.py").run()
    assert not app.exception, app.exception[0].message
    return app


def decided(settings: Settings) -> dict[str, Decimal]:
    found = follow_up.notes(settings, kind="application")
    return {part.invoice_id: part.amount for part in found[-1].payload.parts} if found else {}


def test_an_analyst_moves_money_and_takes_that_back(settings: Settings) -> None:
    page = receipt(settings, 2)
    assert {metric.label: metric.value for metric in page.metric}["Received"] == "¥60.00"
    assert list(page.dataframe[0].value["rule"]) == ["Oldest first", "Oldest first"]
    page.selectbox(key="receipt_from").set_value(Target("A-2")).run()
    page.selectbox(key="receipt_to").set_value(Target("A-4")).run()
    page.button(key="receipt_save").click().run()
    assert decided(settings) == {"A-1": 30, "A-4": 30}
    assert any("next build" in each.value for each in page.markdown)
    page.selectbox(key="receipt_from").set_value(Target("A-1")).run()
    page.button(key="receipt_not_this").click().run()
    assert decided(settings) == {"A-4": 30}
    assert any("On account" in each.value and "30.00" in each.value.replace("\\", "") for each in page.markdown)
    page.button(key="automatic").click().run()
    assert decided(settings) == {}
    assert not page.exception


def test_a_stated_payment_cannot_be_moved(settings: Settings) -> None:
    page = receipt(settings, 3)
    assert any("cannot be redirected" in each.value for each in page.caption)
    assert any(each.value.startswith("Alder · C1 · ") for each in page.caption), "whose money it is"
    assert "receipt_save" not in [button.key for button in page.button]


def test_an_unknown_receipt_is_one_clear_line(settings: Settings) -> None:
    page = receipt(settings, 99)
    assert any("no such receipt" in each.value for each in page.info)


def test_moving_everything_away_leaves_nothing_behind() -> None:
    before = {Target("A"): Decimal(30), Target("B"): Decimal(20)}
    assert moved(before, Target("A"), Target(), Decimal(30)) == {Target("B"): 20, Target(): 30}
    assert moved(before, Target("A"), Target("B"), Decimal(10)) == {Target("A"): 20, Target("B"): 30}
