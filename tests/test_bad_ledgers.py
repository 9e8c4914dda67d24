"""Odd and bad rows, imported and built like any export: each taken by a rule that is said, or rejected with its reason.

Every build is compared with the oracle over the rows that were stored, so no figure goes astray on the way.
"""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from models.late_risk import score_build
from pipelines import i18n
from pipelines.__main__ import main
from pipelines.building import builds, checks, publish
from pipelines.importing.imports import ImportReport, import_file
from pipelines.importing.imports_errors import NothingAccepted
from pipelines.settings import Settings
from tests.oracle import Oracle
from tests.oracle_builds import built, stored
from tests.oracle_comparison import compare, rows

INVOICES = "Entity,Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency,Document Type\n"
RECEIPTS = "Entity,Receipt No,Customer ID,Invoice No,Payment Date,Amount,Currency\n"
AS_OF = dt.date(2025, 12, 31)

Load = Callable[..., dict[str, ImportReport]]
Open = dict[tuple[str, ...], Decimal]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


@pytest.fixture
def load(tmp_path: Path, settings: Settings) -> Load:
    """Import each text as the CSV file of that name; the report of each."""

    def imported(**files: str) -> dict[str, ImportReport]:
        reports = {}
        for name, text in files.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            reports[name] = import_file(path, settings)
        return reports

    return imported


def opened(settings: Settings, as_of: dt.date = AS_OF) -> Open:
    """(entity, document or receipt number, bucket) -> open base amount, of a build that agrees with the oracle."""
    with built(settings, as_of) as con:
        compare(con, Oracle(stored(settings), as_of))
        assert checks.run(con) == []
        return {
            row[:-1]: row[-1]
            for row in rows(con, "select entity_id, invoice_id, bucket, open_base from fct_open_items")
        }


def noted(report: ImportReport) -> dict[str, int]:
    """The notes that count rows, each of which can be said in both languages."""
    for language in i18n.LANGUAGES:
        assert all(i18n.reason(language, note) for note in report.notes)
    return {note["code"]: note["rows"] for note in report.notes if "rows" in note}


def reasons(settings: Settings, report: ImportReport) -> list[tuple[Any, ...]]:
    path = settings.home / "imports" / report.import_id / "rejected.parquet"
    found = duckdb.execute("select line_no, column_name, value, reason from read_parquet(?)", [str(path)]).fetchall()
    return [(*row[:-1], json.loads(row[-1])["code"]) for row in found]


def test_a_receipt_before_its_invoice_waits_for_it(load: Load, settings: Settings) -> None:
    load(
        invoices=INVOICES + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,A,2025-03-01,60,CNY\n",
    )
    assert opened(settings, dt.date(2025, 4, 30)) == {("m", "R1", "unapplied"): -60}
    assert opened(settings, dt.date(2025, 5, 31)) == {("m", "A", "not_due"): 40}


def test_what_is_paid_above_the_amount_stays_on_the_customer(load: Load, settings: Settings) -> None:
    load(
        invoices=INVOICES
        + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\nm,B,C1,2025-05-10,2025-06-10,500,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,A,2025-07-01,260,CNY\nm,R2,C1,A,2025-07-02,30,CNY\n",
    )
    assert opened(settings, dt.date(2025, 7, 5)) == {
        ("m", "B", "1-30"): 500, ("m", "R1", "unapplied"): -160, ("m", "R2", "unapplied"): -30,
    }  # fmt: skip


def test_a_bill_of_which_no_clearing_is_known_counts_as_received_and_is_named(load: Load, settings: Settings) -> None:
    heading = RECEIPTS.splitlines()[0] + ",method,cleared_on\n"
    reports = load(
        invoices=INVOICES + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\n",
        receipts=heading + "m,R1,C1,A,2025-06-01,60,CNY,bill,\nm,R2,C1,A,2025-06-02,30,CNY,cheque,2025-07-20\n",
    )
    assert noted(reports["receipts"]) == {"clearing_not_stated": 1}
    assert opened(settings, dt.date(2025, 7, 5)) == {("m", "A", "1-30"): 40}, "the cheque clears later"


