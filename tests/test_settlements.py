"""Invoice exports that tell themselves what is settled, beside receipts that name no invoice: nothing counts twice."""

import datetime as dt
from decimal import Decimal

import pytest

from pipelines.importing.imports_order import told_until
from pipelines.importing.imports_store import list_imports
from pipelines.reporting import queries, queries_receipts
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from tests.test_open_lists import found, load, settings

__all__ = ["settings"]  # the fixture

AS_OF = dt.date(2026, 3, 31)
TENTH = {month: dt.date(2026, month, 10) for month in (2, 3)}
# A and C are settled, of B everything is open.
INVOICES = (("A", "01-05", 1000, TENTH[2]), ("B", "02-05", 600, None), ("C", "02-06", 300, TENTH[3]))
MONEY = ("R1,C1,2026-02-10,1000", "R2,C1,2026-03-10,300")
OPEN = "select invoice_id, open_doc from fct_open_items order by all"
PAID = "select invoice_id, receipt_id, received_on, rule, amount_doc from fct_applications order by all"
B_IS_OPEN = [("B", Decimal(600))]


def load_invoices(settings: Settings, *more: str, dated: bool = True) -> None:
    """An export of 25 March with what is open of each invoice, and with or without the day on which it was paid."""
    rows = [
        f"C1,{number},2026-{day},{amount},{0 if paid else amount}" + (f",{paid or ''}" if dated else "")
        for number, day, amount, paid in INVOICES
    ]
    head = f"Customer ID,Invoice No,Invoice Date,Amount,Open Amount{',Paid Date' if dated else ''}"
    load(settings, "invoices 2026-03-25.csv", head, *rows, *more)


def load_money(settings: Settings, *rows: str) -> None:
    load(settings, "receipts.csv", "Receipt No,Customer ID,Payment Date,Amount", *rows)


@pytest.mark.parametrize("dated", [True, False])
def test_money_without_a_number_is_what_settled_the_invoices(settings: Settings, dated: bool) -> None:
    load_invoices(settings, dated=dated)
    load_money(settings, *MONEY)
    assert found(settings, OPEN, AS_OF) == B_IS_OPEN
    assert found(settings, PAID, AS_OF) == [
        ("A", "R1", TENTH[2], "settled", Decimal(1000)),
        ("C", "R2", TENTH[3], "settled", Decimal(300)),
    ]


def test_a_settlement_without_its_money_stays_one_and_takes_none_that_came_later(settings: Settings) -> None:
    """Only the later receipt is known; the export of 25 March cannot tell of money of the 30th, which pays B."""
    load_invoices(settings)
    load_money(settings, MONEY[1], "R3,C1,2026-03-30,250")
    assert found(settings, PAID, AS_OF) == [
        ("A", None, TENTH[2], "stated", Decimal(1000)),
        ("B", "R3", dt.date(2026, 3, 30), "oldest", Decimal(250)),
        ("C", "R2", TENTH[3], "settled", Decimal(300)),
    ]


def test_money_in_other_parts_than_the_settlements_goes_from_the_latest_to_the_latest(settings: Settings) -> None:
    load_invoices(settings)
    load_money(settings, "R1,C1,2026-02-10,900", "R2,C1,2026-03-10,400", "R0,C1,2026-01-20,50")
    assert found(settings, OPEN, AS_OF) == [*B_IS_OPEN, ("R0", Decimal(-50))]
    assert found(settings, PAID, AS_OF) == [
        ("A", "R1", TENTH[2], "settled", Decimal(900)),
        ("A", "R2", TENTH[2], "settled", Decimal(100)),
        ("C", "R2", TENTH[3], "settled", Decimal(300)),
    ]


def test_a_settled_credit_note_paid_its_part(settings: Settings) -> None:
    """200 of A were set off against a credit note, so the money was 800; what came beside it stays on account."""
    load_invoices(settings, "C1,N,2026-02-01,-200,0,2026-02-10")
    load_money(settings, "R1,C1,2026-02-10,800", MONEY[1], "R3,C1,2026-02-07,75")
    assert found(settings, OPEN, AS_OF) == [*B_IS_OPEN, ("R3", Decimal(-75))]


def test_money_beside_an_invoice_of_which_no_ledger_states_what_is_open_pays_the_oldest(settings: Settings) -> None:
    """Of 25 March the ledger states what is open; E is known from another export, and may be what R0 paid."""
    load_invoices(settings)
    load(settings, "others.csv", "Customer ID,Invoice No,Invoice Date,Amount", "C1,E,2026-01-02,70")
    load_money(settings, *MONEY, "R0,C1,2026-01-20,50")
    assert found(settings, OPEN, AS_OF) == [*B_IS_OPEN, ("E", Decimal(20))]


def test_money_after_the_day_of_the_ledger_pays_what_it_states_as_open(settings: Settings) -> None:
    load_invoices(settings)
    load_money(settings, *MONEY, "R0,C1,2026-01-20,50", "R4,C1,2026-03-26,120")
    assert found(settings, OPEN, AS_OF) == [("B", Decimal(480)), ("R0", Decimal(-50))]


