"""Promises from the journal through the build: kept, partly kept, broken, open, and what they do to the ranking."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import journal
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_calls, queries_collect
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

MADE = dt.datetime(2025, 3, 3, 2, tzinfo=dt.UTC)
DAY = dt.date(2025, 3, 10)
DEBT = f"""
    {INVOICES}
    A1,C1,2025-01-01,2025-01-31,1000.00,R1
    A2,C2,2025-01-01,2025-01-31,1000.00,R1
"""


def promise(home: Path, amount: str, day: dt.date = DAY, customer: str = "C1", invoice: str | None = None, **other):
    settings = Settings(home=home / "warehouse")
    payload = {"promised_on": day, "amount": amount, "currency": other.pop("currency", "CNY")}
    subject = Subject("main", customer, invoice)
    return journal.append(settings, "promise", subject, payload, who="R1", debt=Decimal(10**9), **{"now": MADE} | other)


def states(home: Path, as_of: str, receipts: str = "", **settings) -> list[tuple[str, Decimal, int]]:
    """State, received and level of every promise, in the order of their days, as of a day."""
    text = f"{RECEIPTS}\n{receipts}" if receipts else ""
    files = {"invoices": DEBT} | ({"receipts": text} if text else {})
    con = built(home, as_of, files, **settings)
    sql = "select state, received_base, level from fct_promises order by promised_on, promise_id"
    return con.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("receipt", "expected"),
    [
        ("P1,A1,2025-03-13,100.00,", ("kept", 100, 1)),
        ("P1,A1,2025-03-13,40.00,", ("partly_kept", 40, 2)),
        ("P1,A1,2025-03-14,100.00,", ("broken", 0, 2)),
    ],
)
def test_what_came_in_by_the_third_day_decides(tmp_path, receipt, expected):
    """Promise 100 for day d, tolerance 3: 100 by d+3 kept, 40 by d+3 partly kept, nothing by d+3 broken."""
    promise(tmp_path, "100")
    assert states(tmp_path, "2025-03-31", receipt) == [expected]


@pytest.mark.parametrize(("as_of", "state"), [("2025-03-12", "open"), ("2025-03-13", "broken")])
def test_a_promise_is_open_until_its_last_day(tmp_path, as_of, state):
    promise(tmp_path, "100")
    assert states(tmp_path, as_of, "P1,A1,2025-03-20,100.00,")[0][0] == state


def test_a_promise_kept_early_is_kept_at_once(tmp_path):
    promise(tmp_path, "100")
    assert states(tmp_path, "2025-03-05", "P1,A1,2025-03-04,100.00,") == [("kept", 100, 1)]


def test_money_from_before_the_promise_does_not_count(tmp_path):
    promise(tmp_path, "100")
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-02,100.00,") == [("broken", 0, 2)]


def test_money_of_another_customer_does_not_count(tmp_path):
    promise(tmp_path, "100", customer="C2")
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-10,100.00,")[0][0] == "broken"


def test_one_payment_keeps_one_promise(tmp_path):
    promise(tmp_path, "100")
    promise(tmp_path, "100", day=DAY + dt.timedelta(days=10))
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-10,120.00,") == [("kept", 100, 1), ("partly_kept", 20, 2)]


def test_late_money_serves_the_next_promise(tmp_path):
    promise(tmp_path, "100")
    promise(tmp_path, "100", day=DAY + dt.timedelta(days=10))
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-18,100.00,") == [("broken", 0, 2), ("kept", 100, 1)]


def test_the_level_rises_with_every_broken_promise_and_falls_when_one_is_kept(tmp_path):
    for weeks in range(4):
        promise(tmp_path, "100", day=DAY + dt.timedelta(days=7 * weeks))
    found = states(tmp_path, "2025-04-30", "P1,A1,2025-03-26,100.00,")
    assert [(state, level) for state, _, level in found] == [
        ("broken", 2), ("broken", 3), ("kept", 1), ("broken", 2),
    ]  # fmt: skip


def test_a_promise_about_one_invoice_looks_at_that_invoice(tmp_path):
    promise(tmp_path, "100", invoice="A1")
    promise(tmp_path, "100", customer="C2", invoice="A1", day=DAY + dt.timedelta(days=1))
    assert [state for state, _, _ in states(tmp_path, "2025-03-31", "P1,A1,2025-03-10,100.00,")] == ["kept", "broken"]


def test_the_tolerance_is_a_setting(tmp_path):
    promise(tmp_path, "100")
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-13,100.00,", promise_tolerance_days=2)[0][0] == "broken"


def test_withdrawn_and_replaced_promises_are_nobodys_broken_word(tmp_path):
    settings = Settings(home=tmp_path / "warehouse")
    first, second = promise(tmp_path, "100"), promise(tmp_path, "200")
    journal.withdraw(settings, first.id, who="R1", now=MADE)
    journal.close(settings, second.id, {"outcome": "replaced"}, who="R1", now=MADE)
    assert states(tmp_path, "2025-03-31") == []


def test_a_correction_counts_as_it_stands(tmp_path):
    entry = promise(tmp_path, "100")
    corrected = {"promised_on": DAY, "amount": "50", "currency": "CNY"}
    journal.correct(Settings(home=tmp_path / "warehouse"), entry.id, corrected, who="R1", debt=Decimal(1000), now=MADE)
    assert states(tmp_path, "2025-03-31", "P1,A1,2025-03-10,50.00,") == [("kept", 50, 1)]


def test_a_build_leaves_out_what_was_entered_after_it(tmp_path):
    promise(tmp_path, "100", now=dt.datetime(2030, 1, 1, tzinfo=dt.UTC), day=dt.date(2030, 2, 1))
    assert states(tmp_path, "2025-03-31") == []


def test_a_broken_promise_raises_the_rank_and_says_why(tmp_path):
    con = built(tmp_path, "2025-03-31", {"invoices": DEBT})
    before = queries_calls.call_list(con, Scope(), "R1").set_index("customer_id")
    assert list(before.index) == ["C1", "C2"], "alike but for the id"
    promise(tmp_path, "100", customer="C2")
    con = built(tmp_path, "2025-03-31", {})
    after = queries_calls.call_list(con, Scope(), "R1").set_index("customer_id")
    assert list(after.index) == ["C2", "C1"]
    weights = Settings(home=tmp_path).priority_weights
    known = sum(weights[name] for name in ("money", "age", "trend", "risk", "delay", "promises"))
    gained = 100 * weights["promises"] * 0.5 / known
    assert after["priority_score"]["C2"] == pytest.approx(before["priority_score"]["C2"] + gained, abs=0.02)
    assert after["priority_score"]["C1"] == before["priority_score"]["C1"]
    assert '"promise_broken"' in after["reasons"]["C2"]


def test_the_query_of_a_customer_shows_its_promises(tmp_path):
    entry = promise(tmp_path, "100")
    promise(tmp_path, "70", customer="C2")
    con = built(tmp_path, "2025-03-31", {"invoices": DEBT})
    own = queries_collect.promises(con, Scope(), "main", "C1")
    assert own[["promise_id", "state", "amount_base"]].to_dict("records") == [
        {"promise_id": entry.id, "state": "broken", "amount_base": 100.0}
    ]
    assert len(queries_collect.promises(con, Scope(reps=("R1",)))) == 2
    assert queries_collect.promise_states(con)[entry.id] == "broken"
