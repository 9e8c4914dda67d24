"""The collection timetable against actual and the rep scorecard."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import follow_up, journal, results
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.reporting import queries_charge, queries_reps
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

AS_OF = dt.date(2025, 3, 31)  # a Monday
FIRST = dt.date(2025, 3, 17)
LEDGER = {
    "invoices": f"""
        {INVOICES}
        A1,C1,2025-01-01,2025-01-31,1000.00,R1
        A2,C2,2025-01-01,2025-01-31,1000.00,R2
    """,
    "receipts": f"{RECEIPTS}\nP1,A1,2025-03-17,100,\nP2,A1,2025-03-23,50,\nP3,A1,2025-03-24,30,\nP4,A2,2025-03-18,7,",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def day(settings: Settings, on: dt.date = AS_OF) -> Day:
    return Day(on, settings, follow_up.by_customer(follow_up.notes(settings)))


def agree(settings: Settings, rep: str, *amounts: int) -> None:
    weeks = {FIRST + results.WEEK * number: Decimal(amount) for number, amount in enumerate(amounts)}
    results.set_targets(settings, day(settings), rep, weeks, who="M")


def test_weeks_begin_on_monday():
    assert results.monday(dt.date(2025, 3, 30)) == dt.date(2025, 3, 24)
    weeks = results.weeks_around(AS_OF)
    assert {week.weekday() for week in weeks} == {0} and AS_OF in weeks and len(weeks) == 17


def test_plan_against_actual_by_rep_and_week(tmp_path, settings):
    con = built(tmp_path, "2025-03-31", LEDGER)
    agree(settings, "R1", 200, 60, 500)
    actual = queries_reps.collected_by_week(con, Scope(), FIRST)
    weeks = [FIRST + results.WEEK * number for number in range(3)]
    plan = results.timetable(day(settings), actual, weeks, ["R1", "R2"])
    assert plan["collected_base"].tolist() == [150, 30, 0, 7, 0, 0]
    assert plan["target_base"].fillna(-1).tolist() == [200, 60, 500, -1, -1, -1]
    found = results.so_far(plan, AS_OF)
    assert found.values.tolist() == [["R1", 2, 260.0, 180.0, -80.0, pytest.approx(180 / 260)]]
    assert queries_reps.collected_by_week(con, Scope(reps=("R2",)), FIRST)["rep"].tolist() == ["R2"]


def test_a_newer_target_holds_and_of_two_people_the_second_is_told(settings):
    agree(settings, "R1", 200, 60)
    seen = day(settings)
    agree(settings, "R1", 250)
    assert results.targets(day(settings)) == {("R1", FIRST): 250, ("R1", FIRST + results.WEEK): 60}
    with pytest.raises(EntryConflict):
        results.set_targets(settings, seen, "R1", {FIRST: Decimal(1)}, who="Li")
    agree(settings, "R2", 9)
    with pytest.raises(EntryRefused):
        results.set_targets(settings, day(settings), "R1", {}, who="M")


def test_the_proposal_is_what_the_forecast_expects():
    rows = [("R1", dt.date(2025, 4, 1), 70.0), ("R1", dt.date(2025, 4, 8), 30.0), ("R2", dt.date(2025, 4, 1), 5.0)]
    forecast = pd.DataFrame(rows, columns=["rep", "week_start", "expected_base"])
    weeks = [AS_OF, AS_OF + results.WEEK, AS_OF + 2 * results.WEEK]
    assert results.proposal(forecast, "R1", weeks) == {AS_OF: 70.0, AS_OF + results.WEEK: 30.0}


def test_the_scorecard_joins_money_promises_contacts_and_charge(tmp_path, settings):
    contact = {"result": "reached", "next_action": "call", "next_on": AS_OF, "fallback": "visit"}
    now = dt.datetime(2025, 3, 20, tzinfo=dt.UTC)
    for customer, method in (("C1", "call"), ("C1", "visit"), ("C2", "call")):
        journal.append(settings, "contact", Subject("main", customer), contact | {"method": method}, who="R", now=now)
    for amount in ("100", "300"):
        promise = {"promised_on": dt.date(2025, 3, 20), "amount": amount, "currency": "CNY"}
        journal.append(settings, "promise", Subject("main", "C1"), promise, who="R", debt=Decimal(1000), now=now)
    agree(settings, "R1", 200)
    con = built(tmp_path, "2025-03-31", LEDGER)
    today = day(settings)
    reps = {("main", "C1"): "R1", ("main", "C2"): "R2"}
    done = results.activity(today, reps, dt.date(2025, 3, 1)).set_index("rep")
    assert done.loc["R1", ["contacts", "visits", "customers", "promises_made"]].tolist() == [2, 1, 1, 2]
    assert results.activity(today, reps, dt.date(2025, 3, 21))["contacts"].tolist() == [0, 0]
    charges = queries_charge.rep_charges(con, Scope())
    actual = queries_reps.collected_by_week(con, Scope(), FIRST)
    plan = results.so_far(results.timetable(today, actual, [FIRST], ["R1", "R2"]), AS_OF)
    card = results.scorecard(charges, queries_reps.balances(con, Scope()), done.reset_index(), plan).set_index("rep")
    assert card["collected_base"].to_dict() == {"R1": 180.0, "R2": 7.0}
    assert card["overdue_share"].tolist() == [1, 1]
    assert card.loc["R1", ["target_base", "contacts"]].tolist() == [200, 2]
    assert card.loc["R1", "reached_share"] == pytest.approx(0.75)


@pytest.mark.parametrize(("receipt", "charge"), [("", 300), ("P1,A1,2026-01-17,60000,", 210)])
def test_the_scorecard_charges_by_the_worked_figures(tmp_path, receipt, charge):
    """100,000 open for 30 days cost 300; with 40,000 left after day 15 they cost 210."""
    files = {"invoices": f"{INVOICES}\nA1,C1,2025-12-01,2026-01-01,100000,R1"}
    files |= {"receipts": f"{RECEIPTS}\n{receipt}"} if receipt else {}
    con = built(tmp_path, "2026-01-31", files)
    since = dt.date(2026, 1, 31) - dt.timedelta(days=90)
    charges = queries_charge.rep_charges(con, Scope(), queries_charge.RATE, 0, since, ())
    empty = results.so_far(results.timetable(Day(AS_OF, Settings(home=tmp_path)), pd.DataFrame(), [], []), AS_OF)
    done = results.activity(Day(AS_OF, Settings(home=tmp_path)), {}, AS_OF)
    card = results.scorecard(charges, queries_reps.balances(con, Scope()), done, empty)
    assert card["charge_base"].tolist() == [pytest.approx(charge)]
