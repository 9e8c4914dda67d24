"""The limitation clock begins anew only with a document, and the legal register."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from small_ledgers import INVOICES, built

from pipelines.collecting import claims, follow_up, journal
from pipelines.collecting.claims import Event
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_claims
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

DUE = dt.date(2023, 3, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def event(on: str, invoice: str | None = None) -> Event:
    return Event(day(on), "lawyer_letter", "L-1", invoice)


@pytest.mark.parametrize(
    ("found", "ends"),
    [
        ([], "2026-03-31"),
        ([event("2023-02-01")], "2026-03-31"),  # before the due date
        ([event("2024-06-01")], "2027-06-01"),
        ([event("2024-06-01"), event("2027-05-31")], "2030-05-31"),
        ([event("2026-04-01")], "2026-03-31"),  # it had run out by then
        ([event("2024-06-01", "OTHER")], "2026-03-31"),
        ([event("2024-06-01", "A1")], "2027-06-01"),
    ],
)
def test_the_clock(found, ends):
    assert claims.clock(DUE, found, 3, "A1").ends_on == day(ends)


def test_a_clock_that_begins_on_the_29th_of_february_ends_with_that_month():
    assert claims.clock(day("2024-02-29"), [], 3).ends_on == day("2027-02-28")
    assert claims.clock(day("2024-02-29"), [], 4).ends_on == day("2028-02-29")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def enter(settings: Settings, kind: str, payload: dict, on: str, **about):
    subject = Subject("main", "C1", **about)
    now = dt.datetime.combine(day(on), dt.time(4), dt.UTC)
    return journal.append(settings, kind, subject, payload, who="R", debt=Decimal(10000), now=now)


def on(settings: Settings, text: str) -> Day:
    return Day(day(text), settings, follow_up.by_customer(follow_up.notes(settings)))


def test_only_what_has_a_document_counts(settings):
    stage = {"stage": "lawyer_letter", "happened_on": day("2024-01-10")}
    enter(settings, "legal_stage", stage, "2024-01-10")
    enter(settings, "legal_stage", stage | {"happened_on": day("2024-02-10"), "document": "EMS 12"}, "2024-02-11")
    promise = {"promised_on": day("2024-04-01"), "amount": "10", "currency": "CNY"}
    enter(settings, "promise", promise, "2024-03-01")
    enter(settings, "promise", promise | {"document": "Letter of 3 March"}, "2024-03-03")
    letter = {"letter": "balance_confirmation", "as_of": day("2024-03-31")}
    enter(settings, "letter", letter | {"state": "sent"}, "2024-04-02")
    enter(settings, "letter", letter | {"state": "stamped"}, "2024-04-20")
    found = claims.events(on(settings, "2024-05-01"), "main", "C1")
    assert [(event.on.isoformat(), event.kind) for event in found] == [
        ("2024-02-10", "lawyer_letter"), ("2024-03-03", "promise"), ("2024-04-20", "balance_confirmation"),
    ]  # fmt: skip


def test_old_claims_are_warned_of_before_they_run_out(tmp_path, settings):
    invoices = f"""
        {INVOICES}
        A1,C1,2023-01-01,2023-03-31,1000.00,R1
        A2,C1,2023-05-01,2023-06-30,500.00,R1
        A3,C2,2022-01-01,2022-03-31,70.00,R1
        A4,C2,2025-01-01,2025-03-31,30.00,R1
    """
    con = built(tmp_path, "2025-12-31", {"invoices": invoices})
    stage = {"stage": "payment_order", "happened_on": day("2025-11-01"), "document": "(2025) 12"}
    enter(settings, "legal_stage", stage, "2025-11-02", invoice_id="A1")
    today = on(settings, "2026-01-10")
    items = queries_claims.old_claims(con, Scope(), claims.due_until(today))
    assert set(items["invoice_id"]) == {"A1", "A2", "A3"}
    found = claims.running_out(today, items).set_index("invoice_id")
    assert list(found.index) == ["A3", "A2"], "A1 counts from its payment order"
    assert found.loc["A3", "days_left"] < 0 < found.loc["A2", "days_left"]
    assert found.loc["A2", "limitation_on"] == day("2026-06-30")


def test_the_register_adds_up_what_a_case_costs_and_names_its_next_date(settings):
    first = {"stage": "lawyer_letter", "happened_on": day("2024-02-10"), "cost": "2000", "next_on": day("2024-03-01")}
    enter(settings, "legal_stage", first, "2024-02-10")
    second = {"stage": "payment_order", "happened_on": day("2024-03-10"), "cost": "500", "next_on": day("2024-04-02")}
    enter(settings, "legal_stage", second, "2024-03-11")
    today = on(settings, "2024-04-01")
    found = claims.register(today)
    assert found["legal"].tolist() == ["payment_order", "lawyer_letter"]
    assert found["cost_base"].sum() == 2500
    assert claims.next_dates(today, found)[["next_on", "days_until"]].values.tolist() == [[day("2024-04-02"), 1]]
    assert claims.register(Day(day("2024-04-01"), settings)).empty
    assert isinstance(found, pd.DataFrame)
