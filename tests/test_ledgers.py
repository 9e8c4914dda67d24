"""The worked ledgers of the metric definitions, through the same commands a user types: import, build, export."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.__main__ import main

INVOICES = "Invoice No,Customer ID,Invoice Date,Due Date,Amount\n"
RECEIPTS = "Receipt No,Invoice No,Payment Date,Amount\n"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on an empty warehouse of the test's own; returns what it printed."""
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "warehouse"))
    monkeypatch.setenv("FIRSTPAID_LANGUAGE", "en")

    def command(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(main, list(arguments))
        assert result.exit_code == status, result.output
        return result.output

    return command


def load(run: Run, folder: Path, **files: str) -> None:
    """Import each text as the CSV file of that name."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        run("import", str(folder / f"{name}.csv"))


def table(run: Run, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("export", name))))


def aged(run: Run, as_of: str) -> dict[str, Decimal]:
    """Open amount by bucket as of a day, and the check that the list of open items adds up to the same."""
    run("build", "--as-of", as_of)
    buckets: dict[str, Decimal] = {}
    for row in table(run, "fct_aging"):
        buckets[row["bucket"]] = buckets.get(row["bucket"], Decimal(0)) + Decimal(row["open_base"])
    assert sum(buckets.values()) == sum(Decimal(row["open_base"]) for row in table(run, "fct_open_items"))
    return {bucket: amount.quantize(Decimal("0.01")) for bucket, amount in buckets.items()}


def test_partial_payments_age_by_the_original_due_date(run: Run, tmp_path: Path) -> None:
    """V1"""
    load(
        run,
        tmp_path,
        invoices=INVOICES + "A1,C1,2025-03-01,2025-03-31,1000.00\n",
        receipts=RECEIPTS + "R1,A1,2025-04-10,400.00\nR2,A1,2025-05-20,600.00\n",
    )
    assert aged(run, "2025-03-31") == {"not_due": 1000}
    assert aged(run, "2025-04-01") == {"1-30": 1000}
    assert aged(run, "2025-04-09") == {"1-30": 1000}
    assert aged(run, "2025-04-30") == {"1-30": 600}
    assert aged(run, "2025-05-01") == {"31-60": 600}
    assert aged(run, "2025-05-20") == {}


def test_money_before_the_invoice_waits_for_it(run: Run, tmp_path: Path) -> None:
    """V2"""
    load(
        run,
        tmp_path,
        invoices=INVOICES + 'B1,C1,2016-11-30,2017-02-28,"10,000.00"\n',
        receipts=RECEIPTS + 'R1,B1,2016-11-09,"1,500.00"\nR2,B1,2016-11-30,"1,000.00"\nR3,B1,2017-01-30,"2,000.00"\n',
    )
    assert aged(run, "2016-11-29") == {"unapplied": -1500}
    assert aged(run, "2016-11-30") == {"not_due": 7500}
    assert aged(run, "2017-04-04") == {"31-60": 5500}
    assert [row["days_past_due"] for row in table(run, "fct_open_items")] == ["35"]


def test_every_bucket_is_filled_once(run: Run, tmp_path: Path) -> None:
    """V3"""
    dues = {"2018-01-15": 500, "2017-12-15": 1000, "2017-11-15": 2000, "2017-10-15": 4000, "2017-09-15": 8000}
    rows = [f"D{place},C1,2017-07-01,{due},{amount}\n" for place, (due, amount) in enumerate(dues.items())]
    load(run, tmp_path, invoices=INVOICES + "".join(rows) + "D9,C1,2017-07-01,2017-08-15,160000\n")
    assert aged(run, "2017-12-31") == {
        "not_due": 500, "1-30": 1000, "31-60": 2000, "61-90": 4000, "91-120": 8000, "120+": 160000,
    }  # fmt: skip


def test_money_matched_later_stands_unapplied_until_then(run: Run, tmp_path: Path) -> None:
    """V4"""
    march = "".join(f"M{place},C1,2019-03-{10 + place},2019-04-{10 + place},10000\n" for place in range(5))
    receipts = "Receipt No,Customer ID,Invoice No,Payment Date,Applied Date,Amount\n"
    paid = "".join(f"R{place},C1,M{place},2019-05-15,2019-05-15,10000\n" for place in range(4))
    load(
        run,
        tmp_path,
        invoices=INVOICES + march + "A1,C1,2019-04-20,2019-05-20,100000\n",
        receipts=receipts + "R9,C1,M4,2019-02-11,2019-05-15,1000\n" + paid + "R8,C1,M4,2019-05-15,2019-05-15,9000\n",
    )
    at_april = aged(run, "2019-04-30")
    assert sum(at_april.values()) == 149000
    assert at_april["unapplied"] == -1000
    assert aged(run, "2019-05-31") == {"1-30": 100000}


def test_two_invoices_of_one_month(run: Run, tmp_path: Path) -> None:
    """V5"""
    load(
        run,
        tmp_path,
        invoices=INVOICES + "A,C1,2026-05-01,2026-05-31,105000\nB,C1,2026-05-15,2026-06-14,5250\n",
        receipts=RECEIPTS + "R1,A,2026-05-10,5000\nR2,A,2026-06-12,100000\nR3,B,2026-06-20,5250\n",
    )
    assert aged(run, "2026-05-05") == {"not_due": 105000}
    assert aged(run, "2026-05-15") == {"not_due": 105250}
    assert aged(run, "2026-06-30") == {}


def test_instalments_are_paid_oldest_first(run: Run, tmp_path: Path) -> None:
    """V6"""
    header = "Invoice No,Instalment No,Customer ID,Invoice Date,Due Date,Amount\n"
    load(
        run,
        tmp_path,
        invoices=header
        + "P,1,C1,2025-01-01,2025-02-01,30\nP,2,C1,2025-01-01,2025-03-01,50\nP,3,C1,2025-01-01,2025-04-01,20\n",
        receipts=RECEIPTS + "R1,P,2025-02-01,40\n",
    )
    run("build", "--as-of", "2025-02-10")
    opened = {row["instalment_no"]: Decimal(row["open_doc"]) for row in table(run, "fct_open_items")}
    assert opened == {"2": 40, "3": 20}


def test_a_cent_is_listed_and_less_is_not(run: Run, tmp_path: Path) -> None:
    """V8"""
    load(run, tmp_path, invoices=INVOICES + "S1,C1,2025-01-01,2025-01-31,0.01\nS2,C1,2025-01-01,2025-01-31,0.004\n")
    run("build", "--as-of", "2025-01-31")
    assert [row["invoice_id"] for row in table(run, "fct_open_items")] == ["S1"]
    assert [Decimal(row["ar_end_base"]) for row in table(run, "fct_receivables_monthly")] == [Decimal("0.01")]


def test_total_rows_are_set_aside_by_name(run: Run, tmp_path: Path) -> None:
    """V9"""
    text = "客户编码,单据编号,单据日期,到期日,金额\nC1,A,2025-01-01,2025-01-31,10\nC1,B,2025-01-02,2025-01-31,20\n"
    load(run, tmp_path, invoices=text + "C2,D,2025-01-03,2025-01-31,30\n小计,,,,60\n合计,,,,60\n")
    assert sum(aged(run, "2025-01-31").values()) == 60
    assert [(row["rows_read"], row["rows_accepted"], row["rows_rejected"]) for row in table(run, "imports")] == [
        ("5", "3", "2")
    ]


def test_countback_walks_back_through_the_months(run: Run, tmp_path: Path) -> None:
    """900,000 / 31 days, 800,000 / 28 days and 700,000 / 31 days of sales against 2,100,000 open: 76.71 days."""
    load(
        run,
        tmp_path,
        invoices=INVOICES
        + "J,C1,2025-01-10,2025-12-31,700000\nF,C1,2025-02-10,2025-12-31,800000\nM,C1,2025-03-10,2025-12-31,900000\n",
        receipts=RECEIPTS + "R1,J,2025-03-20,300000\n",
    )
    run("build", "--as-of", "2025-03-31")
    march = next(
        row for row in table(run, "fct_dso_monthly") if (row["month_end"], row["scope"]) == ("2025-03-31", "total")
    )
    assert round(float(march["dso_countback"]), 2) == 76.71
    assert round(float(march["dso_simple"]), 2) == 78.75  # 2,100,000 / 2,400,000 x 90 days
    assert march["is_lower_bound"] == "false"


def test_a_balance_older_than_the_history_is_a_lower_bound(run: Run, tmp_path: Path) -> None:
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Document Type\n"
    load(
        run,
        tmp_path,
        invoices=header + "A,C1,2025-03-10,2025-04-10,1000,Invoice\nB,C1,2025-03-12,2025-04-12,400,Credit Note\n",
    )
    run("build", "--as-of", "2025-03-31")
    total = next(row for row in table(run, "fct_dso_monthly") if row["scope"] == "total")
    assert (total["dso_countback"], total["is_lower_bound"]) == ("31.0", "false")
    load(
        run,
        tmp_path,
        earlier=header + "Z,C1,2025-02-10,2025-02-20,500,Credit Note\nY,C1,2025-02-10,2025-02-20,900,Invoice\n",
    )
    run("build", "--as-of", "2025-03-31")
    rows = [row for row in table(run, "fct_dso_monthly") if row["scope"] == "total"]
    assert [round(float(row["dso_countback"]), 2) for row in rows] == [28.0, 59.0]


def test_an_open_items_list_has_no_sales_and_says_so(run: Run, tmp_path: Path) -> None:
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Open Balance\n"
    load(run, tmp_path, open_items=header + "A,C1,2025-01-10,2025-02-10,1000,400\nB,C1,2025-01-20,2025-02-20,500,500\n")
    run("build", "--as-of", "2025-01-31")
    assert {row["not_computable_reason"] for row in table(run, "fct_dso_monthly")} == {"open_items_only"}
    assert {row["dso_simple"] + row["dso_countback"] + row["cei"] for row in table(run, "fct_dso_monthly")} == {""}


def test_a_missing_rate_publishes_nothing_and_is_named(run: Run, tmp_path: Path) -> None:
    load(run, tmp_path, first=INVOICES + "A,C1,2025-01-10,2025-02-10,1000\n")
    run("build", "--as-of", "2025-01-31")
    before = table(run, "build_info")
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency\n"
    load(run, tmp_path, foreign=header + "U,C1,2025-01-15,2025-02-15,100,USD\n")
    assert "USD" in run("build", "--as-of", "2025-01-31", status=1)
    assert table(run, "build_info") == before


def test_foreign_invoices_leave_no_residue_in_base(run: Run, tmp_path: Path) -> None:
    """Three payments of a third of 100 USD at 7.1234 leave 0 in both currencies, and the month rolls forward."""
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency\n"
    paid = "Receipt No,Invoice No,Payment Date,Amount,Currency\n"
    load(
        run,
        tmp_path,
        rates="Currency,Rate Date,Rate\nUSD,2025-01-01,7.1234\nUSD,2025-02-01,7.2\n",
        invoices=header + "U,C1,2025-01-15,2025-02-15,100,USD\n",
        receipts=paid + "R1,U,2025-02-02,33.33,USD\nR2,U,2025-02-03,33.33,USD\nR3,U,2025-02-04,33.34,USD\n",
    )
    assert aged(run, "2025-01-31") == {"not_due": Decimal("712.34")}
    assert aged(run, "2025-02-28") == {}
    assert [Decimal(row["ar_end_base"]) for row in table(run, "fct_receivables_monthly")] == [Decimal("712.34"), 0]


def test_exchange_differences_are_rows_of_their_own(run: Run, tmp_path: Path) -> None:
    """V7: the invoice stays at its booking rate; what the rates have changed since stands beside it, open and paid."""
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency\n"
    paid = "Receipt No,Invoice No,Payment Date,Amount,Currency\n"
    load(
        run,
        tmp_path,
        rates="Currency,Rate Date,Rate\nUSD,2025-01-01,80\nUSD,2025-02-01,85\nUSD,2025-03-01,78\n",
        invoices=header + "U,C1,2025-01-15,2025-02-15,100,USD\n",
        receipts=paid + "R1,U,2025-03-02,40,USD\n",
    )

    def differences() -> dict[str, tuple[Decimal, Decimal]]:
        rows = table(run, "fct_exchange_differences")
        assert all(row["invoice_id"] == "U" and row["currency"] == "USD" for row in rows)
        return {row["kind"]: (Decimal(row["amount_doc"]), Decimal(row["amount_base"])) for row in rows}

    assert aged(run, "2025-01-31") == {"not_due": Decimal("8000.00")}
    assert differences() == {}
    assert aged(run, "2025-02-01") == {"not_due": Decimal("8000.00")}
    assert [Decimal(row["open_doc"]) for row in table(run, "fct_open_items")] == [100]
    assert differences() == {"unrealised": (0, 500)}
    assert aged(run, "2025-03-31") == {"31-60": Decimal("4800.00")}
    assert differences() == {"unrealised": (0, -120), "realised": (0, -80)}


def test_a_credit_note_spent_by_a_receipt_line_is_no_new_money(run: Run, tmp_path: Path) -> None:
    header = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Document Type\n"
    paid = "Receipt No,Invoice No,Payment Date,Amount,Kind\n"
    load(
        run,
        tmp_path,
        invoices=header + "A,C1,2025-01-10,2025-02-10,1000,Invoice\nCN1,C1,2025-01-20,2025-01-20,200,Credit Note\n",
        receipts=paid + "CN1,A,2025-02-05,200,credit\nR1,A,2025-02-06,800,payment\n",
    )
    assert aged(run, "2025-01-31") == {"not_due": 1000, "unapplied": -200}
    assert aged(run, "2025-02-28") == {}
    sums = {row["month_end"]: row for row in table(run, "fct_receivables_monthly")}
    assert Decimal(sums["2025-01-31"]["credited_base"]) == 200
    assert (Decimal(sums["2025-02-28"]["collected_base"]), Decimal(sums["2025-02-28"]["credited_base"])) == (800, 0)
