"""Aging on any day without a new build: the same as a build as of that day; ledger age beside overdue age."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from pipelines.building import publish
from pipelines.reporting import queries, queries_aging, queries_balances, queries_buckets
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built, no_risk

LEDGER = {
    "invoices": f"""{INVOICES}
        A,C1,2025-01-01,2025-01-31,1000,R1
        B,C1,2025-02-10,2025-03-10,500,R2
        C,C2,2025-03-05,2025-03-05,80,R2""",
    "receipts": f"""{RECEIPTS}
        P1,A,2025-02-05,400,payment
        P2,A,2025-03-10,600,payment
        P3,A,2025-03-20,-600,payment
        P4,B,2025-01-20,200,payment
        P5,,2025-04-01,70,payment""",
}


def buckets(con: Connection, day: str, scope: Scope | None = None) -> dict[str, float]:
    found = queries_aging.aging_at(con, scope or Scope(), dt.date.fromisoformat(day))
    return dict(zip(found["bucket"], found["open_base"], strict=True))


def test_any_day_from_one_build(tmp_path: Path) -> None:
    """Money before its invoice stands unapplied, a bounce reopens at the original due date."""
    con = built(tmp_path, "2025-04-30", LEDGER)
    assert buckets(con, "2024-12-31") == {}
    assert buckets(con, "2025-01-31") == {"not_due": 1000, "unapplied": -200}
    assert buckets(con, "2025-02-10") == {"1-30": 600, "not_due": 300}
    assert buckets(con, "2025-03-10") == {"not_due": 300, "1-30": 80}
    assert buckets(con, "2025-03-20") == {"1-30": 380, "31-60": 600}
    assert buckets(con, "2025-03-20", Scope(reps=("R2",))) == {"1-30": 380}
    assert buckets(con, "2025-04-30")["unapplied"] == -70


@pytest.mark.parametrize("day", ["2024-03-31", "2025-05-17"])
def test_equal_to_a_build_as_of_that_day(sample_warehouse: Path, tmp_path: Path, day: str) -> None:
    """Every balance; and every bucket of the customers whose money never had to be applied by amount or age."""
    (tmp_path / "imports").symlink_to(sample_warehouse / "imports")
    then = Settings(home=tmp_path)
    publish.build(then, as_of=dt.date.fromisoformat(day), score=no_risk)
    build, before = queries.published(Settings(home=sample_warehouse)), queries.published(then)
    assert build is not None and before is not None
    with queries.open_build(build) as con, queries.open_build(before) as old:
        live = queries_aging.aging_heatmap_at(con, Scope(), dt.date.fromisoformat(day), 10_000)
        fresh = queries_buckets.aging_heatmap(old, Scope(), 10_000)
        guessed = con.execute("select distinct customer_id from fct_applications where basis = 'fifo'").df()
    whole = ["entity_id", "customer_id"]
    assert_same(live.groupby(whole)["open_base"].sum(), fresh.groupby(whole)["open_base"].sum())
    live, fresh = (each[~each["customer_id"].isin(guessed["customer_id"])] for each in (live, fresh))
    assert len(fresh) > 200
    assert_same(live.set_index([*whole, "bucket"])["open_base"], fresh.set_index([*whole, "bucket"])["open_base"])
    assert_same(live.set_index([*whole, "bucket"])["items"], fresh.set_index([*whole, "bucket"])["items"])


def assert_same(one: pd.Series, other: pd.Series) -> None:
    pd.testing.assert_series_equal(one.sort_index(), other.sort_index(), check_dtype=False, atol=0.005)


def test_the_ranking_of_the_whole_book_is_what_a_limit_that_stops_nobody_gives(sample_warehouse: Path) -> None:
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as con:
        known = queries.filter_values(con, Scope())
        for column in ("entities", "regions", "reps"):
            limited = Scope(**{column: tuple(known[column])})
            assert queries_balances.balances(con, limited) == queries_balances.balances(con, Scope())
            for top in (1, 50, 10_000):
                whole, others = (queries_buckets.aging_heatmap(con, scope, top) for scope in (Scope(), limited))
                assert whole["place"].nunique() == min(top, queries_balances.balances(con, Scope())["customers"])
                pd.testing.assert_frame_equal(whole, others)


def test_ledger_age_counts_whole_months_from_the_issue_date(tmp_path: Path) -> None:
    """Issued on 31 January: three months old on 30 April, older on 1 May, while both are two months past due."""
    con = built(tmp_path, "2026-06-30", {"invoices": f"{INVOICES}\nA,C1,2025-01-31,2025-02-28,100,R1"})

    def ages(day: str) -> list[tuple[str, str, float]]:
        found = queries_aging.ledger_aging_at(con, Scope(), dt.date.fromisoformat(day))
        return list(zip(found["age"], found["bucket"], found["open_base"], strict=True))

    assert ages("2025-02-28") == [("0-3", "not_due", 100)]
    assert ages("2025-04-30") == [("0-3", "61-90", 100)]
    assert ages("2025-05-01") == [("3-6", "61-90", 100)]
    assert ages("2026-01-31") == [("6-12", "120+", 100)]
    assert ages("2026-02-01") == [("12-24", "120+", 100)]
    one = queries_aging.ledger_aging_at(con, Scope(), dt.date(2026, 2, 1), (12,))
    assert list(one["age"]) == ["12+"]


def test_both_ages_add_up_to_the_same_balance(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-04-30", LEDGER)
    day = dt.date(2025, 3, 20)
    assert queries_aging.ledger_aging_at(con, Scope(), day)["open_base"].sum() == 980
    assert queries_aging.aging_at(con, Scope(), day)["open_base"].sum() == 980
    assert queries_aging.first_day(con) == dt.date(2025, 1, 1)


@pytest.mark.parametrize("edges", [(), (0, 3), (3, 3), (6, 3), (-1,)])
def test_ledger_ages_must_rise(edges: tuple[int, ...]) -> None:
    with pytest.raises(queries_aging.WrongLedgerAges):
        queries_aging.ledger_ages(edges)
