"""Days late, cohorts and pay calendars, on ledgers small enough to work out by hand."""

import datetime as dt
from pathlib import Path

import pytest

from pipelines.reporting import queries_lateness
from pipelines.reporting.queries import Connection, Scope
from tests.small_ledgers import INVOICES, RECEIPTS, built

# Due 31 January: 300 ten days early, 500 twenty days late, 200 still open. Due 20 March: 100 on the day.
LEDGER = {
    "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-31,1000,R1\nB,C2,2025-02-18,2025-03-20,100,R2",
    "receipts": f"""{RECEIPTS}
        P1,A,2025-01-21,300,payment
        P2,A,2025-02-20,500,payment
        P3,B,2025-03-20,100,payment""",
}


def test_days_late_weigh_each_payment_by_its_amount(tmp_path: Path) -> None:
    """(300 x -10 + 500 x 20 + 100 x 0) / 900 = 7.78; with 200 open at 59 days (7,000 + 11,800) / 1,100 = 17.09."""
    con = built(tmp_path, "2025-03-31", LEDGER)
    found = queries_lateness.lateness(con, Scope())
    assert found["days_late"] == pytest.approx(7000 / 900)
    assert found["days_late_with_open"] == pytest.approx((7000 + 200 * 59) / 1100)
    assert found["mean_terms"] == pytest.approx(30)
    assert found["days_to_pay"] == pytest.approx(30 + 7000 / 900)
    assert (found["payments"], found["days_late_before"]) == (3, None)
    second = queries_lateness.lateness(con, Scope(reps=("R2",)))
    assert second["days_late"] == 0 and second["overdue_base"] == 0


def test_money_is_as_late_as_it_came_in_whenever_it_was_matched(tmp_path: Path) -> None:
    """Paid a day before the due date, matched six weeks later: a day early, though the invoice stood open till then."""
    receipts = "Receipt No,Invoice No,Payment Date,Applied On,Amount\nP1,A,2025-01-30,2025-03-15,1000"
    con = built(tmp_path, "2025-03-31", {"invoices": LEDGER["invoices"], "receipts": receipts})
    assert queries_lateness.lateness(con, Scope())["days_late"] == -1
    trend = queries_lateness.lateness_trend(con, Scope(), months=1)
    assert (trend["paid_base"].iloc[0], trend["days_late"].iloc[0]) == (1000, -1)
    assert trend["overdue_base"].iloc[1] == 1000
    one = queries_lateness.customer_lateness_trend(con, Scope(), "main", "C1", months=1)
    assert (one["paid_base"].iloc[0], one["days_late"].iloc[0]) == (1000, -1)
    payments = con.execute("select applied_on, received_on from fct_applications").fetchall()
    assert payments == [(dt.date(2025, 3, 15), dt.date(2025, 1, 30))]


@pytest.mark.parametrize("instalments", [1, 2])
def test_a_bounce_takes_its_payment_out_with_its_own_days(tmp_path: Path, instalments: int) -> None:
    """Paid 5 days late, bounced, paid 69 days late: 69, and not 36 as if the bounce had been late money of its own."""
    rows = [f"A,C1,2025-01-01,2025-01-31,{1000 // instalments},R1,{number + 1}" for number in range(instalments)]
    files = {
        "invoices": "\n".join([INVOICES + ",Instalment No", *rows]),
        "receipts": f"""{RECEIPTS}
        P1,A,2025-02-05,1000,payment
        P1,A,2025-03-10,-1000,payment
        P2,A,2025-04-10,1000,payment""",
    }
    con = built(tmp_path, "2025-04-30", files)
    assert queries_lateness.lateness(con, Scope())["days_late"] == 69
    trend = queries_lateness.lateness_trend(con, Scope(), months=1)
    assert trend["paid_base"].sum() == 1000
    assert trend["days_late"].iloc[-1] == 69


