"""The financing comparator against figures worked out by hand, and the register of bills."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import bills, financing, follow_up, journal
from pipelines.collecting.financing import Terms
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.reporting import queries_financing
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from tests.journal_reading import versions

AS_OF = dt.date(2026, 1, 1)
TERMS = Terms(
    carrying_rate=0.0365, discount=0.02, instalments=3, factoring_rate=0.073, factoring_fee=0.01,
    factoring_advance=0.8, bill_rate=0.036, bill_days=180,
)  # fmt: skip
TODAY = journal.business_day(Settings())
ACME = Subject("main", "C1")


def ways(days: int, amount: float = 100_000) -> dict[str, financing.Way]:
    found = financing.compare(amount, AS_OF, AS_OF + dt.timedelta(days=days), TERMS)
    assert [way.cost for way in found] == sorted(way.cost for way in found)
    return {way.option: way for way in found}


def test_each_way_of_an_invoice_expected_in_100_days():
    found = ways(100)
    wait = found["wait"]
    assert (wait.cash_now, wait.cost, wait.rate_year) == (0, pytest.approx(1000), 0.0365)
    discount = found["discount"]
    assert (discount.cash_now, discount.cost) == (98_000, 2_000)
    assert discount.rate_year == pytest.approx(2_000 / 98_000 * 3.65)
    factoring = found["factoring"]  # 80,000 advanced: interest 1,600 and fee 1,000; the rest is carried for 200
    assert factoring.cash_now == pytest.approx(77_400)
    assert factoring.cash_later == pytest.approx(20_000)
    assert factoring.cost == pytest.approx(2_800)
    assert factoring.rate_year == pytest.approx(2_600 / 77_400 * 3.65)
    bill = found["bill"]  # 100,000 × 3.6 % × 180 / 360
    assert (bill.cash_now, bill.cost) == (pytest.approx(98_200), pytest.approx(1_800))
    parts = found["instalments"]  # 33,333.33 now, after 31 and after 59 days
    assert parts.cash_now == pytest.approx(33_333.33)
    assert parts.cost == pytest.approx(33_333.33 * 0.0001 * 31 + 33_333.34 * 0.0001 * 59)
    assert parts.last_on == dt.date(2026, 3, 1)


def test_the_longer_the_wait_the_more_a_discount_is_worth():
    assert financing.cheapest(list(ways(20).values())).option == "wait"
    assert ways(400)["wait"].cost > ways(400)["discount"].cost
    assert ways(400)["discount"].rate_year < ways(20)["discount"].rate_year


def test_a_day_that_has_passed_counts_as_tomorrow():
    assert ways(-5)["wait"].last_on == AS_OF + dt.timedelta(days=1)


def test_the_items_come_with_the_day_they_are_expected(tmp_path):
    def risk(con, as_of, settings):
        con.execute(
            "create table fct_late_risk as select as_of, entity_id, invoice_id, instalment_no, 0.5 as p_late, "
            "0.25 as p_very_late, due_date + 20 as expected_pay_date, 20 as expected_days_late, 'medium' as risk_band, "
            "'[]' as reasons, 'm' as model_id, customer_key, item_key from fct_open_items"
        )
        return "m"

    lines = "A1,C1,2025-01-01,2025-01-31,1000.00,R1\nA2,C1,2025-02-01,2025-03-31,600.00,R1"
    con = built(tmp_path, "2025-02-10", {"invoices": f"{INVOICES}\n{lines}"}, score=risk)
    found = queries_financing.items_to_finance(con, Scope(), "main", "C1")
    assert found[["invoice_id", "open_base", "p_very_late"]].values.tolist() == [["A1", 1000, 0.25], ["A2", 600, 0.25]]
    assert str(found["expected_pay_date"][1])[:10] == "2025-04-20"
    assert queries_financing.items_to_finance(con, Scope(reps=("R2",)), "main", "C1").empty


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def today(settings: Settings) -> Day:
    return Day(TODAY, settings, follow_up.by_customer(follow_up.notes(settings)))


def bill(settings: Settings, number: str = "P1", **payload):
    facts = {"number": number, "amount": "600", "currency": "CNY", "due_on": TODAY + dt.timedelta(days=20)}
    return journal.append(settings, "bill", ACME, facts | payload, who="R")


def moved(settings: Settings, state: str | None, on: dt.date | None = TODAY):
    (note,) = bills.standing(today(settings))
    return bills.move(settings, note, state, on, who="R")


def refused(settings: Settings, *move) -> dict[str, str]:
    with pytest.raises(EntryRefused) as caught:
        moved(settings, *move)
    return {problem.field: problem.code.removeprefix("error.") for problem in caught.value.problems}


def test_a_bill_goes_its_way_and_no_other(settings):
    bill(settings)
    assert refused(settings, None) == {"state": "field_required"}
    assert refused(settings, "cleared", None) == {"state_on": "field_required"}
    assert refused(settings, "cleared", TODAY + dt.timedelta(days=1)) == {"state_on": "date_in_future"}
    moved(settings, "discounted", TODAY)
    assert refused(settings, "endorsed") == {"state": "bill_move"}
    assert refused(settings, "cleared", TODAY - dt.timedelta(days=1)) == {"state_on": "bill_order"}
    moved(settings, "bounced")
    assert refused(settings, "cleared") == {"state": "bill_move"}
    (note,) = bills.standing(today(settings))
    assert len(versions(settings, note.id)) == 3, "every state stays in the history"


def test_a_bill_received_long_ago_may_clear_today(settings):
    facts = {"number": "B9", "amount": "5", "currency": "CNY", "due_on": TODAY}
    long_ago = dt.datetime.combine(TODAY - dt.timedelta(days=200), dt.time(4), dt.UTC)
    journal.append(settings, "bill", ACME, facts, who="R", now=long_ago)
    moved(settings, "cleared", TODAY)
    assert [note.payload.state for note in bills.standing(today(settings))] == ["cleared"]


def test_a_number_is_entered_once_and_moved_by_one_person(settings):
    bill(settings)
    with pytest.raises(EntryRefused) as caught:
        bill(settings)
    assert caught.value.problems[0].field == "number"
    (seen,) = bills.standing(today(settings))
    moved(settings, "cleared")
    with pytest.raises(EntryConflict):
        bills.move(settings, seen, "bounced", TODAY, who="Li")


def test_the_register_says_what_the_tables_count(tmp_path, settings):
    bill(settings)
    bill(settings, "P2", due_on=TODAY + dt.timedelta(days=5))
    (first, _) = bills.standing(today(settings))
    bills.move(settings, first, "cleared", dt.date(2025, 3, 20), who="R")
    header = f"{RECEIPTS},Payment Method"
    receipts = f"{header}\nP1,A1,2025-03-05,600,,bill\nP2,A1,2025-03-06,300,,bill"
    invoices = f"{INVOICES}\nA1,C1,2025-01-01,2025-01-31,1000.00,R1"
    con = built(tmp_path, "2025-03-31", {"invoices": invoices, "receipts": receipts})
    counted = queries_financing.bills_counted(con, (("main", "P1"), ("main", "P2")))
    assert counted == {("main", "P1"): Decimal(600)}
    found = bills.register(today(settings), counted)
    assert found[["bill_number", "counted_base"]].values.tolist() == [["P2", 0], ["P1", 600]]
    assert found["days_until"][0] == 5 and pd.isna(found["days_until"][1]), "a bill that has cleared falls due no more"
    assert bills.in_hand(found)["bill_number"].tolist() == ["P2"]
    assert con.execute("select open_base from fct_open_items where invoice_id = 'A1'").fetchall() == [(400,)]


INSTALMENTS = pd.DataFrame(
    [
        ("A1", 3, "2025-05-31", "CNY", 300.0),
        ("A1", 1, "2025-03-31", "CNY", 300.0),
        ("A1", 2, "2025-04-30", "CNY", 250.0),
        ("A2", 1, "2025-03-31", "CNY", 100.0),
        (None, None, None, "CNY", -50.0),
    ],
    columns=["invoice_id", "instalment_no", "due_date", "currency", "open_doc"],
)


@pytest.mark.parametrize(
    ("held", "parts"),
    [
        ([("P1", "A1", 500.0, "CNY")], {1: {"P1": 300.0}, 2: {"P1": 200.0}}),
        ([("P1", "A1", 300.0, "CNY"), ("P2", "A1", 100.0, "CNY")], {1: {"P1": 300.0}, 2: {"P2": 100.0}}),
        ([("P1", "A1", 200.1, "CNY"), ("P2", "A1", 100.2, "CNY")], {1: {"P1": 200.1, "P2": 99.9}, 2: {"P2": 0.3}}),
        ([("P1", "A1", 900.0, "CNY")], {0: {"P1": 300.0}, 1: {"P1": 300.0}, 2: {"P1": 250.0}}),
        ([("P1", "A2", 100.0, "CNY"), ("P2", "A2", 70.0, "CNY")], {3: {"P1": 100.0, "P2": 70.0}}),
        ([("P1", "A1", 80.0, "USD")], {1: {"P1": 80.0}}),
        ([("P1", "A9", 80.0, "CNY"), ("P2", None, 80.0, "CNY")], {}),
    ],
    ids=["oldest first", "one after the other", "in cents", "beyond", "nothing left", "other currency", "elsewhere"],
)
def test_a_bill_covers_the_oldest_instalments_of_its_invoice_up_to_its_amount(held, parts):
    bills_held = pd.DataFrame([(*each, None) for each in held], columns=bills.HELD)
    found = bills.by_instalment(bills_held, INSTALMENTS)
    shown = {row: {bill["bill_number"]: part for bill, part in each} for row, each in enumerate(found) if each}
    assert shown == parts
    assert bills.by_instalment(bills_held, INSTALMENTS[:0]) == []
