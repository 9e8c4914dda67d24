"""Roll rates and the provision that follows from them, on ledgers small enough to work out by hand."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from pipelines.reporting import queries_cash
from pipelines.reporting.queries import Connection, Scope
from tests.small_ledgers import INVOICES, RECEIPTS, built


def rolled(con: Connection) -> dict[tuple[str, str], Decimal]:
    rows = con.execute("select from_bucket, to_bucket, sum(amount_base) from fct_roll_rates group by all").fetchall()
    return {(source, target): amount for source, target, amount in rows}


def test_money_rolls_on_is_paid_or_is_given_up(tmp_path: Path) -> None:
    """1,000 at the end of January: 300 paid, 50 credited and 100 written off in February, 550 one bucket older."""
    con = built(
        tmp_path,
        "2025-02-28",
        {
            "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-20,1000,R1\nB,C1,2025-02-10,2025-03-10,400,R1",
            "receipts": f"""{RECEIPTS}
                P1,A,2025-02-05,300,payment
                P2,A,2025-02-06,50,discount
                P3,A,2025-02-07,100,write_off""",
        },
    )
    assert rolled(con) == {
        ("1-30", "31-60"): 550,
        ("1-30", "paid"): 300,
        ("1-30", "credited"): 50,
        ("1-30", "written_off"): 100,
    }
    rates = dict(con.execute("select to_bucket, rate from fct_roll_rates").fetchall())
    assert rates == pytest.approx({"31-60": 0.55, "paid": 0.3, "credited": 0.05, "written_off": 0.1})


def test_a_bounce_reopens_and_is_no_negative_collection(tmp_path: Path) -> None:
    """600 paid in January bounce in February: 400 rolled on, and the 600 rolled out of nothing."""
    con = built(
        tmp_path,
        "2025-03-31",
        {
            "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-20,1000,R1",
            "receipts": f"{RECEIPTS}\nP1,A,2025-01-25,600,payment\nP2,A,2025-02-10,-600,payment",
        },
    )
    assert rolled(con) == {("1-30", "31-60"): 400, ("31-60", "61-90"): 1000}


def test_a_month_longer_than_a_bucket_may_skip_one(tmp_path: Path) -> None:
    """30 days past due at the end of June is 61 at the end of July."""
    con = built(tmp_path, "2025-07-31", {"invoices": f"{INVOICES}\nA,C1,2025-05-01,2025-05-31,100,R1"})
    assert rolled(con) == {("not_due", "1-30"): 100, ("1-30", "61-90"): 100}


def test_paid_invoices_are_unknown_to_an_open_items_list(tmp_path: Path) -> None:
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Open Balance"
    con = built(tmp_path, "2025-03-31", {"open_items": f"{header}\nA,C1,2025-01-10,2025-02-10,1000,400"})
    assert rolled(con) == {}
    assert queries_cash.roll_rates(con, Scope()).empty
    assert queries_cash.provision(con, Scope())["loss_rate"][:-1].isna().all()


GOLDEN = f"""{INVOICES}
    N1,C1,2025-05-20,2025-06-15,3000,R1
    N2,C2,2025-05-20,2025-06-15,7000,R2
    O1,C1,2025-05-01,2025-05-20,1200,R1
    O2,C2,2025-05-01,2025-05-20,1800,R2
    P1,C1,2025-03-20,2025-04-20,600,R1
    P2,C2,2025-03-20,2025-04-20,600,R2
    Q1,C1,2025-02-20,2025-03-20,300,R1
    Q2,C2,2025-02-20,2025-03-20,200,R2
    Z1,C1,2025-06-10,2025-07-10,10000,R1"""
PAID = f"""{RECEIPTS}
    1,N2,2025-06-10,7000,payment
    2,O2,2025-06-11,1800,payment
    3,P2,2025-06-12,600,payment
    4,Q2,2025-06-13,200,payment"""


def test_the_worked_provision(tmp_path: Path) -> None:
    """m = 30, 40, 50, 60 %, all of the oldest lost; 10,000 / 3,000 / 1,200 / 600 / 300 open: 1,740."""
    con = built(tmp_path, "2025-06-30", {"invoices": GOLDEN, "receipts": PAID}, bucket_edges=(0, 30, 60, 90))
    found = queries_cash.provision(con, Scope(), months=1)
    assert list(found["open_base"]) == [10000, 3000, 1200, 600, 300]
    assert list(found["migration_rate"][:4]) == pytest.approx([0.3, 0.4, 0.5, 0.6])
    assert list(found["loss_rate"]) == pytest.approx([0.036, 0.12, 0.3, 0.6, 1.0])
    assert list(found["provision_base"]) == [360, 360, 360, 360, 300]
    assert found["provision_base"].sum() == 1740
    assert queries_cash.provision(con, Scope(), 1, 0.1)["provision_base"].sum() == pytest.approx(1914)
    assert queries_cash.provision(con, Scope(), 1, 0.0, 0.5)["provision_base"].sum() == pytest.approx(870)


def test_a_rep_sees_the_rates_of_their_own_customers(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-06-30", {"invoices": GOLDEN, "receipts": PAID}, bucket_edges=(0, 30, 60, 90))
    theirs = queries_cash.roll_rates(con, Scope(reps=("R2",)), 1)
    assert set(theirs["to_bucket"]) == {"paid"}
    both = sum(queries_cash.roll_rates(con, Scope(reps=(rep,)), 1)["amount_base"].sum() for rep in ("R1", "R2"))
    assert both == queries_cash.roll_rates(con, Scope(), 1)["amount_base"].sum()


def test_a_bucket_without_a_past_has_no_rate(tmp_path: Path) -> None:
    """Nothing ever stood in 61-90, so what is younger has no loss rate either; the oldest has."""
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-05-01,2025-05-20,100,R1",
        "receipts": f"{RECEIPTS}\nP,A,2025-06-10,40,payment",
    }
    con = built(tmp_path, "2025-06-30", files, bucket_edges=(0, 30, 60, 90))
    found = queries_cash.provision(con, Scope()).set_index("bucket")
    assert found.loc["1-30", "migration_rate"] == pytest.approx(0.6)
    assert found.loc[["not_due", "1-30", "31-60", "61-90"], "loss_rate"].isna().all()
    assert found.loc["90+", "loss_rate"] == 1


def test_the_trend_is_the_share_that_moved_on(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-06-30", {"invoices": GOLDEN, "receipts": PAID}, bucket_edges=(0, 30, 60, 90))
    trend = queries_cash.roll_trend(con, Scope())
    june = trend[trend["month_end"] == trend["month_end"].max()].set_index("bucket")
    assert dict(june["rate"]) == pytest.approx({"not_due": 0.3, "1-30": 0.4, "31-60": 0.5, "61-90": 0.6})
    for bucket, months in trend.groupby("bucket"):
        last = months[months["month_end"] > pd.Timestamp("2025-03-31")]
        pooled = (last["rate"] * last["balance_base"]).sum() / last["balance_base"].sum()
        assert june.loc[bucket, "rate_3"] == pytest.approx(pooled)
