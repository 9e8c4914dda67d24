"""The page of a credit note or a prepayment says what is left of it and what it was set off against."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.importing import imports
from pipelines.settings import Settings
from tests.small_ledgers import built

APP = str(Path(__file__).resolve().parent.parent / "app.py")
LEDGER = """Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount,Document Type
    A1,C1,Alder,2026-01-05,2026-02-04,300.00,Invoice
    A2,C1,Alder,2026-01-15,2026-02-14,500.00,Invoice
    N1,C1,Alder,2026-02-01,,-80.00,Credit Note
    N2,C1,Alder,2026-02-01,,-40.00,Credit Note
    P1,C1,Alder,2026-03-01,,-70.00,Prepayment"""
# One settlement sets 50 of N1 off against A1; another takes N2 and names no invoice; A2 is paid beside them.
RECEIPTS = """Receipt No,Customer ID,Payment Date,Amount,Invoice No,Kind
    S1,C1,2026-03-01,-50.00,N1,Credit
    S1,C1,2026-03-01,50.00,A1,Credit
    R1,C1,2026-03-01,500.00,A2,Payment
    S2,C1,2026-03-05,-40.00,N2,Credit"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    built(tmp_path, "2026-03-31", {"ledger": LEDGER, "receipts": RECEIPTS})
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "warehouse"))
    return Settings()


def document(settings: Settings, invoice_id: str, language: str = "en") -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    app.query_params["entity"] = settings.default_entity
    app.query_params["invoice"] = invoice_id
    app.switch_page("app_pages/invoice.py").run()
    assert not app.exception, app.exception[0].message
    return app


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_a_credit_note_says_what_is_left_and_of_which_invoice_it_was_taken(settings: Settings) -> None:
    page = document(settings, "N1")
    assert page.title[0].value == "Credit note N1"
    assert figures(page) == {"Amount": "¥80.00", "Set off": "¥50.00", "Left to set off": "¥30.00"}
    assert list(page.dataframe[0].value["invoice_id"]) == ["A1"]
    assert any("waits to be set off for 58 days" in each.value for each in page.caption)


def test_a_credit_note_used_up_whose_invoice_nobody_names_says_so(settings: Settings) -> None:
    page = document(settings, "N2")
    assert figures(page)["Left to set off"] == "¥0.00"
    assert any("set off in full" in each.value for each in page.caption)
    assert any("not against which invoice" in each.value for each in page.caption)
    assert list(page.dataframe[0].value["receipt_id"]) == ["S2"]


@pytest.mark.parametrize(("language", "title"), [("en", "Prepayment P1"), ("zh_CN", "预收款 P1")])
def test_a_prepayment_is_never_due_nor_asked_for(settings: Settings, language: str, title: str) -> None:
    page = document(settings, "P1", language)
    assert page.title[0].value == title
    said = " ".join(each.value for part in (page.caption, page.markdown, page.subheader) for each in part)
    for of_an_invoice in ("Not yet due", "未到期", "Paid in full", "已付清", "Ready for the call", "Ready to call"):
        assert of_an_invoice not in said
    assert not [each for each in page.button if str(each.key).startswith("confirmed-")]


def test_an_invoice_is_asked_for_as_before(settings: Settings) -> None:
    page = document(settings, "A1")
    assert page.title[0].value == "Invoice A1"
    assert figures(page)["Open"] == "¥250.00"
    assert "Ready for the call" in [each.value for each in page.subheader]


def test_the_open_items_of_a_payer_tell_credits_from_invoices_and_give_them_no_due_date(settings: Settings) -> None:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    app.query_params["entity"] = settings.default_entity
    app.query_params["customer"] = "C1"
    app.switch_page("app_pages/payer.py").run()
    items = next(each.value for each in app.dataframe if "open_base" in each.value and "due_date" in each.value)
    items = items.set_index("invoice_id")
    assert items["doc_type"].to_dict() == {"A1": "Invoice", "N1": "Credit note", "P1": "Prepayment"}
    assert items["due_date"].isna().to_dict() == {"A1": False, "N1": True, "P1": True}


def test_a_credit_in_the_receipts_is_not_said_to_be_money_received(settings: Settings) -> None:
    (import_id,) = [report.import_id for report in imports.list_imports(settings) if report.kind == "receipts"]
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    app.query_params["import"], app.query_params["line"] = import_id, "2"
    app.switch_page("app_pages/receipt.py").run()
    assert not app.exception, app.exception[0].message
    assert app.title[0].value == "Credit S1"
    assert list(figures(app)) == ["Amount", "Set off"], "nothing was received, nothing is on account"
    assert app.dataframe[0].value["due_date"].isna().all(), "a credit note never falls due"
    assert "Where the money goes" not in [each.value for each in app.subheader]
