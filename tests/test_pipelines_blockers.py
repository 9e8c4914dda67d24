"""Blockers: month by month in amount-days, faults of our own up to the day they were put right, and due dates."""

import datetime as dt
from pathlib import Path

import pytest
from small_ledgers import RECEIPTS, built

from pipelines.collecting import blockers, follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_blockers
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

INVOICES = "Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount,Sales Rep"
AS_OF = dt.date(2026, 3, 31)
LEDGER = {
    "invoices": f"""{INVOICES}
        A1,C1,Acme,2025-12-01,2026-01-21,100,R1
        A2,C1,Acme,2026-01-10,2026-02-28,50,R1
        B1,C2,Blue,2026-01-01,,30,R2""",
    "receipts": f"{RECEIPTS}\nP1,A1,2026-02-11,40,payment",
}


@pytest.fixture
def con(tmp_path: Path):
    return built(tmp_path, AS_OF.isoformat(), LEDGER)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def note(settings: Settings, side: str, reason: str, on: str, invoice: str | None = "A1", until: str = "") -> None:
    entry = journal.append(
        settings, "blocker", Subject("main", "C1", invoice), {"side": side, "reason": reason}, who="R1",
        now=dt.datetime.fromisoformat(f"{on}T04:00:00+00:00"),
    )  # fmt: skip
    if until:
        now = dt.datetime.fromisoformat(f"{until}T04:00:00+00:00")
        journal.close(settings, entry.id, {"outcome": "settled"}, who="R1", now=now)


def today(settings: Settings) -> Day:
    return Day(AS_OF, settings, follow_up.by_customer(follow_up.notes(settings)))


def test_amount_days_of_a_month_are_those_of_its_days(con):
    whole = queries_blockers.month_days(con, Scope()).set_index("month_end")["amount_days"]
    whole.index = [f"{day:%m}" for day in whole.index]
    # January: A1 ten days of 100, B1 (assumed due on its issue date) thirty of 30. February: A1 ten days of 100 and
    # eighteen of 60, B1 28 of 30. March: 31 days of A1 60, A2 50 and B1 30.
    assert whole[["01", "02", "03"]].to_dict() == {"01": 1000 + 900, "02": 1000 + 1080 + 840, "03": 31 * 140}
    items = queries_blockers.overdue_items(con, Scope())
    assert float(items["amount_days"].sum()) == 60 * 69 + 50 * 31 + 30 * 89
    one = queries_blockers.month_days(con, Scope(), (("main", "C1"),))
    assert one.groupby("invoice_id")["amount_days"].sum().to_dict() == {"A1": 1000 + 2080 + 31 * 60, "A2": 31 * 50}
    assert queries_blockers.month_days(con, Scope(), ()).empty


def test_each_month_goes_to_what_stood_then_and_the_rest_is_not_looked_into(con, settings):
    note(settings, "ours", "vouchers", "2026-02-05", until="2026-02-20")
    note(settings, "theirs", "no_money", "2026-03-10")
    day = today(settings)
    assert blockers.customers(day) == (("main", "C1"),)
    noted = queries_blockers.month_days(con, Scope(), blockers.customers(day))
    totals = queries_blockers.month_days(con, Scope())
    found = blockers.by_month(day, noted, totals)
    known = found[found["cause"] != "unknown"]
    assert [(f"{row.month_end:%m}", row.side, row.cause, row.amount_days) for row in known.itertuples()] == [
        ("02", "ours", "vouchers", 2080), ("03", "theirs", "no_money", 31 * 60),
    ]  # fmt: skip
    by_month = found.groupby("month_end")["amount_days"].sum()
    assert by_month.to_dict() == totals.set_index("month_end")["amount_days"].to_dict()


def test_a_settled_fault_is_ours_up_to_its_day_and_an_open_one_until_now(con, settings):
    note(settings, "ours", "invoice_fault", "2026-02-05", until="2026-02-20")
    note(settings, "ours", "acceptance", "2026-02-06", invoice="A2")
    note(settings, "theirs", "no_money", "2026-02-21")
    items = queries_blockers.overdue_items(con, Scope())
    assert blockers.our_faults(today(settings), items) == (
        ("main", "A1", dt.date(2026, 2, 20)), ("main", "A2", None),
    )  # fmt: skip
    noted = blockers.customers(today(settings))
    theirs = queries_blockers.overdue_items(con, Scope(), noted)
    assert list(theirs["invoice_id"]) == list(items.loc[items["customer_id"] == "C1", "invoice_id"])
    assert blockers.our_faults(today(settings), theirs) == blockers.our_faults(today(settings), items)
    assert queries_blockers.overdue_items(con, Scope(), ()).empty
    faults = blockers.invoice_faults(today(settings))
    assert faults[["invoice_id", "found_on", "settled_on"]].to_numpy().tolist() == [
        ["A1", dt.date(2026, 2, 5), dt.date(2026, 2, 20)]
    ]
    amounts = queries_blockers.invoice_amounts(con, Scope(), (("main", "A1"),)).iloc[0]
    assert (amounts["customer_name"], amounts["open_base"]) == ("Acme", 60)
    assert queries_blockers.invoice_amounts(con, Scope(reps=("R2",)), (("main", "A1"),)).empty


def test_a_blocker_of_the_whole_customer_counts_where_its_invoice_has_none(con, settings):
    note(settings, "ours", "quality", "2026-02-05", invoice=None)
    note(settings, "theirs", "budget", "2026-02-06", invoice="A2")
    rows = blockers.by_invoice(today(settings), queries_blockers.overdue_items(con, Scope()))
    causes = dict(zip(rows["invoice_id"], rows["cause"], strict=True))
    assert causes == {"A1": "quality", "A2": "budget", "B1": "unknown"}


def test_due_dates_are_counted_by_how_sure_they_are(con):
    found = queries_blockers.due_bases(con, Scope()).set_index("due_basis")
    assert found["open_base"].to_dict() == {"contractual": 110, "assumed": 30}
    assert found["invoices"].to_dict() == {"contractual": 2, "assumed": 1}


def test_the_same_number_in_two_entities_is_two_invoices(tmp_path):
    header = "Company Code,Invoice No,Instalment,Customer ID,Invoice Date,Due Date,Amount"
    rows = (
        "E1,A1,1,C1,2026-01-01,2026-02-01,10\nE1,A1,2,C1,2026-01-01,2026-03-01,10\nE2,A1,1,C1,2026-01-01,2026-02-01,5"
    )
    two = built(tmp_path, "2026-04-30", {"invoices": f"{header}\n{rows}"})
    found = queries_blockers.due_bases(two, Scope()).set_index("due_basis")
    assert found["invoices"].to_dict() == {"contractual": 2} and found["open_base"].to_dict() == {"contractual": 25}
