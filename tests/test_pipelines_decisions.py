"""What people decide about imported rows: where a receipt's money goes, and which customers are one. All reversible."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.building import checks
from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.collecting.sources_decisions import final_targets
from pipelines.importing import imports
from pipelines.reporting import queries, queries_payers
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from tests.small_ledgers import built

LEDGER = """Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount
    A-1,C1,Alder Ltd,2026-01-05,2026-02-04,30.00
    A-2,C1,Alder Ltd,2026-01-15,2026-02-14,50.00
    A-3,C1,Alder Ltd,2026-01-25,2026-02-24,20.00
    A-4,C1,Alder Ltd,2026-02-25,2026-03-24,50.00
    B-1,C-1,Alder Limited,2026-02-01,2026-03-03,70.00"""
RECEIPTS = """Receipt No,Customer ID,Payment Date,Amount,Invoice No,Reference
    R-1,C1,2026-03-01,100.00,,monthly run
    R-2,C1,2026-03-02,5.00,A-4,"""
DAY = "2026-03-31"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def build(home: Path, day: str = DAY, **files: str) -> Connection:
    con = built(home, day, files)
    assert checks.run(con) == []
    return con


def applied(con: Connection) -> dict[tuple[str, str], tuple[Decimal, str]]:
    rows = con.sql("select receipt_id, invoice_id, amount_doc, rule from fct_applications").fetchall()
    return {(receipt, invoice): (amount, rule) for receipt, invoice, amount, rule in rows}


def on_account(con: Connection) -> Decimal:
    ((rest,),) = con.sql("select coalesce(-sum(open_doc), 0) from fct_open_items where doc_type = 'receipt'").fetchall()
    return Decimal(rest)


def decide(settings: Settings, line_no: int = 2, receipt: str = "R-1", **parts: str) -> journal.Entry:
    (receipts,) = [report for report in imports.list_imports(settings) if report.file_name == "receipts.csv"]
    payload: dict[str, Any] = {
        "import_id": receipts.import_id,
        "line_no": line_no,
        "receipt_id": receipt,
        "paid_on": "2026-03-01",
        "amount": "100.00",
        "currency": "CNY",
        "parts": [{"invoice_id": name.replace("_", "-"), "amount": amount} for name, amount in parts.items()],
    }
    return journal.append(settings, "application", Subject("main", "C1"), payload, who="Wei")


def test_money_goes_where_a_person_directs_it_and_back_when_that_is_withdrawn(
    tmp_path: Path, settings: Settings
) -> None:
    before = applied(build(tmp_path, ledger=LEDGER, receipts=RECEIPTS))
    assert before["R-1", "A-1"] == (Decimal(30), "oldest")
    assert before["R-1", "A-2"] == (Decimal(50), "oldest")
    entry = decide(settings, A_1="30", A_4="45", A_3="20")
    con = build(tmp_path)
    found = applied(con)
    assert found["R-1", "A-4"] == (Decimal(45), "person")
    assert ("R-1", "A-2") not in found
    assert found["R-2", "A-4"] == (Decimal(5), "stated")
    assert on_account(con) == Decimal(5)
    assert con.sql("select distinct basis from fct_applications where rule = 'person'").fetchall() == [("stated",)]
    assert con.sql("select decided_by, amount from fct_receipt_decisions").fetchall() == [("Wei", Decimal(100))]
    journal.withdraw(settings, entry.id, who="Wei")
    assert applied(build(tmp_path)) == before


def test_not_this_invoice_leaves_the_money_on_account(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER, receipts=RECEIPTS)
    decide(settings)
    con = build(tmp_path)
    assert not [key for key in applied(con) if key[0] == "R-1"]
    assert on_account(con) == Decimal(100)


def test_more_than_an_invoice_owes_stays_on_account(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER, receipts=RECEIPTS)
    decide(settings, A_3="90", A_9="10")
    con = build(tmp_path)
    assert applied(con)["R-1", "A-3"] == (Decimal(20), "person")
    assert on_account(con) == Decimal(80), "nobody owes A-9, and A-3 owes 20"


def test_what_a_receipt_states_itself_cannot_be_redirected(tmp_path: Path, settings: Settings) -> None:
    before = applied(build(tmp_path, ledger=LEDGER, receipts=RECEIPTS))
    decide(settings, line_no=3, receipt="R-2", A_1="5")
    assert applied(build(tmp_path)) == before


def test_a_decision_follows_the_receipt_into_a_later_export(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER, receipts=RECEIPTS)
    decide(settings, A_4="45")
    con = build(tmp_path, later=RECEIPTS.replace("monthly run", "run of March"))
    assert applied(con)["R-1", "A-4"] == (Decimal(45), "person")
    assert on_account(con) == Decimal(55)


def test_a_decision_cannot_spend_more_than_the_receipt(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER, receipts=RECEIPTS)
    with pytest.raises(EntryRefused) as refused:
        decide(settings, A_1="60", A_2="50")
    assert refused.value.problems[0].field == "parts"


def test_a_decision_is_known_only_from_its_moment_on(tmp_path: Path, settings: Settings) -> None:
    before = applied(build(tmp_path, ledger=LEDGER, receipts=RECEIPTS))
    moment = dt.datetime.now(dt.UTC)
    decide(settings, A_4="45")
    from pipelines.building import publish
    from tests.small_ledgers import no_risk

    publish.build(settings, as_of=dt.date.fromisoformat(DAY), known_at=moment.isoformat(), score=no_risk)
    then = queries.published(settings)
    assert then is not None
    assert applied(queries.open_build(then)) == before


def balances(con: Connection) -> dict[str, float]:
    found = queries_payers.customers(con, Scope())
    return dict(zip(found["customer_id"], found["open_base"], strict=True))


def merge(settings: Settings, customer_id: str, into: str) -> journal.Entry:
    return journal.append(settings, "same_customer", Subject("main", customer_id), {"into": into}, who="Wei")


MASTER = """Customer ID,Customer Name,Industry,Credit Limit
    C1,Alder Ltd,tools,1000
    C-1,Alder Limited,wood,9"""


def test_merged_customers_are_one_until_that_is_taken_back(tmp_path: Path, settings: Settings) -> None:
    before = balances(build(tmp_path, ledger=LEDGER, receipts=RECEIPTS, customers=MASTER))
    assert before == {"C1": 45.0, "C-1": 70.0}
    rows = [(report.rows_accepted, report.accepted_total) for report in imports.list_imports(settings)]
    entry = merge(settings, "C-1", "C1")
    con = build(tmp_path)
    assert balances(con) == {"C1": 115.0}
    customer = queries_payers.customer(con, Scope(), "main", "C1")
    assert customer is not None
    assert (customer["customer_name"], customer["credit_limit_base"]) == ("Alder Ltd", 1000)
    assert con.sql("select customer_id, into_id, merged_by from dim_customer_merges").fetchall() == [
        ("C-1", "C1", "Wei")
    ]
    assert [(report.rows_accepted, report.accepted_total) for report in imports.list_imports(settings)] == rows
    journal.withdraw(settings, entry.id, who="Wei")
    assert balances(build(tmp_path)) == before


def test_money_of_one_spelling_pays_the_invoices_of_the_other(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER, receipts=RECEIPTS.replace("R-1,C1,2026-03-01,100.00", "R-1,C1,2026-03-01,70.00"))
    merge(settings, "C-1", "C1")
    assert applied(build(tmp_path))["R-1", "B-1"] == (Decimal(70), "exact")


def test_a_merged_customers_master_data_serves_where_the_other_has_none(tmp_path: Path, settings: Settings) -> None:
    master = "\n".join(line for line in MASTER.splitlines() if "C1," not in line)
    build(tmp_path, ledger=LEDGER, customers=master)
    merge(settings, "C-1", "C1")
    customer = queries_payers.customer(build(tmp_path), Scope(), "main", "C1")
    assert customer is not None
    assert customer["credit_limit_base"] == 9


def test_what_was_entered_about_a_merged_customer_counts_once(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER)
    for customer, score in (("C1", 2), ("C-1", 5)):
        rating = {"aspect": "relationship", "score": score}
        journal.append(settings, "rating", Subject("main", customer), rating, who="Wei")
        journal.append(
            settings, "confirmation", Subject("main", customer), {"item": "deal", "state": "missing"}, who="Wei"
        )
    merge(settings, "C-1", "C1")
    con = build(tmp_path)
    assert con.sql("select customer_id, count(*) from fct_payer_priority group by 1").fetchall() == [("C1", 1)]


def test_a_parent_and_a_summary_follow_the_merge(tmp_path: Path, settings: Settings) -> None:
    master = "Customer ID,Customer Name,Parent ID\nC2,Birch,C-1\nC1,Alder Ltd,"
    summary = "Customer ID,Customer,Current,1-30\nC1,Alder Ltd,10,\nC-1,Zeder Limited,5,5"
    files = {"ledger": LEDGER, "customers": master, "aging 2026-03-31": summary}
    build(tmp_path, **files)
    merge(settings, "C-1", "C1")
    con = build(tmp_path)
    assert con.sql("select parent_id from dim_customers where customer_id = 'C2'").fetchall() == [("C1",)]
    summed = (
        "select customer_id, min(customer_name), max(customer_name), sum(open_base) from fct_aged_summary group by 1"
    )
    assert con.sql(summed).fetchall() == [("C1", "Alder Ltd", "Alder Ltd", Decimal(20))]


def test_a_promise_of_a_merged_customer_is_one_of_the_other(tmp_path: Path, settings: Settings) -> None:
    build(tmp_path, ledger=LEDGER)
    promise = {"promised_on": "2099-01-01", "amount": "10", "currency": "CNY"}
    journal.append(settings, "promise", Subject("main", "C-1"), promise, who="Wei", debt=Decimal(70))
    merge(settings, "C-1", "C1")
    con = build(tmp_path)
    assert con.sql("select distinct customer_id from fct_promises").fetchall() == [("C1",)]


def test_notes_about_a_merged_customer_stand_with_the_one_it_became(settings: Settings) -> None:
    for customer in ("C1", "C-1", "C2"):
        journal.append(settings, "greeting", Subject("main", customer), {"note": customer}, who="Wei")
    notes = follow_up.by_customer(follow_up.notes(settings))
    united = follow_up.united(notes, {("main", "C-1"): "C1"})
    assert [note.payload.note for note in united["main", "C1"]] == ["C1", "C-1"]
    assert ("main", "C-1") not in united
    assert united["main", "C2"] == notes["main", "C2"]


def test_chains_end_at_the_last_and_a_ring_merges_nothing() -> None:
    chain = {("e", "a"): "b", ("e", "b"): "c", ("f", "b"): "x"}
    assert final_targets(chain) == {("e", "a"): "c", ("e", "b"): "c", ("f", "b"): "x"}
    assert final_targets({("e", "a"): "b", ("e", "b"): "a"}) == {}