BILLS = RECEIPTS.splitlines()[0] + ",method,cleared_on\n"
BILLED = INVOICES + "".join(f"m,{name},C1,2025-05-10,2025-06-10,100,CNY,Invoice\n" for name in "ABD")


def told(settings: Settings) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The bills in hand, and why rows of receipts count in no figure, of the published build."""
    with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
        in_hand = rows(con, "select bill_number, invoice_id, due_on, amount_base from fct_bills_in_hand order by all")
        left_out = "select reason, sum(items) from fct_left_out where reason <> 'later' group by reason order by reason"
        return in_hand, rows(con, left_out)


def test_a_bill_without_a_clearing_date_is_in_hand_where_the_export_states_those_of_others(
    load: Load, settings: Settings
) -> None:
    reports = load(
        invoices=BILLED,
        receipts=BILLS
        + "m,R1,C1,A,2025-06-01,60,CNY,bill,\nm,R2,C1,A,2025-06-02,30,CNY,bill,2025-07-20\n"
        + "m,R3,C1,B,2025-06-03,70,CNY,cheque,\n",
    )
    assert noted(reports["receipts"]) == {"not_cleared": 1, "clearing_not_stated": 1}
    assert opened(settings, dt.date(2025, 7, 31)) == {
        ("m", "A", "31-60"): 70,
        ("m", "B", "31-60"): 30,
        ("m", "D", "31-60"): 100,
    }
    assert told(settings) == ([("R1", "A", None, 60)], [("in_hand", 1)])
    load(cleared=BILLS + "m,R1,C1,A,2025-06-01,60,CNY,bill,2025-07-30\n")
    assert opened(settings, dt.date(2025, 7, 31))["m", "A", "31-60"] == 10
    assert told(settings) == ([], [("replaced", 1)])


@pytest.mark.parametrize(
    ("back", "left"),
    [
        ("m,R1,C1,A,2025-07-10,-60,CNY,bill,\n", []),
        ("m,X1,C1,A,2025-07-10,-60,CNY,bill,\n", []),
        ("m,X1,C1,,2025-07-10,-60,CNY,bill,2025-07-10\n", []),
        ("m,R1,C1,A,2025-07-10,-20,CNY,bill,\n", [("R1", "A", None, 60)]),
    ],
)
def test_what_takes_back_a_bill_that_never_cleared_adds_no_debt(
    load: Load, settings: Settings, back: str, left: list[tuple[Any, ...]]
) -> None:
    load(
        invoices=BILLED,
        receipts=BILLS + "m,R1,C1,A,2025-06-01,60,CNY,bill,\nm,R2,C1,B,2025-06-02,100,CNY,bill,2025-06-20\n",
        later=BILLS + "m,R9,C1,D,2025-07-01,1,CNY,transfer,\n" + back,
    )
    open_items = {("m", "A", "1-30"): 100, ("m", "D", "1-30"): 99}
    for day in (dt.date(2025, 7, 5), dt.date(2025, 7, 10)):
        assert opened(settings, day) == open_items
    assert told(settings) == (left, [("bounced", 2)] if not left else [("bounced", 1), ("in_hand", 1)])


def test_a_bill_that_had_cleared_and_bounces_owes_again_while_another_is_in_hand(
    load: Load, settings: Settings
) -> None:
    """The line names the invoice of the one that had cleared, or bears its number."""
    load(
        invoices=BILLED,
        receipts=BILLS
        + "m,R1,C1,A,2025-06-01,100,CNY,bill,\nm,R2,C1,B,2025-06-02,100,CNY,bill,2025-06-20\n"
        + "m,X2,C1,B,2025-07-10,-100,CNY,bill,\nm,R3,C1,D,2025-06-02,100,CNY,bill,2025-06-20\n"
        + "m,R3,C1,,2025-07-10,-100,CNY,bill,\n",
    )
    assert opened(settings, dt.date(2025, 7, 5)) == {("m", "A", "1-30"): 100}
    after = opened(settings, dt.date(2025, 7, 10))
    assert after["m", "A", "1-30"] == after["m", "B", "1-30"] == 100
    assert sum(after.values()) == 300
    assert told(settings) == ([("R1", "A", None, 100)], [("in_hand", 1)])


def test_a_part_of_a_cleared_bill_that_goes_back_is_owed_again(load: Load, settings: Settings) -> None:
    load(
        invoices=BILLED,
        receipts=BILLS + "m,R1,C1,A,2025-06-01,100,CNY,bill,2025-06-20\nm,R1,C1,A,2025-07-10,-40,CNY,bill,\n",
    )
    assert opened(settings, dt.date(2025, 7, 5)) == {("m", "B", "1-30"): 100, ("m", "D", "1-30"): 100}
    assert opened(settings, dt.date(2025, 7, 10))["m", "A", "1-30"] == 40
    assert told(settings) == ([], [])


def test_an_export_that_states_clearing_days_says_nothing_of_the_bills_of_another(
    load: Load, settings: Settings
) -> None:
    load(
        invoices=BILLED,
        receipts=BILLS + "m,R1,C1,A,2025-06-01,60,CNY,bill,\n",
        later=BILLS + "m,R2,C1,B,2025-06-02,30,CNY,bill,2025-06-20\nm,R3,C1,D,2025-06-02,30,CNY,bill,\n",
    )
    day = dt.date(2025, 7, 5)
    assert opened(settings, day) == {("m", "A", "1-30"): 40, ("m", "B", "1-30"): 70, ("m", "D", "1-30"): 100}
    assert told(settings) == ([("R3", "D", None, 30)], [("in_hand", 1)])


def test_a_bill_that_comes_back_before_the_day_it_is_to_clear_adds_no_debt(load: Load, settings: Settings) -> None:
    load(
        invoices=BILLED,
        receipts=BILLS
        + "m,R1,C1,A,2025-06-01,60,CNY,bill,2025-12-01\nm,X1,C1,A,2025-07-02,-60,CNY,bill,\n"
        + "m,R2,C1,B,2025-06-02,70,CNY,bill,2025-11-20\n",
    )
    assert opened(settings, dt.date(2025, 7, 5)) == {("m", name, "1-30"): 100 for name in "ABD"}
    assert told(settings) == ([("R2", "B", dt.date(2025, 11, 20), 70)], [("bounced", 2), ("in_hand", 1)])


@pytest.mark.parametrize("clears_on", ["", "2025-12-01"])
def test_a_customer_of_whom_nothing_is_known_but_a_bill_in_hand_is_one(
    load: Load, settings: Settings, clears_on: str
) -> None:
    """R1 and R2 name nobody: the invoice of R1 says whose it is, that of R2 is not known."""
    load(
        invoices=BILLED,
        receipts=BILLS
        + f"m,R1,,A,2025-06-01,60,CNY,bill,{clears_on}\nm,R2,,Z,2025-06-01,70,CNY,bill,{clears_on}\n"
        + f"m,R3,C9,,2025-06-01,80,CNY,bill,{clears_on}\nm,R4,C1,B,2025-06-02,100,CNY,bill,2025-06-20\n",
    )
    assert set(opened(settings, dt.date(2025, 7, 5))) == {("m", "A", "1-30"), ("m", "D", "1-30")}
    with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
        given = "select bill_number, known.customer_id from fct_bills_in_hand inner join dim_customers as known"
        assert rows(con, f"{given} using (customer_key) order by 1") == [("R1", "C1"), ("R2", ""), ("R3", "C9")]


def test_a_due_date_before_the_issue_date_stands_as_stated_and_is_counted(load: Load, settings: Settings) -> None:
    reports = load(invoices=INVOICES + "m,A,C1,2025-12-20,2025-11-20,100,CNY,Invoice\n")
    assert noted(reports["invoices"]) == {"due_before_issue": 1}
    assert opened(settings) == {("m", "A", "31-60"): 100}


def test_days_of_1900_are_rejected_and_days_of_2099_wait(load: Load, settings: Settings) -> None:
    """1900 is what an empty date cell of a workbook turns into; 2099 is how some systems write 'never'."""
    reports = load(
        invoices=INVOICES
        + "m,A,C1,1900-01-01,1900-02-01,100,CNY,Invoice\nm,B,C1,2099-01-01,2099-02-01,100,CNY,Invoice\n"
        + "m,D,C1,2025-01-01,2099-02-01,70,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,D,1900-01-05,40,CNY\nm,R2,C1,D,2099-01-05,40,CNY\n",
    )
    assert reasons(settings, reports["invoices"]) == [(2, "Invoice Date", "1900-01-01", "date_out_of_range")]
    assert reasons(settings, reports["receipts"]) == [(2, "Payment Date", "1900-01-05", "date_out_of_range")]
    assert noted(reports["invoices"])["due_far_away"] == 1
    assert opened(settings) == {("m", "D", "not_due"): 70}


def test_an_export_of_1900_alone_stores_nothing(load: Load, settings: Settings) -> None:
    with pytest.raises(NothingAccepted, match="its one row could not be accepted"):
        load(invoices=INVOICES + "m,A,C1,1900-01-01,1900-02-01,100,CNY,Invoice\n")
    assert stored(settings).invoices == []


def test_a_word_that_is_no_currency_is_rejected(load: Load, settings: Settings) -> None:
    reports = load(
        invoices=INVOICES
        + "m,A,C1,2025-12-01,2026-01-01,100,CNY,Invoice\nm,B,C1,2025-12-01,2026-01-01,100,BEADS,Invoice\n"
    )
    assert reasons(settings, reports["invoices"]) == [(3, "Currency", "BEADS", "currency_not_known")]
    assert opened(settings) == {("m", "A", "not_due"): 100}


@pytest.mark.parametrize(
    "foreign",
    [
        {"invoices2": INVOICES + "m,J,C1,2025-12-05,2026-01-05,9000,JPY,Invoice\n"},
        {"receipts": RECEIPTS + "m,R1,C1,,2025-12-05,9000,JPY\n"},
        {
            "rates2": "Currency,Rate Date,Rate\nJPY,2025-12-10,0.05\n",
            "invoices2": INVOICES + "m,J,C1,2025-12-12,2026-01-05,9000,JPY,Invoice\n",
            "receipts": RECEIPTS + "m,R1,C1,J,2025-12-05,9000,JPY\n",
        },
    ],
    ids=["invoice", "money not applied", "money in advance of the first rate"],
)
def test_a_currency_without_a_rate_is_named_and_nothing_is_published(
    load: Load, settings: Settings, foreign: dict[str, str]
) -> None:
    load(invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-01,100,CNY,Invoice\n")
    opened(settings)
    before = builds.current(settings)
    load(**foreign, rates="Currency,Rate Date,Rate\nUSD,2025-01-01,7.1\n")
    with pytest.raises(checks.MissingRates, match="JPY × 1, 2025-12-05"):
        built(settings, AS_OF)
    assert builds.current(settings) == before
    load(more="Currency,Rate Date,Rate\nJPY,2025-12-05,0.05\n")
    assert sum(opened(settings).values()) in (100 + 450, 100 - 450, 100)


@pytest.mark.parametrize(("numbers", "currency"), [("B", "USD"), ("BD", "CNY")], ids=["one", "together"])
def test_amounts_too_large_in_base_currency_are_named_and_nothing_is_published(
    load: Load, settings: Settings, numbers: str, currency: str
) -> None:
    load(invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-01,100,CNY,Invoice\n")
    opened(settings)
    before = builds.current(settings)
    load(
        more=INVOICES + "".join(f"m,{n},C1,2025-12-01,2026-01-01,99999999999999,{currency},Invoice\n" for n in numbers),
        rates="Currency,Rate Date,Rate\nUSD,2025-01-01,7.1\n",
    )
    with pytest.raises(publish.AmountsBeyond, match=r"B 99,999,999,999,999\.00 (USD|CNY) \(more\.csv\)"):
        built(settings, AS_OF)
    assert builds.current(settings) == before


def test_the_largest_amounts_that_are_accepted_are_scored(load: Load, settings: Settings) -> None:
    load(
        invoices=INVOICES
        + "m,A,C1,2025-11-01,2025-12-01,45000000000000,CNY,Invoice\n"
        + "m,B,C1,2025-12-01,2026-01-01,45000000000000,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,A,2025-12-05,44000000000000,CNY\n",
        customers="Customer ID,Credit Limit\nC1,99999999999999\n",
    )
    publish.build(settings, as_of=AS_OF, score=score_build)
    with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
        assert con.execute("select count(*) from fct_late_risk where p_late between 0 and 1").fetchall() == [(2,)]
    assert sum(opened(settings).values()) == 46 * 10**12


def test_a_bill_in_hand_in_a_currency_without_a_rate_is_named_too(load: Load, settings: Settings) -> None:
    load(
        invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-01,100,CNY,Invoice\n",
        receipts=BILLS + "m,B1,C1,,2025-12-05,9000,JPY,bill,2027-01-05\n",
    )
    with pytest.raises(checks.MissingRates, match=f"JPY × 1, {AS_OF}"):
        built(settings, AS_OF)
    load(rates="Currency,Rate Date,Rate\nJPY,2025-12-05,0.05\n")
    con = built(settings, AS_OF)
    assert con.execute("select amount_base from fct_bills_in_hand").fetchall() == [(450,)]


def test_a_country_without_a_calendar_is_named_and_nothing_is_published(load: Load, settings: Settings) -> None:
    load(invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-01,100,CNY,Invoice\n")
    environment = {"FIRSTPAID_HOME": str(settings.home), "FIRSTPAID_COUNTRY": "XX", "FIRSTPAID_LANGUAGE": "en"}
    said = CliRunner().invoke(main, ["build"], env=environment)
    assert said.exit_code == 1
    assert "The country XX of the settings has no public holidays on record." in said.output
    assert builds.current(settings) is None


def test_invoices_below_zero_are_credit_notes_and_counted(load: Load, settings: Settings) -> None:
    reports = load(
        invoices=INVOICES
        + "m,A,C1,2025-12-01,2025-12-15,-100,CNY,Invoice\nm,B,C1,2025-12-01,2025-12-15,-30,CNY,Debit Note\n"
        + "m,D,C1,2025-12-01,2025-12-15,500,CNY,Invoice\nm,E,C1,2025-12-01,2025-12-15,0,CNY,Invoice\n"
    )
    assert noted(reports["invoices"]) == {"negative_invoice_is_credit": 2}
    assert opened(settings) == {("m", "A", "unapplied"): -100, ("m", "B", "unapplied"): -30, ("m", "D", "1-30"): 500}


def test_the_same_numbers_in_two_entities_are_two_documents(load: Load, settings: Settings) -> None:
    reports = load(
        invoices=INVOICES
        + "m,A,C1,2025-12-01,2026-01-15,100,CNY,Invoice\ns,A,C1,2025-12-01,2026-01-15,70,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,A,2025-12-05,40,CNY\ns,R1,C1,A,2025-12-05,50,CNY\n",
    )
    assert [(report.rows_accepted, report.rows_rejected) for report in reports.values()] == [(2, 0), (2, 0)]
    assert opened(settings) == {("m", "A", "not_due"): 60, ("s", "A", "not_due"): 20}


def test_a_customer_without_invoices_is_known_and_owes_nothing(load: Load, settings: Settings) -> None:
    load(
        customers="Entity,Customer ID,Customer Name,Region\nm,C1,One,East\nm,C2,Two,West\n",
        invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-15,100,CNY,Invoice\n",
    )
    assert opened(settings) == {("m", "A", "not_due"): 100}
    with built(settings, AS_OF) as con:
        known = rows(con, "select customer_id, region from dim_customers where customer_id <> '' order by customer_id")
        assert known == [("C1", "East"), ("C2", "West")]
        assert rows(con, "select count(*) from fct_receivables_monthly where customer_id = 'C2'") == [(0,)]


def test_money_of_nobody_stands_under_no_customer(load: Load, settings: Settings) -> None:
    load(
        invoices=INVOICES + "m,A,C1,2025-12-01,2026-01-15,100,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,,X9,2025-12-05,40,CNY\nm,R2,C7,,2025-12-06,5,CNY\n",
    )
    assert opened(settings) == {
        ("m", "A", "not_due"): 100, ("m", "R1", "unapplied"): -40, ("m", "R2", "unapplied"): -5,
    }  # fmt: skip
    with built(settings, AS_OF) as con:
        owners = rows(con, "select invoice_id, customer_id from fct_open_items where doc_type = 'receipt' order by 1")
        assert owners == [("R1", ""), ("R2", "C7")]


def test_a_cheque_that_bounces_under_its_own_number_reopens_the_invoice(load: Load, settings: Settings) -> None:
    """The bounce comes in a later export: it stands beside the payment and does not replace it."""
    load(
        invoices=INVOICES + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\n",
        receipts=RECEIPTS + "m,R1,C1,A,2025-06-05,100,CNY\n",
    )
    assert opened(settings, dt.date(2025, 6, 30)) == {}
    load(receipts_july=RECEIPTS + "m,R1,C1,A,2025-07-02,-100,CNY\nm,R2,C1,A,2025-07-20,30,CNY\n")
    assert opened(settings, dt.date(2025, 7, 10)) == {("m", "A", "1-30"): 100}
    assert opened(settings, dt.date(2025, 7, 31)) == {("m", "A", "31-60"): 70}


METHODS = "Entity,Receipt No,Customer ID,Invoice No,Payment Date,Amount,Currency,Method\n"


@pytest.mark.parametrize(
    ("bounce", "overdue"),
    [
        ("m,R1,C1,,2025-07-02,-100,CNY,Cheque", 100),
        ("m,R1X,C1,,2025-07-02,-100,CNY,Cheque", 100),
        ("m,R1X,C1,A,2025-07-02,-100,CNY,Cheque", 100),
        ("m,R1,C1,,2025-07-02,-100,CNY,Transfer", 100),
        # Another sum, and a transfer under another number, may be money we gave back: nothing says that it bounced.
        ("m,R1X,C1,,2025-07-02,-40,CNY,Cheque", 0),
        ("m,R1X,C1,,2025-07-02,-100,CNY,Transfer", 0),
    ],
)
def test_a_cheque_without_an_invoice_number_that_bounces_pays_nothing(
    load: Load, settings: Settings, bounce: str, overdue: int
) -> None:
    """The invoice it would have paid stands at its own due date, and the two lines add up to nothing."""
    load(
        invoices=INVOICES
        + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\nm,B,C1,2025-05-20,2025-08-10,70,CNY,Invoice\n",
        receipts=METHODS + f"m,R1,C1,,2025-06-15,100,CNY,{bounce.rsplit(',', 1)[1]}\n",
    )
    assert opened(settings, dt.date(2025, 6, 30)) == {("m", "B", "not_due"): 70}
    load(receipts_july=METHODS + f"{bounce}\nm,R2,C1,B,2025-07-03,10,CNY,Transfer\n")
    found = opened(settings, dt.date(2025, 7, 10))
    assert found.get(("m", "A", "1-30"), 0) == overdue
    assert found[("m", "B", "not_due")] == 60
    with built(settings, dt.date(2025, 7, 10)) as con:
        assert rows(con, "select sum(open_base) from fct_open_items") == [(60 - Decimal(bounce.split(",")[5]),)]


def test_a_payment_text_quotes_whole_numbers_only(load: Load, settings: Settings) -> None:
    """INV-12 quotes neither INV-1 nor INV-2; money that quotes no invoice goes to the oldest."""
    header = "Entity,Receipt No,Customer ID,Payment Date,Amount,Currency,Payment Description\n"
    load(
        invoices=INVOICES
        + "m,INV-1,C1,2025-05-10,2025-12-10,100,CNY,Invoice\nm,INV-2,C1,2025-05-01,2025-12-10,100,CNY,Invoice\n",
        receipts=header + "m,R1,C1,2025-06-05,30,CNY,INV-12\nm,R2,C1,2025-06-06,20,CNY,货款INV-1\n",
    )
    assert opened(settings, dt.date(2025, 6, 30)) == {("m", "INV-1", "not_due"): 80, ("m", "INV-2", "not_due"): 70}


BAD = {
    "customers": "Entity,Customer ID,Customer Name\nm,C1,One\nm,C9,Nine\n",
    "invoices": INVOICES
    + "m,A,C1,2025-05-10,2025-06-10,100,CNY,Invoice\nm,B,C1,2025-12-20,2025-11-20,100,CNY,Invoice\n"
    + "m,C,C1,1900-01-01,1900-02-01,100,CNY,Invoice\nm,D,C1,2099-01-01,2099-02-01,100,CNY,Invoice\n"
    + "m,F,C1,2025-12-01,2026-01-01,100,BEADS,Invoice\nm,G,C1,2025-12-01,2025-12-15,-30,CNY,Invoice\n"
    + "m,S,C1,2025-12-01,2026-01-15,100,CNY,Invoice\ns,S,C1,2025-12-01,2026-01-15,70,CNY,Invoice\n"
    + "m,T,C1,2025-12-01,2026-01-15,100,CNY,Invoice\nm,T,C2,2025-12-02,2026-01-15,130,CNY,Invoice\n",
    "receipts": RECEIPTS + "m,R1,C1,A,2025-03-01,60,CNY\nm,R2,C1,A,2025-07-01,500,CNY\nm,R4,C1,B,1900-01-05,40,CNY\n",
}
SAID = {
    "en": {
        "invoices": [
            "10 rows read = 6 accepted + 4 not accepted", "1 row is due before it was issued (line 3)",
            "1 row was not accepted (line 4): Invoice Date is outside the years 1970 to 2099",
            "2 rows were not accepted (lines 10, 11): The same number with different content on lines 10, 11",
        ],
        "receipts": ["1 row was not accepted (line 4): Payment Date is outside the years 1970 to 2099"],
    },
    "zh_CN": {
        "invoices": [
            "读取 10 行 = 接受 6 行 + 未接受 4 行", "1 行的到期日早于开票日期（第 3 行）",
            "1 行未接受（第 4 行）", "2 行未接受（第 10, 11 行）",
        ],
        "receipts": ["1 行未接受（第 4 行）"],
    },
}  # fmt: skip


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_commands_say_what_became_of_every_bad_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Import and build as typed: counts and reasons in words, and a missing rate stops the new build only."""
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path / "warehouse"))
    monkeypatch.setenv("FIRSTPAID_LANGUAGE", language)

    def run(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(main, list(arguments))
        assert result.exit_code == status, result.output
        return result.output

    def load(name: str, text: str) -> str:
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return run("import", str(tmp_path / f"{name}.csv"))

    printed = {name: load(name, text) for name, text in BAD.items()}
    for name, lines in SAID[language].items():
        assert [line for line in lines if line not in printed[name]] == []
    run("build", "--as-of", "2025-12-31")
    run("check")
    assert ",later,1" in run("export", "fct_left_out")
    before = run("export", "fct_open_items")
    load("foreign", INVOICES + "m,U,C1,2025-12-05,,100,USD,Invoice\nm,J,C1,2025-12-06,,9000,JPY,Invoice\n")
    refused = run("build", "--as-of", "2025-12-31", status=1)
    assert "JPY × 1, 2025-12-06 · USD × 1, 2025-12-05" in refused and len(refused.splitlines()) == 1
    assert run("export", "fct_open_items") == before
