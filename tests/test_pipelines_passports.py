"""Passports: every key figure has one, its parts give the figure that the pages show, and the SQL is what ran."""

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.reporting import (
    passports,
    queries,
    queries_aging,
    queries_balances,
    queries_cash,
    queries_dso,
    queries_lateness,
)
from pipelines.reporting.passport_figures import FIGURES
from pipelines.reporting.passport_types import At, Passport
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built

ROLL = At(bucket="1-30", to_bucket="31-60")


@pytest.fixture(scope="module")
def con(sample_warehouse) -> Iterator[Connection]:
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as connection:
        yield connection


def scopes(con: Connection) -> list[Scope]:
    known = queries.filter_values(con, Scope())
    return [Scope(), Scope(reps=(known["reps"][0],)), Scope(entities=(known["entities"][0],), regions=("",))]


def same(ours: object, theirs: object) -> bool:
    return math.isclose(float(ours), float(theirs), rel_tol=1e-9, abs_tol=1e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", FIGURES)
def test_the_parts_shown_give_the_figure_shown(con: Connection, figure: str) -> None:
    for scope in scopes(con):
        made = passports.passport(con, scope, figure, ROLL)
        if made.result.value is None:
            assert made.missing
        elif made.terms:
            assert same(passports.recomputed(made), made.result.value), (scope, made)
        assert made.statements and all(each.files for each in made.statements)


@pytest.mark.parametrize(
    "files",
    [
        {"receipts": f"{RECEIPTS}\nR1,A1,2024-02-10,1000,payment"},
        {"invoices": f"{INVOICES}\nA1,C1,2025-11-10,2025-12-10,-1000,R"},
        {"invoices": f"{INVOICES}\nA1,C1,2025-11-10,2025-12-10,-1000,R\nA2,C1,2025-11-10,2025-12-10,1000,R"},
        {"invoices": f"{INVOICES}\nA1,C1,2024-01-10,2024-02-10,1000,R"},
        {
            "invoices": f"{INVOICES}\nA1,C1,2024-01-10,2024-02-10,1000,R",
            "receipts": f"{RECEIPTS}\nR1,A1,2024-02-10,1000,payment",
        },
    ],
    ids=["paid in advance", "owed to the customer", "balanced", "long unpaid", "all paid"],
)
def test_the_parts_give_the_figure_where_little_or_nothing_is_owed(tmp_path: Path, files: dict[str, str]) -> None:
    con = built(tmp_path, "2025-12-31", files)
    for figure in FIGURES:
        made = passports.passport(con, Scope(), figure, ROLL)
        again = passports.recomputed(made)
        assert again is None or same(again, made.result.value), (figure, made)
        assert (made.result.value is None) == bool(made.missing), figure


def test_the_parts_give_every_roll_rate_also_where_nothing_moved(con: Connection) -> None:
    buckets = passports.buckets(con)
    still = set()
    for bucket in buckets:
        for to_bucket in buckets:
            made = passports.passport(con, Scope(), "roll_rate", At(bucket=bucket, to_bucket=to_bucket))
            again = passports.recomputed(made)
            assert (again is None) == bool(made.missing)
            assert again is None or same(again, made.result.value), (bucket, to_bucket)
            still.add(made.result.value == 0)
    assert still == {False, True}


@pytest.mark.parametrize("figure", ["dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei"])
def test_every_month_has_its_passport(con: Connection, figure: str) -> None:
    rows = queries_dso.dso_trend(con, Scope()).to_dict("records")
    assert len(rows) >= 36
    for row in rows:
        made = passports.passport(con, Scope(), figure, At(month_end=row["month_end"].date()))
        if made.result.value is None:
            assert row[figure] != row[figure] and made.missing
        else:
            assert same(made.result.value, row[figure]) and same(passports.recomputed(made), row[figure])
        assert made.is_lower_bound == (bool(row["is_lower_bound"]) and figure in ("dso_countback", "add_days"))


def test_a_passport_holds_what_the_pages_show(con: Connection) -> None:
    def value(figure: str, at: At = ROLL) -> object:
        return passports.passport(con, Scope(), figure, at).result.value

    kpis = queries_balances.kpis(con, Scope())
    on_cards = ("outstanding", "overdue", "overdue_ratio", "dso_countback", "add_days", "cei", "overdue_customers")
    for name in (*on_cards, "not_due", "unapplied", "dso_simple", "dso_best_possible", "p_late_weighted"):
        assert same(value(name), kpis[name]), name
    late = queries_lateness.lateness(con, Scope())
    for name in ("days_late", "days_late_with_open", "days_to_pay", "days_late_before"):
        assert same(value(name), late[name]), name
    cash = queries_cash.cash_summary(con, Scope())
    for name in ("to_come", "soon", "expected", "later"):
        assert same(value(f"cash_{name}"), cash[f"{name}_base"]), name
    provision = queries_cash.provision(con, Scope(), 6, 0.1, 0.5)
    changed = At(months=6, forward_looking=0.1, terminal_loss=0.5)
    assert same(value("provision", changed), provision["provision_base"].sum())
    for day in (None, dt.date(2025, 2, 17)):
        rows = queries_aging.aging_at(con, Scope(), day or kpis["as_of"]).to_dict("records")
        for row in rows:
            assert same(value("bucket", At(day=day, bucket=row["bucket"])), row["open_base"]), (day, row)


def test_the_sql_of_a_passport_is_the_sql_that_ran_and_its_files(con: Connection) -> None:
    made = passports.passport(con, Scope(reps=("nobody",)), "dso_countback")
    first = made.statements[0]
    assert passports.sql_file("views/int_dso_months").strip() in first.sql
    assert first.files[0].startswith("views/fct_receivables") and "staging/stg_invoices" in first.files
    assert ("$rep_0", "nobody") in first.parameters
    again = con.execute(first.sql, {name[1:]: value for name, value in first.parameters}).fetchall()
    assert again == []


LEDGER = f"""{INVOICES},Status
A,C1,2025-01-10,2025-02-10,900,R1,open
B,C1,2025-02-10,2025-03-31,800,R1,open
C,C2,2025-03-10,,700,R1,open
V,C2,2025-03-10,2025-04-10,5000,R1,void
W,C2,2025-03-10,2025-04-10,6000,R1,draft
Y,C3,2025-03-15,2025-05-10,400,R2,open
Z,C3,2025-04-10,2025-05-10,400,R2,open
"""
MONEY = f"""{RECEIPTS},Payment Method,Cleared Date
P1,A,2025-02-20,500,payment,transfer,
P2,B,2025-03-20,100,discount,transfer,
P3,A,2025-03-25,300,payment,cheque,2025-04-20
"""


@pytest.fixture
def small(tmp_path) -> Connection:
    return built(tmp_path, "2025-03-31", {"ledger": LEDGER, "money": MONEY})


def left_out(made: Passport) -> dict[str, tuple[int, Decimal | None]]:
    return {each.reason: (each.rows, each.amount_base) for each in made.left_out}


def test_what_is_left_out_is_counted_with_its_reason(small: Connection) -> None:
    rows = {"void": (1, None), "draft": (1, None), "later": (1, None), "in_hand": (1, None)}
    assert left_out(passports.passport(small, Scope(), "outstanding")) == rows
    overdue = left_out(passports.passport(small, Scope(), "overdue"))
    assert overdue["not_due"] == (2, Decimal(1100))
    late = passports.passport(small, Scope(), "days_late")
    assert left_out(late) == {"not_a_payment": (1, Decimal(100))}
    assert {each.name: each.value for each in late.terms} == {"paid_days": 5000, "paid_base": 500}
    # Within a scope only the rows of its customers are counted.
    assert set(left_out(passports.passport(small, Scope(reps=("R2",)), "outstanding"))) == {"later"}


def test_rows_that_a_later_export_holds_again_are_counted(tmp_path) -> None:
    built(tmp_path, "2025-03-31", {"ledger": LEDGER})
    con = built(tmp_path, "2025-03-31", {"again": LEDGER.replace("900", "950")})
    found = left_out(passports.passport(con, Scope(), "outstanding"))
    assert found["replaced"] == (7, None) and found["void"] == (1, None)


def test_a_countback_that_outlives_the_sales_shows_what_is_left(tmp_path) -> None:
    text = f"{INVOICES},Document Type\nA,C1,2025-02-10,2025-03-10,900,R1,Invoice\nB,C1,2025-02-11,,400,R1,Credit Note\n"
    con = built(tmp_path, "2025-03-31", {"ledger": text + "D,C1,2025-03-10,2025-04-10,200,R1,Prepayment\n"})
    made = passports.passport(con, Scope(), "dso_best_possible", At(month_end=dt.date(2025, 2, 28)))
    # 900 not due against 500 of net sales in the only month known.
    assert list(made.steps["left_base"]) == [400.0] and made.result.value == 28.0
