"""The charge for overdue money: the worked figures, what is left out, and the calibrator."""

import datetime as dt

import pytest
from small_ledgers import RECEIPTS, built

from pipelines.reporting import queries_charge
from pipelines.reporting.queries import Scope

INVOICES = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Sales Rep,Disputed"
DUE = dt.date(2026, 1, 1)


def charged(home, as_of: str, invoices: str, receipts: str = "", **options):
    files = {"invoices": f"{INVOICES}\n{invoices}"} | ({"receipts": f"{RECEIPTS}\n{receipts}"} if receipts else {})
    return queries_charge.rep_charges(built(home, as_of, files), Scope(), **options).set_index("rep")


def test_a_hundred_thousand_open_for_thirty_days_cost_300(tmp_path):
    found = charged(tmp_path, "2026-01-31", "A1,C1,2025-12-01,2026-01-01,100000,R1,")
    assert found["charge_base"]["R1"] == pytest.approx(300)


def test_with_40000_left_after_day_15_they_cost_210(tmp_path):
    found = charged(tmp_path, "2026-01-31", "A1,C1,2025-12-01,2026-01-01,100000,R1,", "P1,A1,2026-01-17,60000,")
    assert found["charge_base"]["R1"] == pytest.approx(210)
    assert found["collected_base"]["R1"] == 60000


def test_three_percent_commission_breaks_even_after_300_days():
    assert queries_charge.break_even_days() == pytest.approx(300)
    assert queries_charge.rate_for(60) == pytest.approx(0.0005)
    assert queries_charge.break_even_days(rate=0) is None


def test_grace_and_period_shorten_what_is_counted(tmp_path):
    line = "A1,C1,2025-12-01,2026-01-01,100000,R1,"
    assert charged(tmp_path, "2026-01-31", line, grace_days=10)["charge_base"]["R1"] == pytest.approx(200)
    since = dt.date(2026, 1, 26)
    assert charged(tmp_path, "2026-01-31", line, since=since)["charge_base"]["R1"] == pytest.approx(50)


def test_money_paid_in_time_costs_nothing(tmp_path):
    found = charged(tmp_path, "2026-01-31", "A1,C1,2025-12-01,2026-01-01,100000,R1,", "P1,A1,2026-01-01,100000,")
    assert found["charge_base"]["R1"] == 0


def test_what_is_disputed_assumed_or_our_fault_is_left_out_and_shown(tmp_path):
    lines = """A1,C1,2025-12-01,2026-01-01,100,R1,yes
    A2,C1,2026-01-01,,100,R1,
    A3,C1,2025-12-01,2026-01-01,100,R1,
    A4,C1,2025-12-01,2026-01-01,100,R1,"""
    found = charged(tmp_path, "2026-01-31", lines, our_fault=(("main", "A3", None),)).loc["R1"]
    assert found[["amount_days", "disputed_days", "assumed_days", "our_fault_days"]].tolist() == [3000] * 4


@pytest.mark.parametrize(("until", "ours", "charged_days"), [("2026-01-11", 1000, 2000), ("2025-12-20", 0, 3000)])
def test_only_the_days_until_our_fault_was_put_right_are_left_out(tmp_path, until, ours, charged_days):
    line = "A1,C1,2025-12-01,2026-01-01,100,R1,"
    fault = ("main", "A1", dt.date.fromisoformat(until))
    found = charged(tmp_path, "2026-01-31", line, our_fault=(fault,)).loc["R1"]
    assert (found["our_fault_days"], found["amount_days"]) == (ours, charged_days)


def test_money_that_came_after_a_fault_counts_once(tmp_path):
    lines, paid = "A1,C1,2025-12-01,2026-01-01,100,R1,", "P1,A1,2026-01-21,40,payment"
    fault = ("main", "A1", dt.date(2026, 1, 11))
    found = charged(tmp_path, "2026-01-31", lines, paid, our_fault=(fault,)).loc["R1"]
    assert found[["our_fault_days", "amount_days", "collected_base"]].tolist() == [1000, 100 * 9 + 60 * 11, 40]


def test_the_calibrator_replays_a_year_with_a_cap(tmp_path):
    line = "A1,C1,2024-01-01,2024-02-01,100000,R1,"
    con = built(
        tmp_path, "2026-01-31", {"invoices": f"{INVOICES}\n{line}", "receipts": f"{RECEIPTS}\nP1,A1,2026-01-31,50000,"}
    )
    free = queries_charge.calibrated(con, Scope()).loc[0]
    # 364 days with all of it open, on the last day half of it.
    assert free["charge_base"] == pytest.approx(0.0001 * (364 * 100000 + 50000))
    assert free["commission_base"] == pytest.approx(1500)
    capped = queries_charge.calibrated(con, Scope(), cap_share=0.5).loc[0]
    assert (capped["charge_base"], capped["kept_base"]) == (pytest.approx(750), pytest.approx(750))
