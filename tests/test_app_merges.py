"""The page of customers that may be one: suggested, merged by a person, built, and taken back."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.collecting import merges
from pipelines.reporting import queries_payers
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from tests.small_ledgers import built

APP = str(Path(__file__).resolve().parent.parent / "app.py")
LEDGER = """Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount
    A-1,00123,Alder Ltd,2026-01-05,2026-02-04,30.00
    A-2,00123,Alder Ltd,2026-01-06,2026-02-04,30.00
    A-3,123,ALDER LIMITED,2026-01-15,2026-02-14,50.00
    B-1,900,Birch GmbH,2026-01-15,2026-02-14,7.00"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    built(tmp_path, "2026-03-31", {"ledger": LEDGER})
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "warehouse"))
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run().switch_page("app_pages/merges.py").run()
    assert not app.exception, app.exception[0].message
    return app


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception, page.exception[0].message
    return page


def test_a_suggestion_is_merged_built_and_taken_back(page: AppTest, tmp_path: Path) -> None:
    assert [each.value for each in page.subheader] == ["Customers that may be one: 1"]
    shown = page.dataframe[0].value
    assert list(shown["customer_id"]) == ["00123", "123"]
    assert any("123" in each.value and "Same number" in each.value for each in page.caption)
    settings = Settings()
    assert merges.standing(settings) == {}, "nothing is merged unless a person says so"
    press(page, "merge-main-00123.do")
    assert merges.targets(merges.standing(settings)) == {("main", "123"): "00123"}
    assert any("not in the figures yet" in each.value for each in page.markdown)
    con = built(tmp_path, "2026-03-31", {})
    found = queries_payers.customers(con, Scope())
    assert dict(zip(found["customer_id"], found["open_base"], strict=True)) == {"00123": 110.0, "900": 7.0}
    payer = AppTest.from_file(APP, default_timeout=60)
    payer.query_params["lang"] = "en"
    payer.run()
    payer.query_params["entity"], payer.query_params["customer"] = "main", "00123"
    payer.switch_page("app_pages/payer.py").run()
    assert not payer.exception
    assert any("Also under 1: 123" in each.value for each in payer.caption)
    payer.query_params["customer"] = "123"
    payer.switch_page("app_pages/payer.py").run()
    assert any("123 was merged into 00123" in each.value for each in payer.info), "an old link leads on"
    page.run()
    # The build knows the name of a merged customer no more: the decision kept it.
    assert any("123 · ALDER LIMITED is 00123 · Alder Ltd" in each.value for each in page.markdown)
    assert not any("not in the figures yet" in each.value for each in page.markdown)
    undo = next(str(button.key) for button in page.button if str(button.key).startswith("undo-"))
    press(page, undo)
    assert merges.standing(settings) == {}


def test_what_is_not_the_same_is_not_suggested_again(page: AppTest) -> None:
    press(page, "merge-main-00123.two")
    assert [each.value for each in page.subheader] == ["Customers that may be one: 0", "Decided"]
    said = "123 · ALDER LIMITED and 00123 · Alder Ltd are two customers"
    assert any(said in each.value for each in page.markdown), "who was decided about is named"


def test_two_customers_can_be_merged_by_hand(page: AppTest) -> None:
    page.text_input(key="merge_one_text").set_value("birch").run()
    page.text_input(key="merge_into_text").set_value("00123").run()
    press(page, "merge_by_hand")
    assert merges.targets(merges.standing(Settings())) == {("main", "900"): "00123"}


def test_a_customer_is_merged_once_and_never_in_a_ring(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    merges.merge(settings, "main", {"123": ""}, "00123", who="Wei")
    with pytest.raises(merges.AlreadyMerged, match="by Wei"):
        merges.merge(settings, "main", {"123": ""}, "900", who="Li")
    with pytest.raises(merges.MergesIntoItself):
        merges.merge(settings, "main", {"00123": ""}, "123", who="Li")
    merges.merge(settings, "main", {"00123": ""}, "900", who="Li")
    assert merges.targets(merges.standing(settings)) == {("main", "123"): "900", ("main", "00123"): "900"}
