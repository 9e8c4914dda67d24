"""Payer priority: components, weights, our place in the payment order, strategy rules and the call-by date."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built, no_risk

from pipelines.collecting import journal, journal_read, policies
from pipelines.collecting.journal import Subject
from pipelines.collecting.policies import PolicyRefused
from pipelines.importing import imports
from pipelines.reporting import queries, queries_balances, queries_calls, queries_priority
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from pipelines.settings_policy import PRIORITY_COMPONENTS, StrategyRule

AS_OF = "2026-03-31"
NOON = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)
# C1 owes much for a short time, C2 little for long.
TWO = f"""{INVOICES}
    A1,C1,2026-02-01,2026-03-25,90000,R1
    A2,C2,2025-10-01,2025-11-01,5000,R1"""


def enter(home: Path, kind: str, payload: dict, customer: str = "C1") -> None:
    settings = Settings(home=home / "warehouse")
    journal.append(settings, kind, Subject("main", customer), payload, who="R1", now=NOON)


def ranked(con) -> dict[str, dict]:
    rows = con.execute("select * from fct_payer_priority order by priority_rank").df()
    return {row["customer_id"]: row for row in rows.to_dict("records") if row["customer_id"]}


def test_a_component_of_which_nothing_is_known_counts_neither_for_nor_against(tmp_path):
    found = ranked(built(tmp_path, AS_OF, {"invoices": TWO}))
    for name in ("limit_use", "ability", "pay_run", "value", "relationship", "discipline", "readiness"):
        assert pd.isna(found["C1"][name]), name
    weights = Settings().priority_weights
    known = ("money", "age", "trend", "risk", "delay", "promises")
    for row in found.values():
        points = sum(weights[name] * row[name] for name in known)
        assert row["priority_score"] == pytest.approx(100 * points / sum(weights[name] for name in known), abs=0.006)


def test_what_people_recorded_enters_the_score(tmp_path):
    for aspect, score in (("value", 5), ("ability_to_pay", 1)):
        enter(tmp_path, "rating", {"aspect": aspect, "score": score})
    enter(tmp_path, "greeting", {"note": "new year"}, "C2")
    enter(tmp_path, "confirmation", {"item": "vouchers", "state": "missing"})
    enter(tmp_path, "confirmation", {"item": "owner", "state": "confirmed"})
    contact = {"method": "call", "result": "reached", "next_action": "call", "next_on": "2026-04-09", "fallback": "x"}
    enter(tmp_path, "contact", contact)
    found = ranked(built(tmp_path, AS_OF, {"invoices": TWO}))
    first = {name: found["C1"][name] for name in ("value", "ability", "readiness", "relationship", "discipline")}
    # Reached once of six; the invoice of C1 fell due on 25 March, the contact was on the 30th.
    assert first == {
        "value": 1, "ability": 1, "readiness": 0.5, "relationship": pytest.approx(5 / 6), "discipline": 0,
    }  # fmt: skip
    assert found["C2"]["relationship"] == pytest.approx(5 / 6)
    codes = [reason["code"] for reason in json.loads(found["C1"]["reasons"])]
    assert {"weak_rating", "seldom_in_touch", "we_lack"} <= set(codes)


def test_other_weights_are_tried_by_the_statement_of_the_build(tmp_path):
    con = built(tmp_path, AS_OF, {"invoices": TWO})
    age_only = tuple((name, float(name == "age")) for name in PRIORITY_COMPONENTS)
    trial = queries_priority.trial(con, Scope(), age_only).set_index("customer_id")
    con.close()
    settings = Settings(home=tmp_path / "warehouse")
    policies.decide(settings, "weights", dict(age_only), who="boss")
    rebuilt = ranked(built(tmp_path, AS_OF, {}))
    assert list(rebuilt) == list(trial.sort_values("new_rank").index) == ["C2", "C1"]
    for customer, row in rebuilt.items():
        assert row["priority_score"] == trial.loc[customer, "new_score"]
        assert row["payer_class"] == trial.loc[customer, "new_class"]
    assert trial.loc["C2", "moved"] == trial.loc["C2", "old_rank"] - 1
    assert policies.in_force(settings).priority_weights["age"] == 1
    stored = queries_priority.weights(queries.open_build(queries.published(settings)))
    assert stored == dict(age_only), "the build keeps the weights it was made with"


def test_ties_are_broken_by_overdue_then_open_then_number(tmp_path):
    lines = "\n".join(f"A{n},C{n},2026-02-01,2026-03-01,1000,R1" for n in (3, 1, 2))
    found = ranked(built(tmp_path, AS_OF, {"invoices": f"{INVOICES}\n{lines}"}))
    assert list(found) == ["C1", "C2", "C3"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", {"money": -1}),
        ("weights", {"money": 0}),
        ("weights", {"charm": 1}),
        ("strategy_rules", ()),
        ("strategy_rules", ({"strategy": "chase", "method": "call", "min_days": 5},)),
        ("strategy_rules", ({"strategy": "chase", "method": "pigeon"},)),
        ("calls_by_rep", {"R1": 5000}),
    ],
)
def test_a_policy_that_cannot_stand_is_refused(tmp_path, name, value):
    settings = Settings(home=tmp_path)
    with pytest.raises(PolicyRefused) as refused:
        policies.decide(settings, name, value, who="boss")
    assert refused.value.text("zh_CN")
    assert journal_read.size(settings) == (0, 0)


def paid(customer: str, lates: list[int], first: dt.date, amount: int = 1003) -> tuple[str, str]:
    """Invoices of a customer every month, each paid so many days after its due date."""
    bills, money = [], []
    for number, late in enumerate(lates):
        due = first + dt.timedelta(days=30 * number)
        bills.append(f"{customer}-{number},{customer},{due - dt.timedelta(days=30)},{due},{amount},R1")
        money.append(f"P{customer}-{number},{customer}-{number},{due + dt.timedelta(days=late)},{amount},payment")
    return "\n".join(bills), "\n".join(money)


def test_our_place_is_read_from_how_a_customer_pays_and_how_it_paid_before(tmp_path):
    """GOOD pays in time in both years; SLIPS paid in time and now pays 40 days late; NEW has paid twice only."""
    start = dt.date(2024, 5, 1)
    parts = [
        paid("GOOD", [-2] * 20, start),
        paid("SLIPS", [-2] * 11 + [40] * 9, start),
        paid("NEW", [0, 0], dt.date(2026, 1, 5)),
    ]
    files = {
        "invoices": f"{INVOICES}\n" + "\n".join(bills for bills, _ in parts),
        "receipts": f"{RECEIPTS}\n" + "\n".join(money for _, money in parts),
    }
    found = ranked(built(tmp_path, AS_OF, files))
    assert (found["GOOD"]["queue_place"], found["GOOD"]["queue_trend"]) == (1, "same")
    assert found["SLIPS"]["queue_place"] >= 4 and found["SLIPS"]["queue_trend"] == "worse"
    assert pd.isna(found["NEW"]["queue_place"])
    assert json.loads(found["NEW"]["queue_reasons"])[0] == {"code": "queue_few"}, "no place says why"
    codes = [reason["code"] for reason in json.loads(found["SLIPS"]["queue_reasons"])]
    assert codes[:2] == ["queue_late", "queue_slip"]


def test_round_sums_parts_and_newer_before_older_put_us_farther_back(tmp_path):
    start = dt.date(2025, 5, 1)
    plain, plain_money = paid("PLAIN", [10] * 8, start)
    odd = [f"ODD-{n},ODD,{start + dt.timedelta(days=30 * n - 30)},{start + dt.timedelta(days=30 * n)},2000,R1"
           for n in range(8)]  # fmt: skip
    # Each newer one of a pair is paid before the older one, in two round halves.
    money = []
    for n in range(0, 8, 2):
        later, older = start + dt.timedelta(days=30 * n + 40), start + dt.timedelta(days=30 * n + 50)
        for name, day in ((n + 1, later), (n, older)):
            money += [f"Q{name}a,ODD-{name},{day},1000,payment",
                      f"Q{name}b,ODD-{name},{day + dt.timedelta(days=1)},1000,payment"]  # fmt: skip
    files = {
        "invoices": "\n".join([INVOICES, plain, *odd]),
        "receipts": "\n".join([RECEIPTS, plain_money, *money]),
    }
    found = ranked(built(tmp_path, AS_OF, files))
    assert (found["ODD"]["newer_first_share"], found["ODD"]["part_share"], found["ODD"]["round_share"]) == (0.5, 1, 1)
    assert found["PLAIN"]["newer_first_share"] == found["PLAIN"]["part_share"] == found["PLAIN"]["round_share"] == 0
    assert found["ODD"]["queue_place"] > found["PLAIN"]["queue_place"]


def test_the_first_rule_that_fits_decides_and_others_can_be_tried(tmp_path):
    con = built(tmp_path, AS_OF, {"invoices": TWO})
    calls = queries_calls.call_list(con, Scope(), "R1").set_index("customer_id")
    assert calls["strategy"].to_dict() == {"C1": "chase", "C2": "escalate"}
    assert calls["next_action"].to_dict() == {"C1": "call", "C2": "visit"}
    rules = (
        StrategyRule(strategy="partner", method="visit", min_overdue=50000),
        StrategyRule(strategy="chase", method="call"),
    )
    trial = queries_priority.strategies(con, Scope(), rules).set_index("customer_id")
    assert trial["new_strategy"].to_dict() == {"C1": "partner", "C2": "chase"}
    assert trial["rule_place"].to_dict() == {"C1": 1, "C2": 2}
    con.close()
    policies.decide(Settings(home=tmp_path / "warehouse"), "strategy_rules", rules, who="boss")
    calls = queries_calls.call_list(built(tmp_path, AS_OF, {}), Scope(), "R1").set_index("customer_id")
    assert calls["strategy"].to_dict() == trial["new_strategy"].to_dict()


def test_call_by_is_the_next_run_less_the_lead_in_working_days(tmp_path):
    """RUN pays on the 15th, in March 2026 a Sunday and so on the Monday after. ANY has no pattern and goes by class."""
    bills, money = [], []
    for month in range(1, 13):
        day = dt.date(2025, month, 15)
        bills.append(f"R{month},RUN,{day - dt.timedelta(days=40)},{day - dt.timedelta(days=9)},10{month:02},R1")
        money.append(f"M{month},R{month},{day},10{month:02},payment")
    bills += ["R99,RUN,2026-01-01,2026-02-01,5000,R1", "A99,ANY,2026-01-01,2026-02-01,5000,R1"]
    files = {"invoices": "\n".join([INVOICES, *bills]), "receipts": "\n".join([RECEIPTS, *money])}
    calls = queries_calls.call_list(built(tmp_path, "2026-03-04", files), Scope(), "R1").set_index("customer_id")
    run, other = calls.loc["RUN"], calls.loc["ANY"]
    assert (run["next_run_on"].date(), run["call_by"].date(), run["call_basis"]) == (
        dt.date(2026, 3, 16), dt.date(2026, 3, 11), "run",
    )  # fmt: skip
    assert other["call_basis"] == "class" and other["call_by"].date() <= dt.date(2026, 3, 10)
    late = queries_calls.call_list(built(tmp_path, "2026-03-13", {}), Scope(), "R1").set_index("customer_id")
    assert late.loc["RUN", "call_by"].date() == dt.date(2026, 3, 13), "too late for the lead: today"
    for days in ("9", "2"):
        payload = {"fact": "transfer_days", "value": days}
        settings = Settings(home=tmp_path / "warehouse")
        journal.append(settings, "payer_fact", Subject("main", "RUN"), payload, who="R1", now=NOON)
    slow = queries_calls.call_list(built(tmp_path, "2026-03-04", {}), Scope(), "R1").set_index("customer_id")
    assert slow.loc["RUN", "call_by"].date() == dt.date(2026, 3, 9), "two working days more for the bank's transfer"


def test_early_warnings_come_before_the_due_date_with_their_signs(tmp_path):
    """CREEP bought on 30 days and buys on 60; CALM changed nothing; LATE is overdue and has nothing before it."""
    lines = []
    for customer, terms in (("CREEP", 60), ("CALM", 30)):
        for number in range(5):
            day = dt.date(2025, 3, 1) + dt.timedelta(days=20 * number)
            lines.append(f"{customer}o{number},{customer},{day},{day + dt.timedelta(days=30)},100,R1")
            day = dt.date(2026, 3, 10) + dt.timedelta(days=number)
            lines.append(f"{customer}n{number},{customer},{day},{day + dt.timedelta(days=terms)},100,R1")
    lines.append("L1,LATE,2026-01-01,2026-02-01,100,R1")
    con = built(tmp_path, AS_OF, {"invoices": "\n".join([INVOICES, *lines])})
    found = queries_priority.early_warnings(con, Scope()).set_index("customer_id")
    assert list(found.index) == ["CREEP"]
    assert (found.loc["CREEP", "signs"], found.loc["CREEP", "not_due_base"]) == (1, 500)
    assert json.loads(found.loc["CREEP", "reasons"]) == [{"code": "warn_terms", "days": 60, "before": 30}]
    assert queries_priority.early_warnings(con, Scope(reps=("R2",))).empty


def test_money_that_comes_only_after_a_contact_and_notices_in_time_are_seen(tmp_path):
    """Each invoice is paid 20 days late, three days after a contact; for three of five a notice went out in time."""
    start, bills, money = dt.date(2025, 11, 1), [], []
    for number in range(5):
        due = start + dt.timedelta(days=30 * number)
        bills.append(f"A{number},C1,{due - dt.timedelta(days=30)},{due},1003,R1")
        money.append(f"P{number},A{number},{due + dt.timedelta(days=20)},1003,payment")
        contact = {
            "method": "call",
            "result": "reached",
            "next_action": "call",
            "next_on": "2026-12-31",
            "fallback": "x",
        }
        noon = dt.time(4)
        settings = Settings(home=tmp_path / "warehouse")
        at = dt.datetime.combine(due + dt.timedelta(days=17), noon, dt.UTC)
        journal.append(settings, "contact", Subject("main", "C1"), contact, who="R1", now=at)
        if number >= 2:
            letter = {"letter": "reminder", "state": "sent", "as_of": due}
            at = dt.datetime.combine(due + dt.timedelta(days=3), noon, dt.UTC)
            journal.append(settings, "letter", Subject("main", "C1"), letter, who="R1", now=at)
    files = {"invoices": "\n".join([INVOICES, *bills]), "receipts": "\n".join([RECEIPTS, *money])}
    row = ranked(built(tmp_path, AS_OF, files))["C1"]
    assert row["after_contact_share"] == 1
    assert row["discipline"] == pytest.approx(2 / 5), "three of the five that ran over had a notice within a week"
    codes = [reason["code"] for reason in json.loads(row["queue_reasons"])]
    assert {"queue_after_contact", "queue_kept", "queue_notices"} <= set(codes)


@pytest.mark.parametrize(("second_list", "is_known"), [(None, False), ("2025-12-31", True)])
def test_a_list_of_open_items_does_not_say_that_overdue_money_grew(tmp_path, second_list, is_known):
    settings = Settings(home=tmp_path / "warehouse")
    heading = "customer_id,invoice_id,issue_date,due_date,amount,open_amount\n"
    old = "C1,A1,2025-09-01,2025-10-01,500,500\n"
    for day, rows in ((second_list, old), (AS_OF, old + "C1,A2,2026-01-05,2026-02-04,9000,9000\n")):
        if day:
            path = tmp_path / f"list-{day}.csv"
            path.write_text(heading + rows, encoding="utf-8")
            imports.import_file(path, settings, as_of=dt.date.fromisoformat(day), source="erp")
    con = built(tmp_path, AS_OF, {})
    row = ranked(con)["C1"]
    grew = [reason for reason in json.loads(row["reasons"]) if reason["code"] == "overdue_grew"]
    assert (pd.isna(row["trend"]), bool(grew)) == (not is_known, is_known)
    first = dt.date.fromisoformat(second_list or AS_OF)
    assert queries_balances.known_from(con, Scope()) == first
    assert queries_balances.known_from(con, Scope(regions=("nowhere",))) is None


@pytest.mark.parametrize(
    ("paid_before", "paid_lately", "reason"),
    [
        ("2025-10-10", "2026-02-25", {"code": "slower_early", "days": 4, "before": 22}),
        ("2025-10-10", "2026-03-11", {"code": "slower_from_early", "days": 10, "before": 22}),
        ("2025-11-03", "2026-03-11", {"code": "slower", "days": 10, "before": 2}),
    ],
)
def test_who_pays_slower_but_early_is_not_said_to_pay_late_by_minus_days(tmp_path, paid_before, paid_lately, reason):
    invoices = f"{INVOICES}\nA1,C1,2025-09-01,2025-11-01,100,R1\nA2,C1,2026-01-01,2026-03-01,100,R1"
    receipts = f"{RECEIPTS}\nP1,A1,{paid_before},100,\nP2,A2,{paid_lately},100,"
    row = ranked(built(tmp_path, AS_OF, {"invoices": invoices, "receipts": receipts}))["C1"]
    assert [each for each in json.loads(row["reasons"]) if each["code"].startswith("slower")] == [reason]


def test_an_invoice_with_several_instalments_overdue_is_one_invoice(tmp_path):
    """A1 of C1 has two instalments overdue, one of them another rep's, and one not yet due; A2 is a second invoice."""
    header = "Invoice No,Instalment,Customer ID,Invoice Date,Due Date,Amount,Sales Rep"
    lines = (
        "A1,1,C1,2025-12-01,2026-01-31,100,R1", "A1,2,C1,2025-12-01,2026-02-28,100,R2",
        "A1,3,C1,2025-12-01,2026-04-30,100,R1", "A2,1,C1,2025-12-01,2026-03-01,50,R1",
        "B1,1,C2,2026-03-01,2026-04-15,100,R1", "B1,2,C2,2026-03-01,2026-05-15,100,R1",
    )  # fmt: skip

    def likely_late(con, as_of, settings):
        no_risk(con, as_of, settings)
        con.execute(
            "insert into fct_late_risk by name select item_key, 0.9 as p_late from fct_open_items "
            "where customer_id = 'C2'"
        )
        return "none"

    con = built(tmp_path, AS_OF, {"invoices": "\n".join([header, *lines])}, score=likely_late)
    overdue = json.loads(ranked(con)["C1"]["reasons"])[0]
    assert overdue == {"code": "overdue", "amount": 250, "currency": "CNY", "items": 2, "days": 59}
    assert con.execute("select sum(overdue_items) from fct_account_balances").fetchone() == (3,)
    ((warned,),) = con.execute("select reasons from fct_early_warnings where customer_id = 'C2'").fetchall()
    assert json.loads(warned)[0] == {"code": "warn_likely_late", "amount": 200, "currency": "CNY", "items": 1}


