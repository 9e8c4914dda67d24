"""Builds of random ledgers and of the sample against the oracle, to the cent, and what holds for any ledger."""

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.importing.imports import import_file
from pipelines.settings import Settings
from tests.oracle import Oracle
from tests.oracle_builds import built, store, store_ledger, store_receipts, stored
from tests.oracle_comparison import (
    ACCOUNT,
    aged,
    alike,
    assert_same,
    compare,
    contents,
    rows,
)
from tests.oracle_documents import ZERO, Ledger, Row
from tests.oracle_figures import aging, month_ends
from tests.oracle_ledgers import FIRST, LISTED_ON, RATES, gathered, ledgers, open_lists, together
from tests.oracle_ledgers import row as rate
from tests.repeatable import REPEATABLE

# How many random ledgers to prove; one build proves several, each under entities of its own.
EXAMPLES = int(os.environ.get("FIRSTPAID_ORACLE_EXAMPLES", "200"))
AT_ONCE = 10
SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
SAMPLE_AS_OF = dt.date(2026, 6, 30)


def examples(count: int) -> hypothesis_settings:
    """Enough builds to prove `count` ledgers, the same ones every time, however slow the machine."""
    return hypothesis_settings(
        max_examples=max(count // AT_ONCE, 1),
        deadline=None,
        database=None,
        derandomize=True,
        backend=REPEATABLE,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle") / "warehouse"


def books() -> st.SearchStrategy[list[Ledger]]:
    return st.lists(ledgers(), min_size=AT_ONCE, max_size=AT_ONCE)


def several() -> st.SearchStrategy[Ledger]:
    return books().map(together)


def as_of_days() -> st.SearchStrategy[dt.date]:
    """Days from the first to long after the last, a month end as often as not."""
    ends = st.sampled_from([dt.date(2024, month, 1) - dt.timedelta(days=1) for month in range(2, 13)])
    return ends | st.integers(30, 500).map(lambda offset: FIRST + dt.timedelta(days=offset))


@examples(EXAMPLES // 2)
@given(books=books(), as_of=as_of_days(), seed=st.integers(0, 2**32))
def test_money_that_names_no_invoice_accounts_for_settlements_as_the_oracle_says(
    home: Path, books: list[Ledger], as_of: dt.date, seed: int
) -> None:
    ledger = together([gathered(book, Random(seed + place)) for place, book in enumerate(books)])
    store_ledger(home, ledger)
    with built(Settings(home=home), as_of) as con:
        compare(con, Oracle(ledger, as_of, listed_on=LISTED_ON))


@examples(EXAMPLES)
@given(ledger=several(), as_of=as_of_days(), months=st.sampled_from((60, 60, 60, 3, 5)))
def test_a_build_agrees_with_the_oracle(home: Path, ledger: Ledger, as_of: dt.date, months: int) -> None:
    store_ledger(home, ledger)
    with built(Settings(home=home, history_months=months), as_of) as con:
        compare(con, Oracle(ledger, as_of, listed_on=LISTED_ON), months)
        ((buckets,),) = rows(con, "select coalesce(sum(open_base), 0) from fct_aging")
        assert rows(con, "select coalesce(sum(open_base), 0) from fct_open_items") == [(buckets,)]


@examples(EXAMPLES // 2)
@given(books=books(), as_of=as_of_days())
def test_rows_of_a_later_export_take_the_place_of_those_of_the_same_number(
    home: Path, books: Sequence[Ledger], as_of: dt.date
) -> None:
    """Another book under the same numbers: what it holds of a document may contradict what stays of the first."""
    ledger, later = together(books), together([*books[1:], books[0]])
    settings = Settings(home=home)
    store_ledger(home, ledger)
    store(home, "invoices", later.invoices, 100)
    store_receipts(home, later.receipts, 101)
    store(home, "customers", later.customers, 200)
    with built(settings, as_of) as con:
        compare(con, Oracle(stored(settings), as_of, listed_on=LISTED_ON))


@examples(EXAMPLES)
@given(lists=open_lists(), kept=ledgers(), as_of=as_of_days())
def test_open_items_lists_agree_with_the_oracle(
    home: Path, lists: list[tuple[dt.date, list[Row]]], kept: Ledger, as_of: dt.date
) -> None:
    """Several lists of one source: what an item shrank between two of them was paid by the day of the later one.

    Beside them a ledger under entities of its own, which shares some reps and regions with them.
    """
    assume(any(row["issue_date"] <= as_of for _, some in lists for row in some))
    beside = together([Ledger([], []), kept])
    rates = [
        rate("fx_rates", currency=code, rate_date=FIRST, rate_to_base=Decimal(first[0]))
        for code, first in RATES.items()
    ]
    store_ledger(home, replace(beside, customers=[], fx_rates=rates))
    for place, (listed_on, some) in enumerate(lists, start=50):
        store(home, "invoices", some, place, ledger="open_items", as_of=listed_on)
    every = [*beside.invoices, *(row for _, some in lists for row in some)]
    oracle = Oracle(Ledger(every, beside.receipts, fx_rates=rates), as_of, lists=lists, listed_on=LISTED_ON)
    with built(Settings(home=home), as_of) as con:
        compare(con, oracle)
        listed = "select distinct basis from fct_applications where entity_id not like '1-%'"
        assert {basis for (basis,) in rows(con, listed)} <= {"inferred"}


def test_month_ends_before_the_first_list_stand_in_no_monthly_table(home: Path) -> None:
    """C1 is known from lists from 31 May on; C2, of the same region, from a ledger."""
    store_ledger(home, Ledger([], []))
    common = rate("invoices", issue_date=dt.date(2024, 3, 5), due_date=dt.date(2024, 4, 5), region="East")
    paid = common | {"customer_id": "C2", "invoice_id": "B", "amount": Decimal(30), "region": "East"}
    store(home, "invoices", [paid], 1)
    for number, (day, left) in enumerate(((dt.date(2024, 5, 31), 100), (dt.date(2024, 6, 20), 40)), start=50):
        item = {"customer_id": "C1", "invoice_id": "A", "amount": Decimal(100), "open_amount": Decimal(left)}
        store(home, "invoices", [common | item], number, ledger="open_items", as_of=day)
    march, april, may, june = (dt.date(2024, month, day) for month, day in ((3, 31), (4, 30), (5, 31), (6, 30)))
    with built(Settings(home=home), june) as con:
        balances = "select month_end, customer_id, {} from {} order by all"
        whole = [(march, "C2", 30), (april, "C2", 30), (may, "C1", 100), (may, "C2", 30), (june, "C1", 40)]
        for column, table in (("open_base", "fct_aging_monthly"), ("ar_end_base", "fct_receivables_monthly")):
            found = rows(con, balances.format(column, table))
            assert [row for row in found if row[2]] == [*whole, (june, "C2", 30)]
        ratios = "select month_end, ar_end_base, overdue_ratio, not_computable_reason from fct_dso_monthly"
        known = {each: rows(con, f"{ratios} where scope = '{each}' order by 1") for each in ("total", "region")}
    assert known["total"] == known["region"]
    assert known["total"] == [(may, 130, 1, "open_items_only"), (june, 70, 1, "open_items_only")]


@examples(EXAMPLES // 4)
@given(ledger=several(), as_of=as_of_days(), random=st.randoms(use_true_random=False))
def test_order_of_rows_split_files_and_a_second_import_change_nothing(
    home: Path, ledger: Ledger, as_of: dt.date, random: Random
) -> None:
    store_ledger(home, ledger)
    with built(Settings(home=home), as_of) as con:
        once = contents(con)
    invoices, receipts = (random.sample(each, len(each)) for each in (ledger.invoices, ledger.receipts))
    shuffled = Ledger(invoices, receipts, ledger.customers[::-1], ledger.fx_rates[::-1])
    store_ledger(home, shuffled, parts=2)
    with built(Settings(home=home), as_of) as con:
        assert contents(con) == once
    # A later export holds the same rows again.
    store(home, "invoices", ledger.invoices, 100)
    store_receipts(home, ledger.receipts, 101)
    with built(Settings(home=home), as_of) as con:
        assert contents(con) == once


def test_the_cents_of_two_payments_of_a_day_do_not_hang_on_the_order_of_rows(home: Path) -> None:
    """One names the invoice, the other does not; together they come to 0.0001 less than each rounded by itself."""
    day = dt.date(2024, 10, 30)
    invoice = rate("invoices", customer_id="C1", invoice_id="A", issue_date=day, amount=Decimal(100), currency="USD")
    paid = rate("receipts", customer_id="C1", paid_on=day, currency="USD")
    named = paid | {"receipt_id": "R1", "invoice_id": "A", "amount": Decimal("0.004")}
    unnamed = paid | {"receipt_id": "R2", "amount": Decimal("18.406")}
    rates = [rate("fx_rates", currency="USD", rate_date=FIRST, rate_to_base=Decimal("6.98765"))]
    found = []
    for receipts in ([named, unnamed], [unnamed, named]):
        store_ledger(home, Ledger([invoice], receipts, fx_rates=rates))
        with built(Settings(home=home), day) as con:
            found.append(rows(con, "select rule, amount_base from fct_applications order by rule"))
    assert found[0] == found[1] == [("oldest", Decimal("128.6147")), ("stated", Decimal("0.0279"))]


@examples(EXAMPLES // 4)
@given(ledger=several(), as_of=as_of_days(), factor=st.sampled_from((2, 10, 1000)))
def test_scaling_amounts_scales_totals_and_leaves_days(home: Path, ledger: Ledger, as_of: dt.date, factor: int) -> None:
    found = []
    for scale in (1, factor):
        scaled = [[whole_units(one, scale) for one in each] for each in (ledger.invoices, ledger.receipts)]
        store_ledger(home, Ledger(*scaled, customers=ledger.customers))
        with built(Settings(home=home), as_of) as con:
            found.append(contents(con))
    small, large = found
    for table, amounts in {"fct_aging": 1, "fct_aging_monthly": 1, "fct_receivables_monthly": 9}.items():
        expected = [(*row[:-amounts], *(amount * factor for amount in row[-amounts:])) for row in small[table]]
        assert expected == large[table]
    for before, after in zip(small["fct_dso_monthly"], large["fct_dso_monthly"], strict=True):
        assert after[:4] == before[:4]
        assert all(alike(ours, theirs) for ours, theirs in zip(after[6:], before[6:], strict=True))


def whole_units(row: Row, scale: int) -> Row:
    """The row with a whole amount in base currency, scaled: what is rounded or falls below a cent does not scale."""
    sign = 1 if row["amount"] > 0 else -1
    whole = row | {"amount": sign * max(abs(row["amount"]) // 1, Decimal(1)) * scale, "currency": None}
    return whole | {"open_amount": (row["open_amount"] // 1) * scale} if row.get("open_amount") else whole


@examples(EXAMPLES // 4)
@given(ledger=several(), as_of=as_of_days(), later=st.integers(1, 90))
def test_what_is_dated_after_the_day_changes_nothing(home: Path, ledger: Ledger, as_of: dt.date, later: int) -> None:
    store_ledger(home, ledger)
    with built(Settings(home=home), as_of) as con:
        before = contents(con)
    then = as_of + dt.timedelta(days=later)
    changed: dict[str, Callable[[Row], Row | None]] = {
        "issue_date": lambda row: row | {"issue_date": then, "amount": row["amount"] * 3, "customer_id": "C1"},
        # Which clearing days an export states, it states by its rows of any day.
        "paid_on": lambda row: row | {"paid_on": then, "amount": row["amount"] * 3} if row["cleared_on"] else None,
        "cleared_on": lambda row: row | {"cleared_on": then},
        "applied_on": lambda row: row | {"applied_on": then},
        "settled_date": lambda row: row | {"settled_date": then},
    }

    def rewritten(each: list[Row]) -> list[Row]:
        """The rows with everything that is dated after the day changed, or left out."""
        kept: list[Row | None] = list(each)
        for column, change in changed.items():
            kept = [change(row) if row and (row.get(column) or FIRST) > as_of else row for row in kept]
        return [row for row in kept if row]

    store_ledger(home, replace(ledger, invoices=rewritten(ledger.invoices), receipts=rewritten(ledger.receipts)))
    with built(Settings(home=home), as_of) as con:
        assert contents(con) == before


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Ledger]:
    """The sample imported by the real reader, and the rows it stored."""
    settings = Settings(home=tmp_path_factory.mktemp("sample") / "warehouse")
    for path in sorted(SAMPLE.iterdir()):
        if path.suffix in (".csv", ".xlsx"):
            import_file(path, settings)
    return settings, stored(settings)


def test_the_sample_agrees_with_the_oracle_at_every_month_end(sample: tuple[Settings, Ledger]) -> None:
    settings, ledger = sample
    oracle = Oracle(ledger, SAMPLE_AS_OF)
    assert len(month_ends(oracle)) >= 36
    with built(settings, SAMPLE_AS_OF) as con:
        compare(con, oracle)


def test_a_build_of_the_sample_as_of_a_month_end_is_what_the_history_says(sample: tuple[Settings, Ledger]) -> None:
    """Every account to the cent, and every bucket of the payers who say what they pay.

    Money that names no invoice is matched with what is known on the build's day. A later build knows which invoices
    were paid by name since, so it may put such money of the past on another invoice: same total, other bucket.
    """
    settings, ledger = sample
    with built(settings, SAMPLE_AS_OF) as con:
        history = rows(con, f"select month_end, {ACCOUNT}, bucket, open_base, items from fct_aging_monthly")
    silent = {(line.entity, line.customer) for line in Oracle(ledger, SAMPLE_AS_OF).lines if not line.invoice_id}
    for end in (dt.date(2024, 2, 29), dt.date(2025, 3, 31), dt.date(2025, 12, 31)):
        with built(settings, end) as con:
            found = aged(con)
        assert_same(found, aging(Oracle(ledger, end), end))
        recorded = {row[1:-2]: row[-2:] for row in history if row[0] == end}
        assert_same(by_account(found), by_account(recorded))
        named, named_then = (
            {key: sums for key, sums in each.items() if key[:2] not in silent} for each in (found, recorded)
        )
        assert len(named) > len(found) / 2
        assert_same(named, named_then)


def by_account(buckets: dict[tuple[Any, ...], tuple[Any, ...]]) -> dict[tuple[Any, ...], Decimal]:
    totals: dict[tuple[Any, ...], Decimal] = defaultdict(lambda: ZERO)
    for key, (amount, _) in buckets.items():
        totals[key[:4]] += amount
    return {account: amount for account, amount in totals.items() if amount}
