"""Features as of a day: equal to counting by hand, and blind to everything that comes later."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import features
from pipelines.settings import Settings
from tests.model_books import Application, Invoice, Promise, book, day, frame, random_book, with_open_items

GRACE, VERY_LATE = 0, 30
SETTINGS = Settings(late_grace_days=GRACE, very_late_days=VERY_LATE)
COUNTED = (
    *("issued_n", "issued_cents", "closed_n", "open_cents", "known_n", "late_n", "very_late_n"),
    *("overdue_n", "overdue_cents", "days_late_sum", "part_n"),
)

invoices = st.builds(
    lambda number, customer, issue, terms, amount: Invoice(f"I{number}", f"C{customer}", issue, issue + terms, amount),
    st.integers(0, 30),
    st.integers(0, 2),
    st.integers(0, 60),
    st.integers(0, 40),
    st.integers(1, 500),
)
books = st.lists(invoices, min_size=1, max_size=12, unique_by=lambda i: i.invoice_id)
parts = st.lists(
    st.tuples(st.integers(0, 11), st.integers(-5, 90), st.sampled_from([-1.0, 0.25, 0.5, 1.0, 1.0])), max_size=20
)

promised = st.lists(
    st.builds(
        lambda customer, made, after, state: Promise(f"C{customer}", made, made + after, state),
        st.integers(0, 2),
        st.integers(0, 120),
        st.integers(-5, 40),
        st.sampled_from(["kept", "partly_kept", "broken"]),
    ),
    max_size=6,
)


def applied(rows: list[Invoice], shares: list[tuple[int, int, float]]) -> list[Application]:
    """Payments (and, with a negative share, bounces) on the rows: position, days after issue, share of the amount."""
    found = []
    for position, after, share in shares:
        row = rows[position % len(rows)]
        found.append(Application(row.invoice_id, row.issue + after, round(row.amount * share) or 1))
    return found


def by_hand(
    rows: list[Invoice], paid: list[Application], customer: str, before: int, at_issue: bool = False
) -> dict[str, int]:
    """What the book knew of a customer before a day began, one document at a time.

    At issue the instalments issued on the day itself are counted as issued and open.
    """
    found = dict.fromkeys(COUNTED, 0)
    for row in (r for r in rows if r.customer_id == customer):
        mine = [a for a in paid if a.invoice_id == row.invoice_id]

        def closed_by(last: int, mine: list[Application] = mine, row: Invoice = row) -> int | None:
            """The first day by which the payments up to `last` reached the amount."""
            for moment in sorted({a.day for a in mine if a.day <= last}):
                if sum(a.amount for a in mine if a.day <= moment) >= row.amount:
                    return moment
            return None

        closed = closed_by(before - 1)
        late = closed_by(row.due) is None
        if row.issue < before + at_issue:
            found["issued_n"] += 1
            found["issued_cents"] += 100 * row.amount
            found["open_cents"] += 100 * row.amount
        if closed is not None:
            found["closed_n"] += 1
            found["open_cents"] -= 100 * row.amount
            found["days_late_sum"] += max(-60, min(180, closed - row.due))
            found["part_n"] += sum(a.day <= closed for a in mine) - 1
            found["known_n"] += not late
        if row.due < before and late:
            found["known_n"] += 1
            found["late_n"] += 1
            found["overdue_n"] += closed is None
            found["overdue_cents"] += 100 * row.amount * (closed is None)
        found["very_late_n"] += row.due + VERY_LATE < before and closed_by(row.due + VERY_LATE) is None
    return found


@settings(max_examples=30, deadline=None)
@given(books, parts)
def test_history_as_of_issue_equals_counting_by_hand(rows: list[Invoice], shares: list[tuple[int, int, float]]) -> None:
    paid = applied(rows, shares)
    con = book(rows, paid)
    features.prepare(con, day(400), SETTINGS)
    answers = frame(features.ask_at_issue(con, day(0), day(400))).set_index("invoice_id")
    for row in rows:
        expected = by_hand(rows, paid, row.customer_id, row.issue, at_issue=True)
        assert {name: int(answers.loc[row.invoice_id, name]) for name in COUNTED} == expected


@settings(max_examples=15, deadline=None)
@given(books, parts, st.integers(1, 120))
def test_history_of_one_day_equals_the_running_sum(
    rows: list[Invoice], shares: list[tuple[int, int, float]], asked: int
) -> None:
    con = book(rows, applied(rows, shares))
    features.prepare(con, day(400), SETTINGS)
    running = features.ask_while_open(con, [day(asked)])
    running = running.where((running["late_day"] >= asked) & (running["is_labelled"] == 1))
    at_once = features.ask_on_day(con, day(asked), day(400))
    at_once = at_once.where(np.lexsort((at_once["item_key"], at_once["day"])))
    pd.testing.assert_frame_equal(
        frame(running.where(np.lexsort((running["item_key"], running["day"]))))[list(at_once.columns)],
        frame(at_once),
        check_dtype=False,
    )


@settings(max_examples=30, deadline=None)
@given(books, parts, st.integers(0, 100), books, parts, promised)
def test_nothing_after_a_day_changes_a_feature_of_that_day(
    rows: list[Invoice],
    shares: list[tuple[int, int, float]],
    cut: int,
    more_rows: list[Invoice],
    more_shares: list[tuple[int, int, float]],
    promises: list[Promise],
) -> None:
    """The same past with two different futures gives the same features up to and on the cut.

    A promise whose last day lies ahead is open in the one future, kept or broken in the other.
    """
    still_open = [replace(p, state="open") if max(p.last_day, p.made) > cut else p for p in promises]
    paid = applied(rows, shares)
    past_rows = [row for row in rows if row.issue <= cut]
    past_paid = [a for a in paid if a.day <= cut and a.invoice_id in {row.invoice_id for row in past_rows}]
    future = [
        Invoice("F" + row.invoice_id, row.customer_id, row.issue + cut + 1, row.due + cut + 1, row.amount)
        for row in more_rows
    ]
    later = [Application(a.invoice_id, a.day + cut + 6, a.amount) for a in applied(past_rows or future, more_shares)]
    asked_days = [day(number) for number in range(1, cut + 2)]
    found = []
    for these, payments, given_word in (
        (past_rows, past_paid, still_open),
        (past_rows + future, past_paid + later, promises),
    ):
        con = book(these, payments, given_word)
        features.prepare(con, day(400), SETTINGS)
        at_issue = features.ask_at_issue(con, day(0), day(cut))
        open_then = features.ask_while_open(con, asked_days)
        known = features.Context(0.3, 0.1, 0.1, 0.6, "CN")
        keys = [frame(part)[["invoice_id", "day"]] for part in (at_issue, open_then)]
        found.append((keys, [features.matrix(part, known) for part in (at_issue, open_then)]))
    (keys, before), (keys_after, after) = found
    for a, b in zip(keys, keys_after, strict=True):
        pd.testing.assert_frame_equal(a, b, check_dtype=False)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_promise_counts_from_the_day_after_its_last_and_partly_kept_is_broken() -> None:
    rows = [
        Invoice(name, customer, issue, issue + 30)
        for name, customer, issue in (
            ("on the day", "C", 20),
            ("after", "C", 21),
            ("later", "C", 60),
            ("other", "D", 60),
        )
    ]
    promises = [
        Promise("C", 10, 20, "kept"),
        Promise("C", 10, 30, "partly_kept"),
        Promise("C", 50, 40, "broken"),
        Promise("C", 50, 59, "open"),
    ]
    con = book(rows, [], promises)
    features.prepare(con, day(100), SETTINGS)
    answers = frame(features.ask_at_issue(con, day(0), day(100))).set_index("invoice_id")
    found = {name: (int(answers.loc[name, "promise_n"]), int(answers.loc[name, "broken_n"])) for name in answers.index}
    assert found == {"on the day": (0, 0), "after": (1, 0), "later": (3, 2), "other": (0, 0)}


def test_a_bounce_after_closing_does_not_reach_back() -> None:
    rows = [Invoice("A", "C", 0, 30), Invoice("B", "C", 50, 80)]
    paid = [Application("A", 20), Application("A", 60, -100)]
    con = book(rows, paid)
    features.prepare(con, day(100), SETTINGS)
    answers = frame(features.ask_at_issue(con, day(0), day(100))).set_index("invoice_id")
    assert (answers.loc["B", "late_n"], answers.loc["B", "known_n"], answers.loc["B", "closed_n"]) == (0, 1, 1)
    assert answers.loc["A", "is_late"] == 0


def test_a_large_write_off_is_not_a_payment_and_a_small_one_rounds_off() -> None:
    rows = [Invoice("lost", "C", 0, 30), Invoice("rounded", "C", 0, 30)]
    paid = [
        Application("lost", 10, 40),
        Application("lost", 20, 60, "write_off"),
        Application("rounded", 10, 97),
        Application("rounded", 20, 3, "write_off"),
    ]
    con = book(rows, paid)
    features.prepare(con, day(100), SETTINGS)
    answers = frame(features.ask_at_issue(con, day(0), day(100))).set_index("invoice_id")
    assert answers["is_late"].to_dict() == {"lost": 1, "rounded": 0}
    assert pd.isna(answers.loc["lost", "settled_day"]) and answers.loc["lost", "closed_day"] == 20


def test_credits_prepayments_and_assumed_due_dates_are_no_examples() -> None:
    rows = [
        Invoice("credit", "C", 0, 30, -100, doc_type="credit_note"),
        Invoice("ahead", "C", 0, 30, -100, doc_type="prepayment"),
        Invoice("assumed", "C", 0, 0, due_basis="assumed"),
        Invoice("listed", "C", 0, 30, ledger="open_items"),
        Invoice("plain", "C", 0, 30),
        Invoice("next", "C", 50, 80),
    ]
    con = book(rows)
    features.prepare(con, day(100), SETTINGS)
    answers = frame(features.ask_at_issue(con, day(0), day(100))).set_index("invoice_id")
    assert answers["is_labelled"].to_dict() == {"assumed": 0, "listed": 0, "plain": 1, "next": 1}
    assert answers.loc["next", "known_n"] == 1


def test_grace_moves_the_day_on_which_an_item_is_late() -> None:
    con = book([Invoice("A", "C", 0, 30)], [Application("A", 33)])
    found = {}
    for grace in (0, 2, 3):
        features.prepare(con, day(100), Settings(late_grace_days=grace))
        found[grace] = int(features.ask_at_issue(con, day(0), day(100))["is_late"][0])
    assert found == {0: 1, 2: 1, 3: 0}


def test_the_open_book_asks_for_invoices_and_leaves_credits_out() -> None:
    rows = [Invoice("A", "C", 0, 30), Invoice("credit", "C", 0, 30, -50, doc_type="credit_note")]
    con = with_open_items(book(rows), day(10))
    features.prepare(con, day(10), SETTINGS)
    asked = features.ask_for_book(con, day(10))
    assert asked["cents"].tolist() == [10_000] and asked["day"].tolist() == [11]


def test_thinning_keeps_whole_customers_and_the_same_ones() -> None:
    con = random_book(1)
    features.prepare(con, day(700), SETTINGS)
    whole = dict(con.execute("select customer_key, count(*) from risk_outcomes group by 1").fetchall())
    features.prepare(con, day(700), SETTINGS, per_mille=300)
    thin = dict(con.execute("select customer_key, count(*) from risk_outcomes group by 1").fetchall())
    assert 0 < len(thin) < len(whole)
    assert all(whole[key] == count for key, count in thin.items())


def test_nothing_of_the_work_is_left_in_the_build() -> None:
    con = random_book(2, customers=5, invoices=40)
    before = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    features.prepare(con, day(700), SETTINGS)
    features.ask_at_issue(con, day(0), day(700))
    features.drop(con)
    assert {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()} == before


@pytest.mark.parametrize(
    ("due", "rest"),
    [
        (dt.date(2024, 2, 10), 8),  # New Year: closed until the 18th, a Sunday that is worked for a bridge day
        (dt.date(2024, 2, 18), 0),
        (dt.date(2024, 3, 2), 2),
        (dt.date(2024, 3, 1), 0),
    ],
)
def test_rest_days_follow_the_chinese_calendar(due: dt.date, rest: int) -> None:
    number = (due - features.EPOCH).days
    issue = number - 30
    con = book([Invoice("A", "C", issue, number)])
    features.prepare(con, due, SETTINGS)
    answers = features.ask_at_issue(con, day(0), due)
    x = features.matrix(answers, features.Context(0.3, 0.1, 0.1, 0.6, "CN"))
    assert x[0, features.NAMES.index("due_rest_days")] == rest
