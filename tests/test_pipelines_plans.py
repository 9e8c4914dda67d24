"""Instalment plans and bills from the journal through the build: states from receipts, forecast, rank, balances."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import bills, follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_calls, queries_cash, queries_collect, queries_financing
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

MADE = dt.datetime(2025, 3, 3, 2, tzinfo=dt.UTC)
DEBT = f"""
    {INVOICES}
    A1,C1,2025-01-01,2025-01-31,1000.00,R1
    A2,C2,2025-01-01,2025-01-31,1000.00,R1
"""
SUBJECT = Subject("main", "C1")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def plan(home: Path, *parts: tuple[str, str], subject: Subject = SUBJECT):
    total = sum((Decimal(amount) for _, amount in parts), Decimal(0))
    rows = [{"due_on": on, "amount": amount} for on, amount in parts]
    payload = {"total": total, "currency": "CNY", "instalments": rows}
    settings = Settings(home=home / "warehouse")
    return journal.append(settings, "plan", subject, payload, who="R1", debt=Decimal(1000), now=MADE)


def receipts(*lines: str) -> str:
    return "\n".join([RECEIPTS, *lines])


def parts(con) -> list[tuple[int, str, Decimal]]:
    return con.execute("select part_no, state, received from fct_promises order by promised_on").fetchall()


THREE = (("2025-03-10", "300"), ("2025-03-20", "300"), ("2025-03-31", "400"))


def test_each_instalment_is_kept_partly_kept_or_broken_from_receipts(tmp_path):
    plan(tmp_path, *THREE)
    paid = receipts("P1,A1,2025-03-12,300,", "P2,A1,2025-03-23,100,")
    con = built(tmp_path, "2025-04-15", {"invoices": DEBT, "receipts": paid})
    assert parts(con) == [(1, "kept", 300), (2, "partly_kept", 100), (3, "broken", 0)]
    assert con.execute("select max(level) from fct_promises").fetchall() == [(3,)]
    assert queries_collect.promise_states(con) == {}
    assert set(queries_collect.plan_states(con).values()) == {"kept", "partly_kept", "broken"}


def test_an_instalment_not_yet_due_is_open_and_money_paid_ahead_serves_it(tmp_path):
    plan(tmp_path, *THREE)
    con = built(tmp_path, "2025-03-11", {"invoices": DEBT, "receipts": receipts("P1,A1,2025-03-05,450,")})
    assert parts(con) == [(1, "kept", 300), (2, "open", 150), (3, "open", 0)]


def test_a_plan_moves_expected_receipts_to_its_weeks(tmp_path):
    # A customer that always pays, so that something is expected at all.
    invoices = DEBT + "\n".join(f"    H{n},C1,2024-0{n}-01,2024-0{n}-28,1000.00,R1" for n in range(1, 9))
    history = receipts(*(f"Q{n},H{n},2024-1{n % 3}-01,1000," for n in range(1, 9)))
    before = queries_cash.cash_forecast(
        built(tmp_path, "2025-03-04", {"invoices": invoices, "receipts": history}), Scope()
    ).set_index("week_no")["expected_base"]
    plan(tmp_path, ("2025-04-08", "1000"))
    con = built(tmp_path, "2025-03-04", {})
    after = queries_cash.cash_forecast(con, Scope()).set_index("week_no")["expected_base"]
    assert after[5] > before[5] + 400, "2025-04-08 lies in the fifth week"
    assert con.execute("select sum(expected_base) from fct_cash_forecast where customer_id = 'C1'").fetchone()[0] > 0


def test_a_bill_in_hand_moves_expected_receipts_to_the_week_in_which_it_falls_due(tmp_path):
    """P1 in the register falls due in the fifth week; P2, by the ledger alone, clears in the seventh."""
    invoices = DEBT + "\n".join(f"    H{n},C1,2024-0{n}-01,2024-0{n}-28,1000.00,R1" for n in range(1, 9))
    columns = "Receipt No,Invoice No,Payment Date,Amount,Kind,Payment Method,Cleared On"
    history = [f"Q{n},H{n},2024-1{n % 3}-01,1000,,transfer," for n in range(1, 9)]
    files = {"invoices": invoices, "receipts": "\n".join([columns, *history])}
    before = queries_cash.cash_forecast(built(tmp_path, "2025-03-04", files), Scope()).set_index("week_no")
    bill = BILL | {"amount": "1000", "due_on": "2025-04-08"}
    journal.append(Settings(home=tmp_path / "warehouse"), "bill", Subject("main", "C1", "A1"), bill, who="R1", now=MADE)
    ledger = "P2,A2,2025-03-01,400,,bill,2025-04-22"
    con = built(tmp_path, "2025-03-04", {"receipts": "\n".join([columns, *history, ledger])})
    after = queries_cash.cash_forecast(con, Scope()).set_index("week_no")
    grown = after["expected_base"] - before["expected_base"]
    assert grown[5] == pytest.approx(950, rel=0.01)
    assert grown[7] == pytest.approx(0.95 * 400, rel=0.01)
    found = con.execute("select customer_id, bill_number, amount_base, basis from fct_bills_in_hand order by 2")
    assert found.fetchall() == [("C1", "P1", 1000, "register"), ("C2", "P2", 400, "ledger")]
    assert dict(con.execute("select invoice_id, open_base from fct_open_items").fetchall())["A2"] == 1000


def test_a_bill_in_hand_that_clears_on_a_day_nobody_knows_leaves_the_forecast_alone(tmp_path):
    columns = "Receipt No,Invoice No,Payment Date,Amount,Kind,Payment Method,Cleared On"
    receipts = f"{columns}\nP1,A1,2025-02-01,100,,bill,2025-02-20"
    before = queries_cash.cash_forecast(
        built(tmp_path, "2025-03-04", {"invoices": DEBT, "receipts": receipts}), Scope()
    )
    con = built(
        tmp_path,
        "2025-03-04",
        {"receipts": f"{columns}\nP2,A2,2025-03-01,400,,bill,\nP9,A1,2024-12-01,1,,bill,2024-12-02"},
    )
    assert con.execute("select bill_number, due_on from fct_bills_in_hand").fetchall() == [("P2", None)]
    listed = queries_financing.bills_only_in_exports(con, Scope())
    assert [str(day.date()) for day in listed["received_on"]] == ["2025-03-01"]
    assert list(bills.outlived(listed, dt.date(2025, 9, 1))) == [False]
    assert list(bills.outlived(listed, dt.date(2025, 9, 2))) == [True]
    assert open_of(con)[0] == 899
    after = queries_cash.cash_forecast(con, Scope())
    assert after["expected_base"].sum() == pytest.approx(before["expected_base"].sum(), abs=2)


@pytest.mark.parametrize(
    ("state", "on", "expected"),
    [("received", None, 1000), ("cleared", "2025-03-20", 900), ("bounced", "2025-03-28", 1000)],
)
def test_the_register_tells_of_a_bill_that_its_export_says_has_not_cleared(tmp_path, state, on, expected):
    """It came back under another number: what counts by the register goes back, what does not takes nothing back."""
    bill = BILL | {"state": state} | ({"state_on": on} if on else {})
    settings = Settings(home=tmp_path / "warehouse")
    journal.append(settings, "bill", SUBJECT, bill, who="R1", now=dt.datetime(2025, 5, 1, tzinfo=dt.UTC))
    heading = BILL_RECEIPT.splitlines()[0] + ",Customer ID,Cleared On"
    lines = [
        "P1,A1,2025-03-05,600,,bill,C1,",
        "X1,A1,2025-03-29,-600,,bill,C1,",
        "P2,A2,2025-03-05,1,,bill,C2,2025-03-06",
    ]
    if state == "cleared":
        lines[1] = "X1,A1,2025-03-29,-500,,bill,C1,"
    con = built(tmp_path, "2025-03-31", {"invoices": DEBT, "receipts": "\n".join([heading, *lines])})
    assert open_of(con)[0] == expected


def test_a_broken_instalment_raises_the_rank(tmp_path):
    plan(tmp_path, ("2025-03-10", "300"), subject=Subject("main", "C2"))
    con = built(tmp_path, "2025-03-31", {"invoices": DEBT})
    calls = queries_calls.call_list(con, Scope(), "R1")
    assert list(calls["customer_id"]) == ["C2", "C1"]
    assert '"promise_broken"' in calls["reasons"][0]


def test_a_plan_given_up_stands_for_what_had_passed_by_then(tmp_path):
    made = plan(tmp_path, *THREE)
    settings = Settings(home=tmp_path / "warehouse")
    ended = dt.datetime(2025, 3, 18, 2, tzinfo=dt.UTC)
    journal.close(settings, made.id, {"outcome": "replaced"}, who="R1", now=ended)
    assert parts(built(tmp_path, "2025-04-15", {"invoices": DEBT})) == [(1, "broken", 0)]


def test_a_running_plan_keeps_the_customer_off_the_list_until_an_instalment_fails(tmp_path):
    made = plan(tmp_path, *THREE)
    settings = Settings(home=tmp_path / "warehouse")
    notes = follow_up.by_customer(follow_up.notes(settings))

    def codes(on: str, states: dict[tuple[int, int], str]) -> list[str]:
        today = Day(day(on), settings, notes, {}, states)
        return [reason["code"] for reason in follow_up.reasons_to_wait(today, "main", "C1")]

    assert codes("2025-03-13", {}) == ["on_plan"]
    assert codes("2025-03-14", {}) == [], "the first instalment waits for receipts: look after it"
    assert codes("2025-03-14", {(made.id, 1): "kept"}) == ["on_plan"]
    assert codes("2025-03-24", {(made.id, 1): "kept", (made.id, 2): "broken"}) == []


BILL = {"number": "P1", "amount": "600", "currency": "CNY", "due_on": "2025-06-30"}
BILL_RECEIPT = "Receipt No,Invoice No,Payment Date,Amount,Kind,Payment Method\nP1,A1,2025-03-05,600,,bill"


def open_of(con) -> tuple[Decimal, dt.date]:
    return con.execute("select open_base, due_date from fct_open_items where invoice_id = 'A1'").fetchall()[0]


@pytest.mark.parametrize(
    ("state", "on", "expected"),
    [
        ("received", None, 1000),
        ("cleared", "2025-03-20", 400),
        ("cleared", "2025-04-20", 1000),
        ("discounted", "2025-03-12", 400),
        ("bounced", "2025-03-28", 1000),
    ],
)
def test_a_bill_in_hand_closes_nothing_until_it_clears_and_a_bounce_reopens_the_invoice(tmp_path, state, on, expected):
    bill = BILL | {"state": state} | ({"state_on": on} if on else {})
    settings = Settings(home=tmp_path / "warehouse")
    now = dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
    journal.append(settings, "bill", SUBJECT, bill, who="R1", now=now)
    con = built(tmp_path, "2025-03-31", {"invoices": DEBT, "receipts": BILL_RECEIPT})
    assert open_of(con) == (expected, day("2025-01-31"))
