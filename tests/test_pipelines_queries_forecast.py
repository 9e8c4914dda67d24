"""The cash forecast: it adds up to what is open, never lies in the past, and follows the payer's habit."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.building import publish
from pipelines.collecting import journal
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries, queries_cash
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built, no_risk


def habit(customer: str, late: int, count: int, start: dt.date, step: int = 9) -> tuple[str, str]:
    """`count` invoices of a customer, each paid `late` days after its due date."""
    bills, paid = "", ""
    for place in range(count):
        due = start + dt.timedelta(days=step * place)
        bills += f"{customer}{place},{customer},{due - dt.timedelta(days=30)},{due},1000,R1\n"
        paid += f"P{customer}{place},{customer}{place},{due + dt.timedelta(days=late)},1000,payment\n"
    return bills, paid


def ledger(open_items: str, *parts: tuple[str, str], more_paid: str = "") -> dict[str, str]:
    return {
        "invoices": f"{INVOICES}\n" + "".join(bills for bills, _ in parts) + open_items,
        "receipts": f"{RECEIPTS}\n" + "".join(paid for _, paid in parts) + more_paid,
    }


def expected(con: Connection, customer: str) -> list[float]:
    rows = con.execute(
        "select weeks.week_no, coalesce(sum(cash.expected_base), 0) from ref_weeks as weeks "
        "left join fct_cash_forecast as cash on weeks.week_start = cash.week_start and cash.customer_id = ? "
        "group by all order by 1",
        [customer],
    ).fetchall()
    return [float(amount) for _, amount in rows]


def test_each_customer_is_expected_by_its_own_habit(tmp_path: Path) -> None:
    """Both are due on the as-of date; one always pays 3 days late, the other 24."""
    start = dt.date(2025, 1, 6)
    files = ledger(
        "NF,F,2025-11-30,2025-12-31,500,R1\nNS,S,2025-11-30,2025-12-31,500,R1\n",
        habit("F", 3, 30, start), habit("S", 24, 30, start),
    )  # fmt: skip
    con = built(tmp_path, "2025-12-31", files)
    fast, slow = expected(con, "F"), expected(con, "S")
    assert fast[0] > 250 and fast[0] == max(fast)
    assert slow[3] > 200 and slow[3] == max(slow)
    assert sum(fast) <= 500 and sum(slow) <= 500


def test_the_weeks_begin_after_the_as_of_date_and_add_up(tmp_path: Path) -> None:
    files = ledger(
        "N1,F,2025-11-30,2025-12-31,500,R1\nN2,F,2025-06-01,2025-06-30,900,R2\nN3,G,2025-12-20,2026-03-20,40,R2\n",
        habit("F", 5, 20, dt.date(2025, 2, 3)),
    )
    con = built(tmp_path, "2025-12-31", files)
    weeks = queries_cash.cash_forecast(con, Scope())
    assert [day.date() for day in weeks["week_start"]] == [
        dt.date(2026, 1, 1) + dt.timedelta(days=7 * week) for week in range(13)
    ]
    assert (weeks["p10_base"] >= 0).all() and (weeks["p10_base"] <= weeks["expected_base"] + 1e-6).all()
    assert (weeks["expected_base"] <= weeks["p90_base"] + 1e-6).all() and (weeks["p90_base"] <= 1440).all()
    whole = queries_cash.cash_summary(con, Scope())
    assert whole["to_come_base"] == 1440 == whole["expected_base"] + whole["later_base"]
    assert float(whole["expected_base"]) == pytest.approx(weeks["expected_base"].sum())
    by_customer = queries_cash.cash_by_customer(con, Scope())
    assert by_customer["to_come_base"].sum() == 1440
    assert queries_cash.cash_summary(con, Scope(reps=("R1",)))["to_come_base"] == 500


def test_money_in_hand_is_not_expected_again(tmp_path: Path) -> None:
    """900 open and 300 on account: 600 to come. More on account than open: nothing."""
    open_items = "N1,F,2025-11-30,2025-12-31,900,R1\nN2,G,2025-11-30,2025-12-31,100,R1\n"
    files = ledger(open_items, habit("F", 5, 20, dt.date(2025, 2, 3)))
    invoices = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Document Type"
    files["credits"] = (
        f"{invoices}\nK1,F,2025-12-01,2025-12-01,300,Credit Note\nK2,G,2025-12-01,2025-12-01,150,Credit Note"
    )
    con = built(tmp_path, "2025-12-31", files)
    found = queries_cash.cash_by_customer(con, Scope()).set_index("customer_id")["to_come_base"]
    assert dict(found) == {"F": 600}


def test_runs_collect_the_money_of_the_days_around_them(tmp_path: Path) -> None:
    """A payer that pays on Fridays only, five days after due or so, is expected in every week with a Friday."""
    fridays = [dt.date(2025, 3, 7) + dt.timedelta(days=7 * week) for week in range(40)]
    bills, paid = "", ""
    for place, day in enumerate(fridays):
        due = day - dt.timedelta(days=5)
        bills += f"F{place},F,{due - dt.timedelta(days=30)},{due},1000,R1\n"
        paid += f"P{place},F{place},{day},1000,payment\n"
    # As of Thursday 1 January 2026; due on the Sunday after, so the Friday after that: day 8, in the second week.
    con = built(tmp_path, "2026-01-01", ledger("N,F,2025-12-04,2026-01-04,800,R1\n", (bills, paid)))
    weeks = expected(con, "F")
    assert weeks[1] == max(weeks) and weeks[1] > 500


def test_without_a_payment_ever_seen_nothing_is_forecast(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-12-31", {"invoices": f"{INVOICES}\nA,C1,2025-11-01,2025-11-30,100,R1"})
    whole = queries_cash.cash_summary(con, Scope())
    assert (whole["has_history"], whole["to_come_base"], whole["expected_base"]) == (False, 100, 0)
    assert con.execute("select count(*) from fct_cash_forecast").fetchone() == (0,)


def test_a_written_off_invoice_is_no_payment(tmp_path: Path) -> None:
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-09-01,2025-09-30,100,R1\nB,C1,2025-11-01,2025-11-30,100,R1",
        "receipts": f"{RECEIPTS}\nW,A,2025-10-20,100,write_off",
    }
    con = built(tmp_path, "2025-12-31", files)
    assert not queries_cash.cash_summary(con, Scope())["has_history"]


def test_an_earlier_forecast_is_compared_with_what_came(tmp_path: Path) -> None:
    """As of 30 November 500 was open; it came on 10 December, in the second week."""
    files = ledger(
        "N,F,2025-11-05,2025-12-05,500,R1\n", habit("F", 5, 30, dt.date(2025, 1, 6)), more_paid="PN,N,2025-12-10,500,\n"
    )
    built(tmp_path, "2025-11-30", files).close()
    con = built(tmp_path, "2025-12-31", {})
    settings = Settings(home=tmp_path / "warehouse")
    now = queries.published(settings)
    assert now is not None
    earlier = queries_cash.earlier_builds(settings, now)
    assert [day for _, day in earlier] == [dt.date(2025, 11, 30)]
    compared = queries_cash.forecast_against_actual(con, Scope(), earlier[0][0])
    assert list(compared["week_no"]) == [1, 2, 3, 4]
    assert list(compared["received_base"]) == [0, 500, 0, 0]
    assert compared["expected_base"][1] == compared["expected_base"].max()
    assert queries_cash.forecast_against_actual(con, Scope(), str(tmp_path / "none.duckdb")).empty


@pytest.mark.parametrize(
    ("promised", "week"), [(dt.date(2026, 1, 1), 0), (dt.date(2026, 1, 7), 0), (dt.date(2026, 1, 8), 1)]
)
def test_what_is_promised_comes_in_its_week(tmp_path: Path, promised: dt.date, week: int) -> None:
    """400 of 500 promised, nothing known of how promises are kept: three in four count, 300 in that week."""
    files = ledger("N,S,2025-11-30,2025-12-31,500,R1\n", habit("S", 60, 30, dt.date(2025, 1, 6)))
    before = expected(built(tmp_path, "2025-12-31", files), "S")
    settings = Settings(home=tmp_path / "warehouse")
    payload = {"promised_on": promised, "amount": "400", "currency": "CNY"}
    noon = dt.datetime(2025, 12, 30, 4, tzinfo=dt.UTC)
    journal.append(settings, "promise", Subject("main", "S", None), payload, who="R1", debt=Decimal(10**9), now=noon)
    after = expected(built(tmp_path, "2025-12-31", {}), "S")
    for each, (was, now) in enumerate(zip(before, after, strict=True)):
        # The rest of the invoice, 500 - 300, keeps to the habit.
        assert now == pytest.approx(was * 0.4 + (300 if each == week else 0), abs=0.02)


BY_INSTALMENT = f"""{INVOICES},Instalment
    N,S,2025-11-30,2025-12-31,300,R1,1
    N,S,2025-11-30,2026-01-31,300,R2,2
    N,S,2025-11-30,2026-02-28,300,R3,3"""
NOON = dt.datetime(2025, 12, 30, 4, tzinfo=dt.UTC)


def by_rep(con: Connection) -> dict[str, list[float]]:
    """The expected receipts of the instalments of BY_INSTALMENT, each of a rep of its own."""
    reps = ("R1", "R2", "R3")
    return {rep: list(queries_cash.cash_forecast(con, Scope(reps=(rep,)))["expected_base"]) for rep in reps}


@pytest.mark.parametrize("form", ["bill", "promise"])
def test_what_names_an_invoice_covers_what_falls_due_first_of_it(tmp_path: Path, form: str) -> None:
    """Two of 250 each, the earlier in week 2, the later in week 5: they reach the second instalment and not the third.

    19 of 20 bills count, and three in four promises.
    """
    bills, paid = habit("H", 60, 30, dt.date(2025, 1, 6))
    own = "\n".join(f"{line},1" for line in bills.splitlines())
    files = {"invoices": f"{BY_INSTALMENT}\n{own}", "receipts": f"{RECEIPTS}\n{paid}"}
    before = by_rep(built(tmp_path, "2025-12-31", files))
    settings = Settings(home=tmp_path / "warehouse")
    # The later one is entered first.
    for number, day in (("B2", dt.date(2026, 2, 3)), ("B1", dt.date(2026, 1, 13))):
        amount = {"amount": "250", "currency": "CNY"}
        if form == "bill":
            stated = {"state": "received", "number": number, "due_on": day}
            journal.append(settings, "bill", Subject("main", "S", "N"), stated | amount, who="R1", now=NOON)
        else:
            subject, debt = Subject("main", "S", "N"), Decimal(10**9)
            payload = {"promised_on": day} | amount
            journal.append(settings, "promise", subject, payload, who="R1", debt=debt, now=NOON)
    after = by_rep(built(tmp_path, "2025-12-31", {}))
    counts = 0.95 if form == "bill" else 0.75
    covered = {"R1": {1: 250.0, 4: 50.0}, "R2": {4: 200.0}, "R3": {}}
    for rep, parts in covered.items():
        left = 1 - counts * sum(parts.values()) / 300
        for week, (was, now) in enumerate(zip(before[rep], after[rep], strict=True)):
            assert now == pytest.approx(was * left + counts * parts.get(week, 0.0), abs=0.02), (rep, week)


def test_a_promise_that_names_no_invoice_is_spread_over_all_that_is_owed(tmp_path: Path) -> None:
    """Of 900 owed 450 are promised, of which three in four count: 112.50 of each instalment, in the second week."""
    bills, paid = habit("H", 60, 30, dt.date(2025, 1, 6))
    own = "\n".join(f"{line},1" for line in bills.splitlines())
    files = {"invoices": f"{BY_INSTALMENT}\n{own}", "receipts": f"{RECEIPTS}\n{paid}"}
    before = by_rep(built(tmp_path, "2025-12-31", files))
    settings = Settings(home=tmp_path / "warehouse")
    payload = {"promised_on": dt.date(2026, 1, 13), "amount": "450", "currency": "CNY"}
    journal.append(settings, "promise", Subject("main", "S"), payload, who="R1", debt=Decimal(10**9), now=NOON)
    after = by_rep(built(tmp_path, "2025-12-31", {}))
    for rep, weeks in after.items():
        for week, (was, now) in enumerate(zip(before[rep], weeks, strict=True)):
            assert now == pytest.approx(was * 0.625 + (112.5 if week == 1 else 0), abs=0.02), (rep, week)


@pytest.fixture(scope="module")
def sample(sample_warehouse: Path) -> Iterator[Connection]:
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as con:
        yield con


def test_the_forecast_of_all_is_the_sum_of_the_regions(sample: Connection) -> None:
    whole = queries_cash.cash_forecast(sample, Scope())
    regions = queries.filter_values(sample, Scope())["regions"]
    parts = [queries_cash.cash_forecast(sample, Scope(regions=(region,))) for region in regions]
    for week in range(13):
        together = sum(part["expected_base"][week] for part in parts)
        assert together == pytest.approx(whole["expected_base"][week], abs=0.01)
    width = whole["p90_base"] - whole["p10_base"]
    apart = sum(part["p90_base"] - part["p10_base"] for part in parts)
    assert (width <= apart + 0.01).all(), "independent items even out"


def test_customers_and_the_table_add_up_to_the_weeks(sample: Connection) -> None:
    weeks = queries_cash.cash_forecast(sample, Scope())
    customers = queries_cash.cash_by_customer(sample, Scope())
    assert customers["expected_base"].is_monotonic_decreasing
    assert customers["expected_base"].sum() == pytest.approx(weeks["expected_base"].sum(), abs=0.01)
    assert customers["soon_base"].sum() == pytest.approx(weeks["expected_base"].head(4).sum(), abs=0.01)
    table = sample.execute("select sum(expected_base), count(distinct week_start) from fct_cash_forecast").fetchone()
    assert table is not None and table[1] == 13
    assert float(table[0]) == pytest.approx(weeks["expected_base"].sum(), abs=0.01)


def test_a_past_forecast_of_the_sample_came_true(sample: Connection, sample_warehouse: Path, tmp_path: Path) -> None:
    """Thirteen weeks from the end of 2025: the total within a tenth, and the weeks mostly where money really came."""
    (tmp_path / "imports").symlink_to(sample_warehouse / "imports")
    then = Settings(home=tmp_path)
    publish.build(then, as_of=dt.date(2025, 12, 31), score=no_risk)
    before = queries.published(then)
    assert before is not None
    weeks = queries_cash.forecast_against_actual(sample, Scope(), str(before.path))
    assert len(weeks) == 13
    received = weeks["received_base"].sum()
    assert weeks["expected_base"].sum() == pytest.approx(received, rel=0.1)
    assert (weeks["expected_base"] - weeks["received_base"]).abs().sum() < 0.35 * received
    inside = weeks["received_base"].between(weeks["p10_base"], weeks["p90_base"])
    assert inside.sum() >= 7, "an 80 % range holds at least half of the weeks"
