"""Ledgers that list what customers paid among their documents: an account with debits and credits, a journal of all."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines.importing import imports_store
from pipelines.importing.imports_notes import notes_now
from pipelines.settings import Settings
from tests.test_open_lists import found, load, settings

__all__ = ["settings"]  # the fixture

AS_OF = dt.date(2026, 3, 31)
OPEN = "select invoice_id, open_doc, bucket from fct_open_items order by all"
PAID = "select invoice_id, receipt_id, applied_on, amount_doc from fct_applications order by all"
OLDEST_IS_PAID = [("A2", Decimal(600), "1-30")]
TENTH = dt.date(2026, 2, 10)
PARTS = [("A1", "R1", TENTH, Decimal(1000)), ("A2", "R1", dt.date(2026, 3, 5), Decimal(200))]
# One account as four systems write it.
LEDGERS = {
    "typed": ("Customer,Date,Type,Number,Debit,Credit", "Acme,{},Invoice,{},{},", "Acme,{},Payment,{},,{}"),
    "untyped": ("Customer,Date,Number,Debit,Credit", "Acme,{},{},{},", "Acme,{},{},,{}"),
    "one column": ("Customer,Date,Type,Number,Amount", "Acme,{},Invoice,{},{}", "Acme,{},Payment,{},-{}"),
    "chinese": ("客户名称,单据日期,单据类型,单据号,借方金额,贷方金额", "甲,{},销售发票,{},{},", "甲,{},收款单,{},,{}"),
}


def load_ledger(settings: Settings, how: str, *more: str, name: str = "ledger.csv") -> None:
    head, document, payment = LEDGERS[how]
    rows = [document.format("2026-01-05", "A1", 1000), payment.format("2026-02-10", "R1", 1200)]
    load(settings, name, head, *rows, document.format("2026-03-05", "A2", 800), *more)


@pytest.mark.parametrize("how", LEDGERS)
def test_a_payment_among_the_documents_pays_the_oldest_of_them(settings: Settings, how: str) -> None:
    load_ledger(settings, how)
    assert found(settings, OPEN, AS_OF) == OLDEST_IS_PAID
    assert found(settings, PAID, AS_OF) == PARTS
    collected = "select sum(collected_base), sum(sales_base) from fct_receivables_monthly"
    assert found(settings, collected, AS_OF) == [(1200, 1800)]


def test_a_later_ledger_that_holds_the_payment_again_counts_it_once(settings: Settings) -> None:
    load_ledger(settings, "typed")
    load_ledger(settings, "typed", "Acme,2026-03-20,Payment,R2,,100", name="ledger of march.csv")
    assert found(settings, OPEN, AS_OF) == [("A2", Decimal(500), "1-30")]
    # A build of before knows nothing of what came later.
    assert found(settings, OPEN, dt.date(2026, 2, 1)) == [("A1", Decimal(1000), "1-30")]


@pytest.mark.parametrize("receipts_first", [True, False])
def test_a_receipt_of_the_same_number_stands_alone(settings: Settings, receipts_first: bool) -> None:
    """The export of receipts tells that R1 paid part of A2 and the rest of A1."""
    rows = ("R1,Acme,2026-02-10,800,A2", "R1,Acme,2026-02-10,400,A1")
    for step in ("receipts", "ledger") if receipts_first else ("ledger", "receipts"):
        if step == "ledger":
            load_ledger(settings, "typed")
        else:
            load(settings, "receipts.csv", "Receipt No,Customer,Payment Date,Amount,Invoice No", *rows)
    assert found(settings, OPEN, AS_OF) == [("A1", Decimal(600), "61-90")]


def test_a_payment_that_is_void_pays_nothing_and_is_counted_as_left_out(settings: Settings) -> None:
    head = "Customer,Date,Type,Number,Amount,Status"
    rows = ("Acme,2026-01-05,Invoice,A1,1000,Open", "Acme,2026-02-10,Payment,R1,-1000,Void")
    load(settings, "ledger.csv", head, *rows, "Acme,2026-02-11,Payment,R2,-10,Posted")
    assert found(settings, "select open_doc from fct_open_items", AS_OF) == [(990,)]
    assert found(settings, "select reason, items::int from fct_left_out", AS_OF) == [("void", 1)]


def test_in_a_list_of_open_items_it_is_money_on_account(settings: Settings) -> None:
    head = "Customer,Invoice No,Type,Invoice Date,Due Date,Open Amount"
    rows = ("Acme,A1,Invoice,2026-01-05,2026-02-04,1000", "Acme,R1,Payment,2026-02-10,,-300")
    load(settings, "open items 2026-03-31.csv", head, *rows)
    kinds = "select doc_type, open_doc from fct_open_items order by all"
    assert found(settings, kinds, AS_OF) == [("invoice", 1000), ("prepayment", -300)]


CLEARING = "Account,Document Number,Document Type,Document Date,Net due date,Amount,Clearing date"
CLEARED = (
    "100001,1800000001,RV,2026-01-05,2026-02-04,1000.00,",
    "100001,1800000002,RV,2026-01-20,2026-02-19,700.00,2026-02-25",
    "100001,1400000001,DZ,2026-02-25,2026-02-25,-700.00,2026-02-25",
    "100001,1400000002,DZ,2026-03-01,2026-03-01,-400.00,",
)


def test_a_payment_without_a_clearing_day_stays_on_account_where_others_have_one(settings: Settings) -> None:
    load(settings, "all items.csv", CLEARING, *CLEARED)
    stands = [("1400000002", Decimal(-400), "unapplied"), ("1800000001", Decimal(1000), "31-60")]
    assert found(settings, OPEN, AS_OF) == stands
    # Before its clearing day the other stood on account, too, with the invoice it pays open beside it.
    earlier = "select open_doc from fct_open_items order by all"
    assert found(settings, earlier, dt.date(2026, 2, 24)) == [(700,), (1000,)]


def test_the_clearing_day_of_a_later_ledger_tells_what_it_paid(settings: Settings) -> None:
    load(settings, "all items.csv", CLEARING, *CLEARED)
    later = [CLEARED[0] + "2026-04-02", *CLEARED[1:3], CLEARED[3] + "2026-04-02"]
    rest = "100001,1400000003,DZ,2026-04-02,2026-04-02,-600.00,2026-04-02"
    load(settings, "all items of april.csv", CLEARING, *later, rest)
    assert found(settings, OPEN, dt.date(2026, 4, 30)) == []
    paid = "select receipt_id, amount_doc from fct_applications where invoice_id = '1800000001' order by all"
    assert found(settings, paid, dt.date(2026, 4, 30)) == [("1400000002", 400), ("1400000003", 600)]


def test_where_no_payment_has_a_clearing_day_each_pays_what_it_finds(settings: Settings) -> None:
    load(settings, "all items.csv", CLEARING, *(row.rsplit(",", 1)[0] + "," for row in CLEARED))
    assert found(settings, OPEN, AS_OF) == [("1800000001", Decimal(600), "31-60")]


@pytest.mark.parametrize("receipts_first", [True, False])
def test_an_import_says_which_payments_give_way_to_receipts(settings: Settings, receipts_first: bool) -> None:
    receipts = ("Receipt No,Customer,Payment Date,Amount,Invoice No", "R1,Acme,2026-02-10,800,A2")
    other = ("R9,Acme,2026-02-11,50,A1", "R1,Acme,2026-02-10,300,A1")
    for step in ("receipts", "ledger") if receipts_first else ("ledger", "receipts"):
        if step == "ledger":
            load_ledger(settings, "typed")
        else:
            load(settings, "receipts.csv", *receipts, *other)
    earlier, later = (imports_store.list_imports(settings)[place] for place in (0, 1))
    for report in (earlier, later):
        notes = notes_now(report, [earlier, later], settings)
        note = next(note for note in notes if note["code"] == "payments_give_way")
        assert (note["rows"], note["totals"], note["instead"]) == (1, ["1,200.00"], ["1,100.00"])
    gone = replace(later, retracted_at="2026-04-01T00:00:00")
    assert "payments_give_way" not in {note["code"] for note in notes_now(earlier, [earlier, gone], settings)}
    assert "payments_give_way" in {note["code"] for note in (later.notes + earlier.notes)}
