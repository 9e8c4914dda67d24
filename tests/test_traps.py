"""Mistakes that receivables reports are known for, and what holds each of them off.

Those that other tests hold are named in HELD, which must name tests there are; the rest are tested here.
"""

import ast
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.collecting.journal import business_day
from pipelines.reporting import queries_lateness
from pipelines.reporting.queries import Connection, Scope
from pipelines.reporting.queries_aging import aging_at
from pipelines.reporting.queries_balances import balances
from pipelines.reporting.queries_buckets import aging
from pipelines.reporting.queries_dso import receivables_trend
from pipelines.reporting.queries_tie_out import tie_out
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built

TESTS = Path(__file__).resolve().parent
_HELD = """
an invoice paid later is still open on the day asked for
    ledgers.partial_payments_age_by_the_original_due_date
a balance of any day equals the ledger of that day
    pipelines_queries_tie_out.the_balance_of_any_day_is_counted_twice
money counts as applied from the day it was matched
    ledgers.money_matched_later_stands_unapplied_until_then
ages are counted to the day asked for, never to today
    meta_sql.no_clock
what is dated after the day changes nothing
    oracle.what_is_dated_after_the_day_changes_nothing
the first and the last day of every bucket
    ledgers.every_bucket_is_filled_once
every day ahead is in one group of what is not yet due
    pipelines_queries_not_due.every_day_ahead_is_in_one_group
edges that leave a day out or hold it twice
    pipelines_queries_not_due.edges_that_cannot_be_are_one_clear_line
each instalment ages by its own due date
    ledgers.instalments_are_paid_oldest_first
money that a customer directs goes where it says
    pipelines_decisions.money_goes_where_a_person_directs_it_and_back_when_that_is_withdrawn
no more is applied to an invoice than it owes
    bad_ledgers.what_is_paid_above_the_amount_stays_on_the_customer
a paid foreign invoice leaves nothing open
    ledgers.foreign_invoices_leave_no_residue_in_base
a cent is open, less is not
    ledgers.a_cent_is_listed_and_less_is_not
a credit note spent by a receipt counts once
    ledgers.a_credit_note_spent_by_a_receipt_line_is_no_new_money
rows of totals are not documents
    ledgers.total_rows_are_set_aside_by_name
a stated total that is not met is shown
    pipelines_queries_tie_out.the_totals_of_the_exports_are_held_against_what_was_accepted
the same numbers in two entities are two documents
    bad_ledgers.the_same_numbers_in_two_entities_are_two_documents
a column of dates is read in one order
    pipelines_values.a_column_written_in_one_order_is_never_read_in_another
amounts below zero however they are written
    pipelines_values.amounts_of_a_column_with_a_decimal_point
a bounced cheque reopens at the original due date
    bad_ledgers.a_cheque_that_bounces_under_its_own_number_reopens_the_invoice
a bill in hand closes nothing
    pipelines_plans.a_bill_in_hand_closes_nothing_until_it_clears_and_a_bounce_reopens_the_invoice
a promise pauses the calls until it breaks
    pipelines_follow_up.a_promise_keeps_the_customer_off_the_list_until_its_day_and_tolerance
DSO by its own text
    ledgers.countback_walks_back_through_the_months
a list of open items has no sales
    ledgers.an_open_items_list_has_no_sales_and_says_so
open items count in what is late
    pipelines_queries_lateness.the_trend_takes_each_month_with_its_own_overdue_money
every count of a balance agrees
    app_tie_out.every_page_of_balances_ties_out
an earlier set of figures can be explained
    pipelines_queries_bridge.each_part_of_a_ledger_worked_by_hand
training looks at nothing of the future
    models_features.nothing_after_a_day_changes_a_feature_of_that_day
tests follow training in time
    models_evaluate.test_rows_are_those_issued_on_or_after_the_cut_and_due
"""
_LINES = [line.strip() for line in _HELD.strip().splitlines()]
HELD = dict(zip(_LINES[::2], _LINES[1::2], strict=True))  # the trap: module.name of the test that holds it


@pytest.mark.parametrize("trap", HELD)
def test_what_holds_a_trap_is_there(trap: str) -> None:
    module, name = HELD[trap].split(".")
    tree = ast.parse((TESTS / f"test_{module}.py").read_text(encoding="utf-8"))
    assert f"test_{name}" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def owed(con: Connection, scope: Scope | None = None) -> dict[str, float]:
    found = aging(con, scope or Scope())
    return dict(zip(found["bucket"], found["open_base"], strict=True))


