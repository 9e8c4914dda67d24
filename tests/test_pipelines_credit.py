"""Credit given beyond policy, the money that sales tie up, and margin after costs."""

import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built

from pipelines.collecting import follow_up, journal, journal_read, margins
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.reporting import queries_credit
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

AS_OF = dt.date(2025, 12, 31)
SINCE = AS_OF - dt.timedelta(days=365)
CUSTOMERS = "Customer ID,Customer Name,Credit Limit,Sales Rep\nC1,One,1500,R1\nC2,Two,,R2"


def given(home: Path, invoices: str, receipts: str = "", scope: Scope | None = None) -> pd.DataFrame:
    files = {"invoices": f"{INVOICES}\n{invoices}", "customers": CUSTOMERS}
    files |= {"receipts": f"{RECEIPTS}\n{receipts}"} if receipts else {}
    con = built(home, "2025-12-31", files)
    return queries_credit.credit_given(con, scope or Scope(), SINCE, 60, 30).set_index("customer_id")


def test_terms_beyond_policy_are_counted_and_assumed_dates_are_not(tmp_path):
    lines = """A1,C1,2025-02-01,2025-04-02,100,R1
    A2,C1,2025-02-01,2025-04-03,200,R1
    A3,C2,2025-12-01,,400,R2"""
    found = given(tmp_path, lines)
    assert found.loc["C1", ["long_terms_base", "long_invoices", "worst_terms_days"]].tolist() == [200, 1, 61]
    assert found.loc["C2", "long_invoices"] == 0


def test_an_invoice_in_instalments_is_one_invoice(tmp_path):
    """Two of its three instalments are due later than the policy allows, all were sold while A1 was overdue."""
    header = "Invoice No,Instalment,Customer ID,Invoice Date,Due Date,Amount,Sales Rep"
    rows = "A1,1,C1,2024-12-01,2024-12-31,10,R1\n" + "\n".join(
        f"A2,{n},C1,2025-03-01,2025-0{3 + n}-28,100,R1" for n in (1, 2, 3)
    )
    con = built(tmp_path, "2025-12-31", {"invoices": f"{header}\n{rows}", "customers": CUSTOMERS})
    found = queries_credit.credit_given(con, Scope(), SINCE, 60, 30).iloc[0]
    counted = found[["long_terms_base", "long_invoices", "sold_overdue_base", "sold_overdue_invoices"]]
    assert counted.tolist() == [200, 1, 300, 1]


@pytest.mark.parametrize(
    ("sold_on", "counts"),
    [
        ("2025-03-02", False),  # 30 days overdue: allowed
        ("2025-03-03", True),
        ("2025-06-29", True),
        ("2025-06-30", False),  # paid on that day
    ],
)
def test_sold_while_overdue_begins_after_the_stop_days_and_ends_with_the_payment(tmp_path, sold_on, counts):
    lines = f"""A1,C1,2024-12-01,2025-01-31,1000,R1
    A2,C1,{sold_on},{sold_on},70,R1"""
    found = given(tmp_path, lines, "P1,A1,2025-06-30,1000,")
    assert found.loc["C1", "sold_overdue_invoices"] == int(counts)
    assert found.loc["C1", "sold_overdue_base"] == (70 if counts else 0)


def test_limit_use_and_what_lies_above_the_limit(tmp_path):
    lines = "A1,C1,2025-11-01,2025-12-01,1800,R1\nA2,C2,2025-11-01,2025-12-01,50,R2"
    found = given(tmp_path, lines)
    assert found.loc["C1", ["limit_use", "over_limit_base"]].tolist() == [1.2, 300]
    assert pd.isna(found.loc["C2", "limit_use"]), "no limit is known"


def test_a_limit_of_nothing_is_none(tmp_path):
    """Where no limit is set, systems write 0: nothing is above it, and no part of it is used."""
    customers = f"{CUSTOMERS}\nC3,Three,0,R1"
    lines = "A1,C1,2025-12-01,2026-01-20,1800,R1\nA3,C3,2025-12-01,2026-01-20,5000,R1"
    con = built(tmp_path, "2025-12-31", {"invoices": f"{INVOICES}\n{lines}", "customers": customers})
    found = queries_credit.credit_given(con, Scope(), SINCE, 60, 30).set_index("customer_id")
    assert found.loc["C1", "over_limit_base"] == 300
    assert found.loc["C3", ["credit_limit_base", "limit_use", "over_limit_base"]].isna().all()
    assert con.execute("select customer_id from fct_early_warnings").fetchall() == [("C1",)]


def test_a_rep_sees_what_they_sold_themselves(tmp_path):
    lines = "A1,C1,2025-11-01,2025-12-01,1800,R1\nA2,C1,2025-11-01,2025-12-01,50,R2"
    assert given(tmp_path, lines, scope=Scope(reps=("R2",))).loc["C1", "sales_base"] == 50