@pytest.mark.parametrize(("days", "code"), [(364, "late_risk"), (365, "late_risk_long")])
def test_a_forecast_as_far_as_forecasts_go_names_no_day(tmp_path, days, code):
    def risk(con, as_of, settings):
        con.execute(
            "create table fct_late_risk as select as_of, entity_id, invoice_id, instalment_no, 0.9 as p_late, "
            f"0.9 as p_very_late, due_date + {days} as expected_pay_date, {days} as expected_days_late, "
            "'high' as risk_band, '[]' as reasons, 'm' as model_id, customer_key, item_key from fct_open_items"
        )
        return "m"

    row = ranked(built(tmp_path, AS_OF, {"invoices": TWO}, score=risk))["C1"]
    assert [each["code"] for each in json.loads(row["reasons"]) if each["code"].startswith("late_risk")] == [code]


def test_a_round_invoice_paid_in_full_tells_nothing_of_our_place(tmp_path):
    receipts = f"{RECEIPTS}\nP1,A2,2026-02-01,5000,"
    row = ranked(built(tmp_path, AS_OF, {"invoices": TWO, "receipts": receipts}))["C2"]
    codes = [each["code"] for each in json.loads(row["queue_reasons"])]
    assert row["round_share"] == 1 and "queue_few" in codes and "queue_round" not in codes
