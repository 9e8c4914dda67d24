"""The journal laid over the call list: who is left alone on a day, why, and when they come back."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import i18n
from pipelines.collecting import bills, blockers, follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.settings import Settings

MONDAY = dt.date(2026, 3, 2)
CALLS = pd.DataFrame({"entity_id": ["main"] * 3, "customer_id": ["C1", "C2", "C3"], "call_rank": [1, 2, 3]})
CALLS["reasons"] = "[]"


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def enter(settings: Settings, kind: str, payload: dict[str, Any], customer: str = "C1", on: dt.date = MONDAY, **about):
    subject = Subject("main", customer, **about)
    return journal.append(settings, kind, subject, payload, who="R1", debt=Decimal(1000), now=noon(on))


def on(settings: Settings, day: dt.date, states: dict[int, str] | None = None) -> Day:
    return Day(day, settings, follow_up.by_customer(follow_up.notes(settings)), states or {})


def codes(day: Day) -> list[str]:
    return [reason["code"] for reason in follow_up.reasons_to_wait(day, "main", "C1")]


def after(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def contact(next_on: dt.date) -> dict[str, Any]:
    return {"method": "call", "result": "reached", "next_action": "call", "next_on": next_on, "fallback": "visit"}


def test_a_contact_keeps_the_customer_quiet_for_the_quiet_days(settings):
    enter(settings, "contact", contact(after(20)))
    assert [codes(on(settings, after(days))) for days in (0, 3, 4)] == [["contacted"], ["contacted"], []]


def test_what_was_agreed_for_a_day_is_done_on_that_day(settings):
    enter(settings, "contact", contact(after(1)))
    assert [codes(on(settings, after(days))) for days in (0, 1)] == [["contacted"], []]


def test_a_promise_keeps_the_customer_off_the_list_until_its_day_and_tolerance(settings):
    made = enter(settings, "promise", {"promised_on": after(7), "amount": "100", "currency": "CNY"})
    assert [codes(on(settings, after(days))) for days in (0, 10, 11)] == [["promised"], ["promised"], []]
    note = on(settings, after(11)).of("main", "C1")[0]
    assert follow_up.promise_state(on(settings, after(10)), note) == "open"
    assert follow_up.promise_state(on(settings, after(11)), note) == "waiting"
    assert codes(on(settings, after(0), {made.id: "kept"})) == []
    assert codes(on(settings, after(0), {made.id: "broken"})) == []


def test_a_corrected_promise_is_judged_anew(settings):
    made = enter(settings, "promise", {"promised_on": after(7), "amount": "100", "currency": "CNY"})
    later = {"promised_on": after(14), "amount": "100", "currency": "CNY"}
    journal.correct(settings, made.id, later, who="R1", debt=Decimal(1000), now=noon(MONDAY))
    assert codes(on(settings, after(12), {made.id: "broken"})) == ["promised"]


def test_a_hold_ends_by_its_date_or_when_it_is_lifted(settings):
    hold = enter(settings, "hold", {"reason": "fire", "until": after(5), "sensitive": True})
    assert [codes(on(settings, after(days))) for days in (5, 6)] == [["on_sensitive_hold"], []]
    journal.close(settings, hold.id, who="boss", now=noon(MONDAY))
    assert codes(on(settings, after(0))) == []
    enter(settings, "hold", {"reason": "audit", "until": after(5)})
    assert codes(on(settings, after(0))) == ["on_hold"]


def test_only_a_dispute_in_our_court_takes_the_customer_off(settings):
    enter(settings, "dispute", {"reason": "price", "side": "theirs"})
    assert codes(on(settings, MONDAY)) == []
    ours = enter(settings, "dispute", {"reason": "short delivery", "side": "ours", "owner": "王敏"})
    assert codes(on(settings, MONDAY)) == ["dispute_ours"]
    journal.close(settings, ours.id, {"outcome": "settled"}, who="王敏", now=noon(MONDAY))
    assert codes(on(settings, MONDAY)) == []


def test_the_call_list_is_parted_and_numbered_anew(settings):
    enter(settings, "promise", {"promised_on": after(7), "amount": "100", "currency": "CNY"}, customer="C2")
    calls, left_alone = follow_up.divide(on(settings, MONDAY), CALLS)
    assert list(zip(calls["customer_id"], calls["call_rank"], strict=True)) == [("C1", 1), ("C3", 2)]
    assert list(left_alone["customer_id"]) == ["C2"]
    assert '"cents_amount": 100.0' in left_alone["reasons"].iloc[0]
    nobody = follow_up.divide(on(settings, MONDAY), CALLS.iloc[:0])
    assert [len(part) for part in nobody] == [0, 0]


def test_the_suggested_next_step_falls_on_a_working_day(settings):
    friday = dt.date(2026, 3, 6)
    assert follow_up.next_step(Day(friday, settings), "call", "not_reached", None) == ("call", dt.date(2026, 3, 9))
    # The week of the Spring Festival is no working time, the Saturday before it is.
    before_festival = Day(dt.date(2026, 2, 13), settings)
    assert follow_up.working_day(before_festival, 1) == dt.date(2026, 2, 14)
    assert follow_up.working_day(before_festival, 2) == dt.date(2026, 2, 24)
    promised = follow_up.next_step(Day(friday, settings), "call", "promised", dt.date(2026, 3, 20))
    assert promised == ("remind", dt.date(2026, 3, 20))


def missing(item: str) -> dict[str, str]:
    return {"item": item, "state": "missing", "note": f"words for {item}"}


def test_what_is_missing_takes_the_customer_off_until_it_is_confirmed(settings):
    enter(settings, "confirmation", missing("vouchers"))
    assert codes(on(settings, MONDAY)) == ["not_ready"]
    (reason,) = follow_up.reasons_to_wait(on(settings, MONDAY), "main", "C1")
    for language in i18n.LANGUAGES:  # whoever reads it, not whoever entered it
        assert i18n.translate(language, "code.readiness.vouchers") in i18n.reason(language, reason)
    enter(settings, "confirmation", {"item": "vouchers", "state": "confirmed"})
    assert codes(on(settings, MONDAY)) == []


def test_an_invoice_in_our_court_is_not_asked_for(settings):
    calls = CALLS.assign(overdue_base=[300.0, 100.0, 50.0], amount_due_base=[300.0, 150.0, 50.0])
    enter(settings, "dispute", {"reason": "short", "side": "ours"}, invoice_id="A1")
    enter(settings, "confirmation", missing("vouchers"), customer="C2", invoice_id="B1")
    day = on(settings, MONDAY)
    assert follow_up.invoices_in_our_court(day, calls) == [("main", "A1"), ("main", "B1")]
    amounts = {("main", "A1"): (100.0, 100.0), ("main", "B1"): (100.0, 150.0)}
    kept, left_alone = follow_up.divide(day, calls, amounts)
    assert list(zip(kept["customer_id"], kept["overdue_base"], strict=True)) == [("C1", 200.0), ("C3", 50.0)]
    assert list(left_alone["customer_id"]) == ["C2"]
    assert "item_missing" in left_alone["reasons"].iloc[0]
    assert list(calls["overdue_base"]) == [300.0, 100.0, 50.0], "the list it was given stays as it was"


def test_confirming_finds_the_tasks_that_the_gap_made(settings):
    subject, task = Subject("main", "C1"), {"title": "get it", "owner": "R1", "due_on": after(3)}
    both = {"confirmation": missing("vouchers"), "task": task}
    journal.append_together(settings, subject, both, who="R1", now=noon(MONDAY))
    enter(settings, "task", task, customer="C2")
    day = on(settings, MONDAY)
    gap = follow_up.confirmations(day, "main", "C1")[None, "vouchers"]
    assert [task.payload.title for task in follow_up.tasks_of(day, gap)] == ["get it"]


def test_every_overdue_invoice_waits_for_one_thing(settings):
    items = pd.DataFrame({"entity_id": "main", "customer_id": ["C1", "C1", "C2"], "invoice_id": ["A1", "A2", "B1"]})
    items = items.assign(overdue_base=[10.0, 20.0, 40.0], amount_days=[100.0, 400.0, 80.0])
    enter(settings, "blocker", {"side": "theirs", "reason": "no_money"})
    enter(settings, "blocker", {"side": "ours", "reason": "vouchers"}, invoice_id="A1")
    enter(settings, "dispute", {"side": "theirs", "reason": "price"}, invoice_id="A2")
    day = on(settings, MONDAY)
    found = blockers.blocked(day, items)
    assert found[["side", "cause", "overdue_base"]].to_numpy().tolist() == [
        ["theirs", "disputed", 20.0],
        ["ours", "vouchers", 10.0],
        ["", "unknown", 40.0],
    ]
    assert blockers.our_faults(day, items) == (("main", "A1", None),)


def test_bills_in_hand_that_bring_all_that_is_overdue_are_waited_for(settings):
    bill = {"number": "B1", "amount": "600", "currency": "CNY", "due_on": after(10)}
    enter(settings, "bill", bill)
    enter(settings, "bill", bill | {"number": "B2", "amount": "900", "state": "bounced", "state_on": MONDAY})

    def waits(day: dt.date, overdue: float) -> list[str]:
        found = follow_up.reasons_to_wait(on(settings, day), "main", "C1", overdue)
        return [reason["code"] for reason in found]

    assert waits(MONDAY, 600.0) == ["bill_in_hand"]
    assert waits(MONDAY, 600.01) == [], "the bills do not bring all of it"
    assert waits(after(11), 600.0) == [], "it has fallen due"


def test_the_bills_of_a_customer_are_those_entered_and_those_the_ledger_alone_knows(settings):
    bill = {"number": "B1", "amount": "600", "currency": "CNY", "due_on": after(10)}
    enter(settings, "bill", bill, invoice_id="A1")
    enter(settings, "bill", bill | {"number": "B2", "state": "cleared", "state_on": MONDAY})
    rows = [("B2", "A2", 9.0, "CNY", MONDAY), ("B3", "A3", 7.0, "CNY", MONDAY)]
    in_ledger = pd.DataFrame(rows, columns=bills.HELD)
    found = bills.held(on(settings, MONDAY), "main", "C1", in_ledger)
    assert list(found[["bill_number", "invoice_id"]].itertuples(index=False, name=None)) == [("B3", "A3"), ("B1", "A1")]
    assert bills.held(on(settings, MONDAY), "main", "C9", in_ledger[:0]).empty


def test_the_rows_about_some_customers_are_found_by_entity_and_number():
    items = pd.DataFrame(
        {"entity_id": ["main", "main", "east"], "customer_id": ["A", "B", "A"], "open_base": [1, 2, 3]}
    )
    assert follow_up.rows_of({("east", "A"), ("east", "B")}, items)["open_base"].tolist() == [3]
    assert follow_up.rows_of(set(), items).columns.tolist() == list(items.columns)