def tied_up(home: Path, invoices: str, receipts: str) -> dict[str, float]:
    con = built(home, "2025-12-31", {"invoices": f"{INVOICES}\n{invoices}", "receipts": f"{RECEIPTS}\n{receipts}"})
    return queries_credit.tied_up(con, Scope(), SINCE, AS_OF).iloc[0].to_dict()


def test_money_is_tied_up_from_issue_until_it_is_paid(tmp_path):
    """1,000 open for 10 days, then 400 for 20 more, are 18,000 amount-days."""
    line = "A1,C1,2025-03-01,2025-04-01,1000,R1"
    found = tied_up(tmp_path, line, "P1,A1,2025-03-11,600,\nP2,A1,2025-03-31,400,")
    assert (found["sales_base"], found["amount_days"]) == (1000, 18_000)


def test_only_the_days_of_the_period_count(tmp_path):
    line = "A1,C1,2024-06-01,2024-07-01,1000,R1"
    found = tied_up(tmp_path, line, "P1,A1,2024-12-01,400,\nP2,A1,2025-01-10,100,write_off\nP3,A1,2025-01-20,500,")
    assert (found["sales_base"], found["written_off_base"]) == (0, 100)
    assert found["amount_days"] == 600 * 10 + 500 * 10


FRAME = ["entity_id", "customer_id", "customer_name", "rep", "sales_base", "amount_days", "written_off_base"]


def after(now: list[tuple], before: list[tuple], losses: list[tuple], **shares: float) -> pd.DataFrame:
    def frame(rows: list[tuple]) -> pd.DataFrame:
        return pd.DataFrame([("main", who, who, rep, *rest) for who, rep, *rest in rows], columns=FRAME)

    owed = pd.DataFrame([("main", *row) for row in losses], columns=[*margins.KEYS, "expected_loss_base"])
    by_customer = {("main", who): share for who, share in shares.items()}
    return margins.after_costs(frame(now), frame(before), owed, by_customer, Settings(carrying_rate_year=0.073))


def test_margin_is_what_is_left_after_carrying_loss_and_write_offs():
    """Sales 10,000 at 20 % less 1,000,000 amount-days at 7.3 % a year (200), 150 expected and 50 written off."""
    found = after([("C1", "R1", 10_000, 1_000_000, 50)], [], [("C1", "R1", 150)], C1=0.2)
    (row,) = margins.by(found, ["customer_id"]).to_dict("records")
    assert (row["gross_base"], row["carrying_base"]) == (2000, pytest.approx(200))
    assert row["margin_base"] == pytest.approx(1600)
    assert row["margin_share"] == pytest.approx(0.16)
    assert row["verdict"] == ""


def test_selling_more_and_earning_less_is_named():
    now = [("C1", "R1", 12_000, 9_000_000, 0), ("C2", "R1", 12_000, 1_000, 0), ("C3", "R1", 900, 9_000_000, 0)]
    before = [("C1", "R1", 10_000, 1_000_000, 0), ("C2", "R1", 10_000, 1_000, 0), ("C3", "R1", 1000, 9_000_000, 0)]
    found = after(now, before, [], C1=0.2, C2=0.2, C3=0.2)
    verdicts = margins.by(found, ["customer_id"]).set_index("customer_id")["verdict"].to_dict()
    assert verdicts == {"C1": "more_for_less", "C2": "", "C3": "loss"}


def test_without_a_gross_margin_there_is_no_figure_and_it_is_said():
    now = [("C1", "R1", 10_000, 0, 0), ("C2", "R1", 500, 0, 0)]
    found = after(now, [], [], C1=0.2)
    customers = margins.by(found, ["customer_id"]).set_index("customer_id")
    assert pd.isna(customers.loc["C2", "margin_base"]) and customers.loc["C2", "not_given_base"] == 500
    rep = margins.by(found, ["rep"]).iloc[0]
    assert (rep["margin_base"], rep["margin_share"], rep["not_given_base"]) == (2000, 0.2, 500)


def test_customers_of_whom_nobody_knows_the_margin_stand_last_by_their_sales():
    now = [("C1", "R1", 100, 0, 0), ("C2", "R1", 900, 0, 0), ("C3", "R1", 500, 0, 0), ("C4", "R1", 900, 0, 0)]
    found = after(now, [], [], C3=0.2)
    assert list(margins.by(found, ["customer_id"])["customer_id"]) == ["C3", "C2", "C4", "C1"]


def test_an_unknown_loss_rate_is_no_zero():
    found = after([("C1", "R1", 10_000, 0, 0)], [], [("C1", "R1", None)], C1=0.2)
    assert pd.isna(found["expected_loss_base"]).all() and pd.isna(found["margin_base"]).all()
    row = margins.by(found, ["customer_id"]).iloc[0]
    assert (row["gross_base"], row["gross_share"]) == (2000, 0.2), "the gross margin is known all the same"