def test_what_names_its_invoice_is_no_money_for_another_settlement(settings: Settings) -> None:
    load_invoices(settings)
    head = "Receipt No,Customer ID,Payment Date,Amount,Invoice No"
    load(settings, "receipts.csv", head, *(f"{row},{number}" for row, number in zip(MONEY, "AC", strict=True)))
    assert found(settings, OPEN, AS_OF) == B_IS_OPEN
    assert found(settings, "select distinct rule from fct_applications", AS_OF) == [("stated",)]


def test_a_person_may_direct_money_that_accounts_for_a_settlement(settings: Settings) -> None:
    load_invoices(settings)
    load_money(settings, *MONEY)
    assert found(settings, OPEN, AS_OF) == B_IS_OPEN
    receipts = next(report.import_id for report in list_imports(settings) if report.kind == "receipts")
    con = queries.open_build(queries.published(settings))  # type: ignore[arg-type]
    line = queries_receipts.receipt_line(con, Scope(), receipts, 2)
    con.close()
    assert line is not None and line.may_direct and list(line.parts["rule"]) == ["settled"]


UNDATED = "Customer ID,Invoice No,Invoice Date,Amount,Open Amount"
PAID_IN_PART = ("C1,A,2026-01-05,1000,0", "C1,B,2026-02-05,600,600", "C1,C,2026-03-05,300,300")
LATER = "R1,C1,2026-03-20,1000"


@pytest.mark.parametrize("receipts_first", [True, False])
def test_money_that_came_after_its_newest_document_is_what_a_ledger_without_a_day_shows_as_paid(
    settings: Settings, receipts_first: bool
) -> None:
    """Its newest document is of 5 March, and R1 of 20 March is what it shows as paid."""
    for step in ("money", "ledger") if receipts_first else ("ledger", "money"):
        if step == "money":
            load_money(settings, LATER)
        else:
            load(settings, "invoices.csv", UNDATED, *PAID_IN_PART)
    assert found(settings, OPEN, AS_OF) == [("B", Decimal(600)), ("C", Decimal(300))]
    assert found(settings, PAID, AS_OF) == [("A", "R1", dt.date(2026, 3, 20), "settled", Decimal(1000))]


def test_money_beyond_what_a_ledger_without_a_day_shows_as_paid_pays_what_it_shows_as_open(settings: Settings) -> None:
    load(settings, "invoices.csv", UNDATED, *PAID_IN_PART)
    load_money(settings, LATER, "R2,C1,2026-03-25,200")
    assert found(settings, OPEN, AS_OF) == [("B", Decimal(400)), ("C", Decimal(300))]


def test_a_ledger_without_a_day_is_of_the_day_on_which_most_customers_had_paid_what_it_shows(
    settings: Settings,
) -> None:
    """By 20 March what came in from two of three customers is what it shows as paid: later money pays what is open."""
    others = ("C2,D,2026-02-05,500,500", "C2,E,2026-02-06,70,0", "C3,F,2026-01-05,900,0", "C3,G,2026-01-06,30,30")
    load(settings, "invoices.csv", UNDATED, *PAID_IN_PART, *others)
    early = ("R2,C2,2026-03-08,70", "R3,C3,2026-03-09,400")
    load_money(settings, LATER, *early, "R4,C1,2026-03-24,600", "R5,C2,2026-03-24,120", "R6,C3,2026-03-25,30")
    assert found(settings, OPEN, AS_OF) == [("C", Decimal(300)), ("D", Decimal(380))]
    settled = "select distinct invoice_id, applied_on from fct_applications where receipt_id is null"
    assert found(settings, settled, AS_OF) == [("F", dt.date(2026, 3, 23))]


def test_what_a_ledger_without_a_day_shows_as_paid_is_paid_on_an_earlier_day_of_the_build(settings: Settings) -> None:
    """No money tells when A was paid: by the day of the build, where receipts are of later days."""
    load(settings, "invoices.csv", UNDATED, *PAID_IN_PART)
    load_money(settings, "R9,C9,2026-04-20,50")
    assert found(settings, OPEN, AS_OF) == [("B", Decimal(600)), ("C", Decimal(300))]


def test_no_ledger_is_of_a_day_after_its_import(settings: Settings) -> None:
    load(settings, "invoices.csv", UNDATED, *PAID_IN_PART)
    load_money(settings, "R1,C1,2099-03-20,1000")
    (ledger,) = [one for one in list_imports(settings) if one.kind == "invoices"]
    assert told_until(ledger, list_imports(settings)) == dt.datetime.fromisoformat(ledger.imported_at).date()


def test_an_undated_ledger_says_that_its_day_is_not_known(settings: Settings) -> None:
    load(settings, "invoices.csv", UNDATED, *PAID_IN_PART)
    load(settings, "other 2026-03-25.csv", UNDATED, "C1,D,2026-03-05,300,0", "C1,E,2026-03-06,300,300")
    undated, dated = list_imports(settings)
    assert [note for note in undated.notes if note["code"] == "ledger_no_day"] == [{"code": "ledger_no_day", "rows": 1}]
    assert not [note for note in dated.notes if note["code"] == "ledger_no_day"]
    assert (told_until(undated, [undated]), told_until(dated, [dated])) == (dt.date(2026, 3, 5), dt.date(2026, 3, 25))
