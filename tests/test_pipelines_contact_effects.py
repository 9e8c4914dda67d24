"""What contacts bring: money that follows, advice that was followed, and contacts in time for the pay run."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.collecting import contact_effects, follow_up, journal, pay_runs
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.settings import Settings

AS_OF = dt.date(2026, 3, 31)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def contact(settings: Settings, customer: str, day: dt.date, method: str = "call", **more: Any) -> None:
    now = dt.datetime.combine(day, dt.time(4), dt.UTC)
    payload = {"method": method, "result": "reached", "next_action": "call", "next_on": day, "fallback": "x"} | more
    journal.append(settings, "contact", Subject("main", customer), payload, who="R1", debt=Decimal(0), now=now)


def today(settings: Settings) -> Day:
    return Day(AS_OF, settings, follow_up.by_customer(follow_up.notes(settings)))


def found(day: Day, *customers: str) -> list[follow_up.Note]:
    return contact_effects.contacts(day, [("main", customer) for customer in customers])


def payments(*rows: tuple[str, dt.date, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "paid_on", "amount_base"])
    return frame.assign(entity_id="main")


def test_money_counts_once_for_the_last_contact_before_it(settings):
    contact(settings, "C1", dt.date(2026, 3, 2), "call", payer_class="A")
    contact(settings, "C1", dt.date(2026, 3, 5), "visit", payer_class="A")
    contact(settings, "C2", dt.date(2026, 3, 2), "call", payer_class="B")
    money = payments(
        ("C1", dt.date(2026, 3, 1), 5.0),  # before the first contact
        ("C1", dt.date(2026, 3, 4), 10.0),
        ("C1", dt.date(2026, 3, 9), 20.0),
        ("C1", dt.date(2026, 3, 13), 40.0),  # more than seven days after the visit
        ("C3", dt.date(2026, 3, 4), 80.0),  # nobody contacted it
    )
    day = today(settings)
    table = contact_effects.effect(day, found(day, "C1", "C2"), money, 7, AS_OF).set_index(["method", "payer_class"])
    assert table["recovered_base"].to_dict() == {("call", "A"): 10, ("visit", "A"): 20, ("call", "B"): 0}
    assert table["followed_by_money"].to_dict() == {("call", "A"): 1, ("visit", "A"): 1, ("call", "B"): 0}
    assert table.loc[("visit", "A"), "median_days"] == 4
    assert pd.isna(table.loc[("call", "B"), "median_days"])


def test_a_contact_whose_days_are_not_over_waits(settings):
    contact(settings, "C1", AS_OF - dt.timedelta(days=7), payer_class="C")
    contact(settings, "C1", AS_OF - dt.timedelta(days=6), payer_class="C")
    day = today(settings)
    row = contact_effects.effect(day, found(day, "C1"), payments(("C1", AS_OF, 9.0)), 7, AS_OF).iloc[0]
    assert (row["contacts"], row["waiting"], row["recovered_base"]) == (1, 1, 0)


def test_contacts_that_no_money_followed_yet_are_counted(settings):
    contact(settings, "C1", dt.date(2026, 3, 2))
    contact(settings, "C1", dt.date(2026, 3, 30))
    day = today(settings)
    (row,) = contact_effects.effect(day, found(day, "C1"), payments(), 7, AS_OF).to_dict("records")
    assert (row["contacts"], row["waiting"], row["followed_by_money"], row["recovered_base"]) == (1, 1, 0, 0)


def test_nothing_logged_is_an_empty_table(settings):
    assert contact_effects.effect(today(settings), [], payments(), 7, AS_OF).empty


def test_how_many_followed_the_advice(settings):
    for method, planned in (
        ("call", "call"),
        ("visit", "call"),
        ("message", "remind"),
        ("email", "letter"),
        ("call", ""),
    ):
        contact(settings, "C1", AS_OF, method, planned=planned)
    day = today(settings)
    table = contact_effects.followed(found(day, "C1")).set_index("planned")
    assert table["followed_share"].dropna().to_dict() == {"call": 0.5, "remind": 1, "letter": 1}
    assert table.loc["", "contacts"] == 1 and pd.isna(table.loc["", "followed_share"])


def test_only_contacts_of_these_customers_in_a_year_count(settings):
    contact(settings, "C1", AS_OF - dt.timedelta(days=400))
    contact(settings, "C2", AS_OF)
    contact(settings, "C1", AS_OF)
    assert [note.customer_id for note in found(today(settings), "C1")] == ["C1"]


@pytest.mark.parametrize(
    ("pattern", "run_day", "weekday", "after", "expected"),
    [
        # 15 March 2026 is a Sunday; 1 May and the days after it are holidays, 9 May a make-up Saturday.
        ("day_of_month", 15, None, "2026-03-13", "2026-03-16"),
        ("day_of_month", 15, None, "2026-03-16", "2026-04-15"),
        ("day_of_month", 2, None, "2026-04-30", "2026-05-06"),
        ("day_of_month", 31, None, "2026-03-31", "2026-06-01"),
        ("weekday", None, 5, "2026-03-12", "2026-03-13"),
        ("weekday", None, 5, "2026-04-30", "2026-05-06"),
        ("weekday", None, 6, "2026-05-06", "2026-05-09"),
        ("month_end", None, None, "2026-02-10", "2026-02-28"),
        ("month_end", None, None, "2026-02-28", "2026-03-31"),
    ],
)
def test_the_next_run_falls_on_a_working_day(pattern, run_day, weekday, after, expected):
    day = dt.date.fromisoformat(after)
    working = pay_runs.working_days("CN", day, day)
    assert pay_runs.next_run(working, pattern, run_day, weekday, day) == dt.date.fromisoformat(expected)


def test_items_followed_their_strategy_where_the_customer_was_approached_its_way_after_the_due_date(settings):
    """C1 was called, as advised, after A1 fell due and before A2 did; C2 got a letter on A3 and was to be called."""
    contact(settings, "C1", dt.date(2026, 3, 5), "call")
    letter = {"letter": "reminder", "state": "sent", "as_of": AS_OF}
    letter["items"] = [{"invoice_id": "A3", "amount": "1", "currency": "CNY"}]
    journal.append(
        settings, "letter", Subject("main", "C2"), letter, who="R1", now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC)
    )
    due = {
        "A1": ("C1", "2026-03-04"),
        "A2": ("C1", "2026-03-05"),
        "A3": ("C2", "2026-03-01"),
        "A4": ("C2", "2026-03-01"),
    }
    items = pd.DataFrame(
        [("main", who, number, dt.date.fromisoformat(day), "chase", "call") for number, (who, day) in due.items()],
        columns=["entity_id", "customer_id", "invoice_id", "due_date", "strategy", "next_action"],
    )
    totals = pd.DataFrame({"strategy": ["chase", "care"], "items": [6, 2], "open_base": [60.0, 90.0]})
    day = today(settings)
    table = contact_effects.items_followed(day, contact_effects.approaches(day, day.notes), items, totals)
    assert list(table["strategy"]) == ["care", "chase"]
    chase = table.set_index("strategy").loc["chase"]
    assert (chase["items_followed"], chase["items_otherwise"], chase["items_untouched"]) == (1, 1, 4)
    assert chase["followed_share"] == pytest.approx(1 / 6)


def test_contacts_are_in_time_too_early_or_too_late_for_the_run(settings):
    """Runs on the 16th of March 2026, a Monday: three to ten working days before it are in time."""
    for day in ((2026, 3, 2), (2026, 3, 11), (2026, 3, 12), (2026, 2, 25)):
        contact(settings, "RUN", dt.date(*day))
    contact(settings, "ANY", dt.date(2026, 3, 2))
    day = today(settings)
    calendars = pd.DataFrame(
        {"entity_id": ["main"], "customer_id": ["RUN"], "pattern": ["day_of_month"], "run_day": [16.0],
         "run_weekday": [None]}
    )  # fmt: skip
    table = contact_effects.timing(day, found(day, "RUN", "ANY"), calendars).set_index("who")
    assert table.loc["R1"].to_dict() == {"in_time": 2, "too_early": 1, "too_late": 1, "no_pattern": 1}
    slow = {"fact": "transfer_days", "value": "1"}
    journal.append(settings, "payer_fact", Subject("main", "RUN"), slow, who="R1")
    day = today(settings)
    table = contact_effects.timing(day, found(day, "RUN"), calendars).set_index("who")
    assert table.loc["R1"].to_dict() == {"in_time": 1, "too_early": 1, "too_late": 2, "no_pattern": 0}