def test_a_customer_of_two_reps_is_not_counted_twice(tmp_path: Path) -> None:
    """The rep is the invoice's; master data that names another rep neither moves nor doubles it."""
    files = {
        "customers": "Customer ID,Customer Name,Sales Rep\nC1,One,R3",
        "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-31,100,R1\nB,C1,2025-01-01,2025-01-31,40,R2",
        "receipts": f"{RECEIPTS}\nP1,A,2025-01-10,10,payment\nP2,A,2025-01-11,10,payment",
    }
    con = built(tmp_path, "2025-02-28", files)
    assert owed(con) == {"1-30": 120}
    assert [sum(owed(con, Scope(reps=(rep,))).values()) for rep in ("R1", "R2", "R3")] == [80, 40, 0]
    assert balances(con, Scope())["customers"] == 1


def test_void_and_draft_documents_are_out_and_counted(tmp_path: Path) -> None:
    head = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Status"
    rows = "A,C1,2025-01-01,2025-01-31,100,Open\nV,C1,2025-01-01,2025-01-31,50,Void\nD,C1,2025-01-01,2025-01-31,7,Draft"
    con = built(tmp_path, "2025-02-28", {"invoices": f"{head}\n{rows}"})
    assert owed(con) == {"1-30": 100}
    left_out = con.execute("select reason, items from fct_left_out order by reason").fetchall()
    assert left_out == [("draft", 1), ("void", 1)]


def test_amounts_are_added_before_they_are_rounded(tmp_path: Path) -> None:
    """Three times 0.333 EUR at 1.1 are 1.10, not 1.11."""
    head = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency"
    rows = "\n".join(f"E{place},C1,2025-01-05,2025-01-31,0.333,EUR" for place in range(3))
    rates = "Currency,Rate Date,Rate\nEUR,2025-01-01,1.1"
    con = built(tmp_path, "2025-02-28", {"rates": rates, "invoices": f"{head}\n{rows}"})
    assert round(Decimal(balances(con, Scope())["outstanding"]), 2) == Decimal("1.10")


def test_an_invoice_without_a_due_date_is_aged_by_its_issue_date_and_marked(tmp_path: Path) -> None:
    con = built(
        tmp_path, "2025-02-28", {"invoices": f"{INVOICES}\nA,C1,2025-02-08,,100,R1\nB,C1,2025-02-01,2025-03-31,5,R1"}
    )
    assert owed(con) == {"not_due": 5, "1-30": 100}
    found = con.execute("select invoice_id, due_basis, days_past_due from fct_open_items order by 1").fetchall()
    assert found == [("A", "assumed", 20), ("B", "contractual", -31)]


def test_a_payment_on_the_last_day_of_a_month_counts_in_it(tmp_path: Path) -> None:
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-15,100,R1",
        "receipts": f"{RECEIPTS}\nP1,A,2025-01-31,60,payment",
    }
    con = built(tmp_path, "2025-02-28", files)
    months = receivables_trend(con, Scope())
    assert months["collected_base"].tolist() == [60, 0] and months["ar_end_base"].tolist() == [40, 40]
    at = aging_at(con, Scope(), dt.date(2025, 1, 31))
    assert at[["bucket", "open_base"]].values.tolist() == [["1-30", 40]]


def test_what_is_older_than_the_last_bucket_stays_in_it_for_ever(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-02-28", {"invoices": f"{INVOICES}\nA,C1,2016-01-01,2016-01-31,100,R1"})
    assert owed(con) == {"120+": 100}
    assert tie_out(con, Scope()).differences == {}


def test_paid_before_it_was_due_is_early_not_late(tmp_path: Path) -> None:
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-31,100,R1",
        "receipts": f"{RECEIPTS}\nP1,A,2025-01-11,100,payment",
    }
    con = built(tmp_path, "2025-02-28", files)
    assert queries_lateness.lateness(con, Scope())["days_late"] == -20


def test_the_business_day_is_that_of_the_business_not_of_the_clock() -> None:
    settings = Settings(timezone="Asia/Shanghai")
    evening_in_london = dt.datetime(2025, 1, 31, 17, tzinfo=dt.UTC)
    assert business_day(settings, evening_in_london) == dt.date(2025, 2, 1)
