"""Thirty working days of one rep: calls, promises, receipts arriving; list, states, ranks and forecast follow."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_calls, queries_collect
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from pipelines.working_days import working_days

START = dt.date(2026, 3, 2)
WORDS_KEPT_BY = "C1"  # the others promise and do not pay
PART = Decimal(1000)
DEBTS = f"{INVOICES}\n" + "\n".join(f"A{n},C{n},2026-01-01,2026-01-31,{20000 + n},R1" for n in range(1, 5))


def call(settings: Settings, day: dt.date, customer: str) -> dt.date:
    """Log a call with a promise for a week later; returns the promised day."""
    promised_on = day + dt.timedelta(days=7)
    contact = {"method": "call", "result": "promised", "next_action": "remind", "next_on": promised_on}
    promise = {"promised_on": promised_on, "amount": PART, "currency": "CNY"}
    payloads = {"contact": contact | {"fallback": "letter"}, "promise": promise}
    now = dt.datetime.combine(day, dt.time(4), dt.UTC)
    journal.append_together(settings, Subject("main", customer), payloads, who="R1", debt=Decimal(20000), now=now)
    return promised_on


def forecast_follows_the_promises(con: Connection) -> list[str]:
    """Check the forecast of this book, which has no record of whole invoices paid, so that only promises tell anything:
    each open one counts by how its customer kept the ended ones, smoothed by all. Returns who has an open promise.
    """
    promises = queries_collect.promises(con, Scope())
    ended, kept = promises[promises["state"] != "open"], promises[promises["state"] == "kept"]
    of_all = (len(kept) + 3) / (len(ended) + 4)
    expected = con.execute("select customer_id, sum(expected_base) from fct_cash_forecast group by customer_id")
    forecast = {customer: float(amount) for customer, amount in expected.fetchall()}
    waiting = promises[promises["state"] == "open"].groupby("customer_id").size()
    for customer, count in waiting.items():
        own_kept, own_ended = (int((each["customer_id"] == customer).sum()) for each in (kept, ended))
        share = (own_kept + 3 * of_all) / (own_ended + 3)
        assert forecast[customer] == pytest.approx(count * float(PART) * share, rel=1e-3), customer
    assert set(forecast) == set(waiting.index)
    return list(waiting.index)


def test_a_month_of_a_rep(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    con = built(tmp_path, START.isoformat(), {"invoices": DEBTS})
    promised: dict[str, list[dt.date]] = {}
    paid: list[dt.date] = []
    expected_from: set[str] = set()
    for place, day in working_days("CN", START)[:30]:
        if place % 5 == 0 and place:
            due = [on for on in promised.get(WORDS_KEPT_BY, []) if on <= day and on not in paid]
            lines = "\n".join(f"P{on:%m%d},A1,{on},{PART}," for on in due)
            paid += due
            con.close()
            files = {f"receipts{place}": f"{RECEIPTS}\n{lines}"} if due else {}
            con = built(tmp_path, day.isoformat(), files)
            expected_from |= set(forecast_follows_the_promises(con))
        today = Day(
            day, settings, follow_up.by_customer(follow_up.notes(settings)), queries_collect.promise_states(con)
        )
        listed = queries_calls.call_list(con, Scope(), "R1")
        calls, left_alone = follow_up.divide(today, listed)
        assert len(calls) + len(left_alone) == len(listed)
        waiting = {c for c, days in promised.items() if days[-1] + dt.timedelta(days=3) >= day}
        newest = {c: today.of("main", c, "promise")[0] for c in waiting}
        settled = {c for c, note in newest.items() if today.states.get(note.version_id, "open") != "open"}
        # Who promised is called again after the day and its tolerance, or as soon as a build knows the outcome.
        assert waiting - settled <= set(left_alone["customer_id"])
        if len(calls):
            customer = calls.iloc[0]["customer_id"]
            promised.setdefault(customer, []).append(call(settings, day, customer))
    last = max(on for days in promised.values() for on in days) + dt.timedelta(days=4)
    due = [on for on in promised[WORDS_KEPT_BY] if on not in paid]
    lines = "\n".join(f"P{on:%m%d},A1,{on},{PART}," for on in due)
    con.close()
    con = built(tmp_path, last.isoformat(), {"receipts_last": f"{RECEIPTS}\n{lines}"} if due else {})
    assert forecast_follows_the_promises(con) == [] and expected_from == set(promised)
    found = queries_collect.promises(con, Scope())
    assert len(found) == sum(map(len, promised.values())) and set(promised) == {"C1", "C2", "C3", "C4"}
    outcome = found.groupby("customer_id")["state"].unique().to_dict()
    assert {customer: list(states) for customer, states in outcome.items()} == {
        "C1": ["kept"], "C2": ["broken"], "C3": ["broken"], "C4": ["broken"],
    }  # fmt: skip
    priority = con.execute(
        "select customer_id, promises, priority_rank from fct_payer_priority order by priority_rank"
    ).fetchall()
    assert priority[-1][0] == "C1", "who keeps their word is called last"
    assert [broken > 0 for _, broken, _ in priority] == [True, True, True, False]
    owed = queries_collect.debts(con, Scope(), "main", "C1")[0]["owed"]
    assert owed == 20001 - PART * len(promised["C1"])