@pytest.mark.parametrize(
    "data",
    [
        "客户编号,毛利率\nC1,18.5%\nC2,7\n".encode("gb18030"),
        "Customer ID;Gross Margin (%)\nC1;18.5\nC2;7\n".encode("utf-8-sig"),
    ],
)
def test_a_file_of_margins_is_read_in_either_language(data):
    assert margins.read_file(data, is_workbook=False) == ({"C1": "18.5", "C2": "7"}, [])


def percent_cells(*shares: float) -> bytes:
    """A workbook whose margins are cells in percent, which it keeps as shares."""
    rows = pd.DataFrame({"Customer ID": [f"C{n}" for n, _ in enumerate(shares)], "Margin": shares})
    written = io.BytesIO()
    rows.to_excel(written, index=False)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "is_workbook"),
    [(b"Customer ID,Margin\nC0,0.22\nC1,1\n", False), (percent_cells(0.22, 1.0), True)],
)
def test_a_share_that_may_be_meant_as_percent_is_asked_for_with_its_sign(data, is_workbook):
    found, bad = margins.read_file(data, is_workbook)
    assert not found and [(line.line, line.code) for line in bad] == [(2, "margin_unclear"), (3, "margin_unclear")]


def test_a_small_margin_counts_with_its_sign_and_nought_without():
    data = b"Customer ID,Margin\nC1,0.5%\nC2,0\nC3,-2\n"
    assert margins.read_file(data, is_workbook=False) == ({"C1": "0.5", "C2": "0", "C3": "-2"}, [])


def test_a_file_is_stored_whole_or_refused_with_every_reason(tmp_path):
    settings = Settings(home=tmp_path)
    known = {"C1": ("main", "HK"), "C2": ("main",)}
    found, bad = margins.read_file(b"Customer ID,Margin\nC1,20\nC2,many\n,5\nC9,7\n", is_workbook=False)
    with pytest.raises(EntryRefused) as caught:
        margins.store(settings, known, found, bad, who="M")
    codes = [problem.code.removeprefix("error.") for problem in caught.value.problems]
    assert codes == ["margin_not_a_share", "margin_no_number", "margin_unknown_customer"]
    assert not journal_read.records(settings)
    margins.store(settings, known, {"C1": "20"}, [], who="M")
    day = Day(AS_OF, settings, follow_up.by_customer(follow_up.notes(settings)))
    assert margins.given(day) == {("main", "C1"): 0.2, ("HK", "C1"): 0.2}


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"Name,Margin\nC1,20\n", b"Customer ID,Colour\nC1,red\n"])
def test_a_file_without_the_two_columns_is_refused(data):
    with pytest.raises(EntryRefused):
        margins.read_file(data, is_workbook=False)


def test_a_newer_margin_holds(tmp_path):
    settings = Settings(home=tmp_path)
    for percent in ("10", "-3"):
        journal.append(settings, "margin", Subject("main", "C1"), {"percent": percent}, who="M")
    day = Day(AS_OF, settings, follow_up.by_customer(follow_up.notes(settings)))
    assert margins.given(day) == {("main", "C1"): -0.03}


def test_expected_losses_use_the_rates_of_the_company(tmp_path):
    invoices = f"{INVOICES}\n" + "\n".join(f"A{n},C{n % 2},2025-0{n}-01,2025-0{n}-28,100,R1" for n in range(1, 9))
    con = built(tmp_path, "2025-12-31", {"invoices": invoices})
    found = queries_credit.expected_losses(con, Scope())
    # Nothing was ever paid: every bucket rolls on whole, and all that is open is lost.
    assert found["expected_loss_base"].sum() == pytest.approx(800)
    assert queries_credit.customer_numbers(con, Scope()) == {"C0": ("main",), "C1": ("main",)}


def test_signs_of_a_customer_that_may_be_unable_to_pay_stand_first(tmp_path):
    """C1 uses 80 % of its limit and pays slower than before; C2 owes more, has no limit and paid nothing yet."""
    lines, money = ["A9,C1,2025-12-01,2026-02-01,1200,R1", "B9,C2,2025-12-01,2026-02-01,5000,R2"], []
    for month, late in ((3, 0), (5, 0), (10, 20), (11, 20)):
        due = dt.date(2025, month, 10)
        lines.append(f"A{month},C1,2025-{month - 1:02}-01,{due},100,R1")
        money.append(f"P{month},A{month},{due + dt.timedelta(days=late)},100,")
    files = {"invoices": "\n".join([INVOICES, *lines]), "receipts": "\n".join([RECEIPTS, *money])}
    con = built(tmp_path, "2025-12-31", files | {"customers": CUSTOMERS})
    found = queries_credit.ability(con, Scope())
    assert list(found["customer_id"]) == ["C1", "C2"]
    first = found.iloc[0]
    assert (first["signs"], first["limit_use"], first["days_late_recent"], first["days_late_earlier"]) == (
        2,
        0.8,
        20,
        0,
    )
    assert pd.isna(found["limit_use"].iloc[1]) and found["signs"].iloc[1] == 0