def test_the_trend_takes_each_month_with_its_own_overdue_money(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-03-31", LEDGER)
    trend = queries_lateness.lateness_trend(con, Scope(), months=1)
    assert list(trend["days_late"]) == pytest.approx([-10, 20, 0])
    assert list(trend["overdue_base"]) == [0, 200, 200]
    # February: 500 paid 20 days late and 200 open 28 days past due.
    assert trend["days_late_with_open"][1] == pytest.approx((500 * 20 + 200 * 28) / 700)
    pooled = queries_lateness.lateness_trend(con, Scope(), months=3)
    assert pooled["days_late"].iloc[-1] == pytest.approx(7000 / 900)
    one = queries_lateness.customer_lateness_trend(con, Scope(), "main", "C1", months=1)
    assert list(one["days_late"][:2]) == pytest.approx([-10, 20])
    assert queries_lateness.customer_lateness_trend(con, Scope(reps=("R2",)), "main", "C1")["paid_base"].sum() == 0


def test_each_customer_has_its_own_days_late(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-03-31", LEDGER)
    found = queries_lateness.lateness_by_customer(con, Scope()).set_index("customer_id")
    assert found.loc["C1", "days_late"] == pytest.approx(7000 / 800)
    assert found.loc["C1", "days_to_pay"] == pytest.approx(30 + 7000 / 800)
    assert found.loc["C2", "days_late_with_open"] == 0
    assert list(queries_lateness.lateness_by_customer(con, Scope(reps=("R2",)))["customer_id"]) == ["C2"]


def test_payments_on_an_assumed_due_date_are_left_out_and_shown(tmp_path: Path) -> None:
    files = {
        "invoices": "Invoice No,Customer ID,Invoice Date,Due Date,Amount\nA,C1,2025-01-01,,100",
        "receipts": f"{RECEIPTS}\nP1,A,2025-01-21,100,payment",
    }
    con = built(tmp_path, "2025-01-31", files)
    assert queries_lateness.lateness(con, Scope())["days_late"] is None
    assert list(queries_lateness.lateness_trend(con, Scope())["left_out_base"]) == [100]


def cohort(con: Connection, month: str) -> dict[int, tuple[float, bool]]:
    rows = queries_lateness.billing_cohorts(con, Scope())
    rows = rows[rows["month_end"].astype(str).str.startswith(month)]
    return {
        age: (share, final) for age, share, final in zip(rows["age_days"], rows["share"], rows["is_final"], strict=True)
    }


def test_a_cohort_is_what_is_unpaid_so_many_days_after_due(tmp_path: Path) -> None:
    """January billed 1,000: 700 unpaid on the due date, 200 thirty days later; sixty days after is not reached yet."""
    con = built(tmp_path, "2025-03-31", LEDGER)
    january = cohort(con, "2025-01")
    assert january[0] == (pytest.approx(0.7), True)
    assert january[30] == (pytest.approx(0.2), True)
    assert january[60][0] != january[60][0] and not january[60][1]
    assert cohort(con, "2025-02")[0] == (0, True)


def test_giving_up_is_not_being_paid(tmp_path: Path) -> None:
    """50 credited and 150 written off: 150 of 200 counts as unpaid at every age."""
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-31,200,R1",
        "receipts": f"{RECEIPTS}\nW,A,2025-02-10,150,write_off\nK,A,2025-01-15,50,credit",
    }
    con = built(tmp_path, "2025-06-30", files)
    assert cohort(con, "2025-01") == {age: (pytest.approx(0.75), True) for age in (0, 30, 60, 90, 120)}


def test_the_age_at_risk_is_a_setting(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-06-30", LEDGER, at_risk_days=45)
    rows = queries_lateness.billing_cohorts(con, Scope())
    assert sorted(rows["age_days"].unique()) == [0, 30, 45, 60, 90, 120]
    at_risk = rows[rows["is_at_risk_age"]]
    assert set(at_risk["age_days"]) == {45}
    assert list(at_risk["share"]) == pytest.approx([0.2, 0.0])


def monthly(customer: str, days: list[dt.date]) -> tuple[str, str]:
    """Ten invoices of a customer, each due a week before its payment day."""
    bills, paid = "", ""
    for place, day in enumerate(days):
        due = day - dt.timedelta(days=7)
        bills += f"{customer}{place},{customer},{due - dt.timedelta(days=30)},{due},100{place},R1\n"
        paid += f"P{customer}{place},{customer}{place},{day},100{place},payment\n"
    return bills, paid


def test_a_pay_calendar_names_the_next_run_or_says_there_is_none(tmp_path: Path) -> None:
    fifteenth = [dt.date(2025, month, 15) for month in range(1, 11)]
    month_end = [dt.date(2025, month + 1, 1) - dt.timedelta(days=1) for month in range(1, 11)]
    fridays = [dt.date(2025, 8, 1) + dt.timedelta(days=7 * week) for week in range(10)]
    any_day = [dt.date(2025, 1, 2) + dt.timedelta(days=29 * place + place * place % 11) for place in range(10)]
    few = [dt.date(2025, 8, 1), dt.date(2025, 8, 8), dt.date(2025, 8, 15)]
    parts = [monthly(*each) for each in zip("DMWXF", (fifteenth, month_end, fridays, any_day, few), strict=True)]
    files = {
        "invoices": f"{INVOICES}\n" + "".join(bills for bills, _ in parts),
        "receipts": f"{RECEIPTS}\n" + "".join(paid for _, paid in parts),
    }
    con = built(tmp_path, "2025-11-10", files)
    found = {
        customer: queries_lateness.pay_calendar(con, Scope(), "main", customer)
        for customer in ("D", "M", "W", "X", "F")
    }
    assert (found["D"]["pattern"], found["D"]["run_day"]) == ("day_of_month", 15)
    # 15 November 2025 is a Saturday: the run moves to the Monday after.
    assert found["D"]["next_run_on"] == dt.date(2025, 11, 17)
    assert (found["M"]["pattern"], found["M"]["next_run_on"]) == ("month_end", dt.date(2025, 11, 28))
    assert (found["W"]["pattern"], found["W"]["run_weekday"]) == ("weekday", 5)
    assert found["W"]["next_run_on"] == dt.date(2025, 11, 14)
    for customer, support in (("X", 10), ("F", 3)):
        assert (found[customer]["pattern"], found[customer]["support"]) == ("none", support)
        assert found[customer]["next_run_on"] is None and found[customer]["lead_days"] is None
    assert found["D"]["lead_days"] == 7
    assert queries_lateness.pay_calendar(con, Scope(reps=("R2",)), "main", "D") == {}


def test_how_a_payer_pays(tmp_path: Path) -> None:
    """Four invoices: one in two parts, one of them round; one paid while an older one stood open."""
    files = {
        "invoices": f"""{INVOICES}
            A,C1,2025-01-01,2025-01-31,5400,R1
            B,C1,2025-02-01,2025-02-28,730,R1
            C,C1,2025-03-01,2025-03-31,820,R1
            D,C1,2025-04-01,2025-04-30,910,R1""",
        "receipts": f"""{RECEIPTS}
            P1,A,2025-02-10,5000,payment
            P2,B,2025-03-01,730,payment
            P3,A,2025-03-15,400,payment
            P4,C,2025-04-02,820,payment
            P5,D,2025-05-05,910,payment""",
    }
    con = built(tmp_path, "2025-06-30", files)
    facts = queries_lateness.pay_calendar(con, Scope(), "main", "C1")
    assert facts["part_share"] == pytest.approx(1 / 4)
    assert facts["newer_first_share"] == pytest.approx(1 / 4)
    assert facts["round_share"] == pytest.approx(1 / 5)
