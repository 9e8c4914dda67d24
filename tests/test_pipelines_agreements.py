"""The arithmetic of plans, whom to look after, and what a plan does to a customer's forecast."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import agreements, follow_up, journal
from pipelines.collecting.agreements import Part
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_agreements, queries_cash
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

FIRST = dt.date(2026, 1, 31)


def test_a_schedule_adds_up_to_the_cent_and_keeps_to_month_ends():
    parts = agreements.schedule(Decimal("100.00"), FIRST, 3, "month")
    assert [part.amount for part in parts] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert [part.due_on.isoformat() for part in parts] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert agreements.schedule(Decimal(70), FIRST, 1, "week") == [Part(FIRST, Decimal(70))]


def test_a_first_share_leaves_the_rest_in_equal_parts():
    parts = agreements.schedule(Decimal("1000"), FIRST, 5, "fortnight", 0.4)
    assert [part.amount for part in parts] == [Decimal(400)] + [Decimal(150)] * 4
    assert parts[1].due_on - parts[0].due_on == dt.timedelta(days=14)


@pytest.mark.parametrize(("count", "share"), [(1, None), (2, 0.3), (7, None), (12, 0.15), (60, 0.9)])
def test_any_schedule_adds_up(count, share):
    total = Decimal("98765.43")
    parts = agreements.schedule(total, FIRST, count, "week", share)
    assert len(parts) == count
    assert sum(part.amount for part in parts) == total
    assert all(part.amount > 0 for part in parts)


def test_the_figures_of_a_schedule():
    parts = [Part(FIRST + dt.timedelta(days=day), Decimal(500)) for day in (0, 73)]
    found = agreements.figures(parts, FIRST, 0.1)
    assert found is not None
    assert (found.total, found.mean_days, found.cost) == (1000, 36.5, pytest.approx(10))
    assert agreements.figures([], FIRST, 0.1) is None


def test_kept_share_counts_only_what_has_an_outcome():
    assert agreements.kept_share(["kept", "broken", "partly_kept", "kept", "open", "waiting"]) == 0.5
    assert agreements.kept_share(["open"]) is None


def test_whom_to_look_after_today():
    today = dt.date(2026, 3, 10)
    rows = [
        (1, 0, "broken", -20, True),
        (2, 1, "broken", -40, False),  # a later instalment of this plan was kept since
        (2, 2, "kept", -10, False),
        (2, 3, "open", 3, True),
        (3, 0, "open", 8, False),
        (4, 0, "waiting", -4, True),
    ]
    frame = pd.DataFrame(
        [(note, part, state, today + dt.timedelta(days=ahead)) for note, part, state, ahead, _ in rows],
        columns=["note_id", "part_no", "promise_state", "promised_on"],
    )
    assert agreements.to_chase(frame, today).tolist() == [expected for *_, expected in rows]


def test_the_preview_of_a_plan_agrees_with_the_forecast_of_the_next_build(tmp_path):
    invoices = [f"H{n},C1,2024-0{n}-01,2024-0{n}-28,1000.00,R1" for n in range(1, 9)]
    open_ones = ["A1,C1,2025-01-01,2025-01-31,1000.00,R1", "A2,C1,2025-02-01,2025-03-31,600.00,R1"]
    paid = [f"Q{n},H{n},2024-1{n % 3}-01,1000," for n in range(1, 9)]
    files = {
        "invoices": "\n".join([INVOICES, *invoices, *open_ones]),
        "receipts": "\n".join([RECEIPTS, *paid]),
    }
    con = built(tmp_path, "2025-03-04", files)
    known = queries_agreements.customer_forecast(con, Scope(), "main", "C1")
    parts = [Part(dt.date(2025, 3, 20), Decimal(300)), Part(dt.date(2025, 4, 8), Decimal(500))]
    preview = agreements.with_plan(known["forecast"], parts, known["as_of"], known["open_base"], known["kept_share"])
    settings = Settings(home=tmp_path / "warehouse")
    rows = [{"due_on": part.due_on, "amount": part.amount} for part in parts]
    payload = {"total": 800, "currency": "CNY", "instalments": rows}
    now = dt.datetime(2025, 3, 3, tzinfo=dt.UTC)
    journal.append(settings, "plan", Subject("main", "C1"), payload, who="R", debt=Decimal(1600), now=now)
    after = queries_cash.cash_forecast(built(tmp_path, "2025-03-04", {}), Scope())
    assert list(after["expected_base"]) == pytest.approx(preview, abs=0.05)


def test_the_list_holds_promises_and_instalments_with_what_came_in(tmp_path):
    settings = Settings(home=tmp_path)
    now = dt.datetime(2025, 3, 3, tzinfo=dt.UTC)
    promise = {"promised_on": dt.date(2025, 3, 20), "amount": "70", "currency": "CNY", "made_by": "Chen"}
    made = journal.append(settings, "promise", Subject("main", "C1"), promise, who="R", debt=Decimal(100), now=now)
    parts = [{"due_on": dt.date(2025, 3, 10), "amount": "40"}, {"due_on": dt.date(2025, 4, 10), "amount": "60"}]
    plan = {"total": "100", "currency": "CNY", "instalments": parts}
    agreed = journal.append(settings, "plan", Subject("main", "C2"), plan, who="R", debt=Decimal(100), now=now)
    notes = follow_up.by_customer(follow_up.notes(settings))
    day = Day(dt.date(2025, 3, 12), settings, notes, {}, {(agreed.id, 1): "partly_kept"})
    found = agreements.agreed_payments(day, {(agreed.id, 1): Decimal(15)})
    shown = found[["customer_id", "agreed", "part_no", "promise_state", "amount_doc", "received_doc"]]
    assert shown.to_records(index=False).tolist() == [
        ("C2", "plan", 1, "partly_kept", 40.0, 15.0),
        ("C1", "promise", 0, "open", 70.0, 0.0),
        ("C2", "plan", 2, "open", 60.0, 0.0),
    ]
    assert made.id in found["note_id"].tolist()
