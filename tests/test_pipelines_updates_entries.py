"""A build that goes on, while people enter what they know between the exports, is the same as one made from scratch."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipelines.building import publish
from pipelines.collecting import journal
from pipelines.collecting.journal import Entry, Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.importing.imports_store import list_imports
from pipelines.reporting import queries
from pipelines.settings import Settings
from tests.oracle_builds import store, store_ledger, unscored
from tests.oracle_documents import Ledger, Row
from tests.oracle_ledgers import row
from tests.test_pipelines_updates import AS_OF, _any_book_may_go_on, changed, tidy_rows, update_and_compare

__all__ = ["_any_book_may_go_on"]  # the fixture that lets small books go on

FIRST = dt.datetime(2024, 6, 20, 8, tzinfo=dt.UTC)
CALL = {"method": "call", "result": "reached", "next_action": "call", "next_on": "2024-07-10", "fallback": "Chen"}
ENDED = ("endorsed", "discounted", "cleared", "bounced")


class People:
    """Those who enter promises, bills, decisions and what they know of customers, one entry an hour."""

    def __init__(self, settings: Settings, random: Random, book: Ledger) -> None:
        self.settings, self.random, self.book = settings, random, book
        self.entries: list[Entry] = []
        self.kinds: tuple[Callable[[Row, str], Entry], ...] = (
            self.promise, self.plan, self.rating, self.call, self.transfer_days, self.bill, self.bill, self.decision,
        )  # fmt: skip

    def enter(self, count: int) -> None:
        for _ in range(count):
            invoice = self.random.choice(self.book.invoices)
            part = self.random.choice([1, 2])
            amount = str((abs(invoice["amount"]) / part).quantize(Decimal("0.01")))
            # Not all of it may be entered: a bill is known already, or an amount rounds to nothing.
            with suppress(EntryRefused):
                self.entries.append(self.random.choice(self.kinds)(invoice, amount))

    def append(self, kind: str, subject: Subject, payload: dict[str, Any]) -> Entry:
        at = FIRST + dt.timedelta(hours=len(self.entries))
        return journal.append(self.settings, kind, subject, payload, who="Li", now=at, debt=Decimal(10**9))

    def about(self, invoice: Row) -> Subject:
        return Subject("main", invoice["customer_id"], self.random.choice(["", invoice["invoice_id"]]))

    def ahead(self) -> str:
        return (FIRST.date() + dt.timedelta(days=self.random.randrange(1, 40))).isoformat()

    def promise(self, invoice: Row, amount: str) -> Entry:
        payload = {"promised_on": self.ahead(), "amount": amount, "currency": invoice["currency"] or "CNY"}
        return self.append("promise", self.about(invoice), payload)

    def plan(self, invoice: Row, amount: str) -> Entry:
        parts = [{"due_on": self.ahead(), "amount": amount}]
        payload = {"total": amount, "currency": invoice["currency"] or "CNY", "instalments": parts}
        return self.append("plan", self.about(invoice), payload)

    def rating(self, invoice: Row, _: str) -> Entry:
        payload = {"aspect": self.random.choice(["value", "ability_to_pay"]), "score": self.random.randrange(1, 6)}
        return self.append("rating", Subject("main", invoice["customer_id"]), payload)

    def call(self, invoice: Row, _: str) -> Entry:
        return self.append("contact", self.about(invoice), CALL)

    def transfer_days(self, invoice: Row, _: str) -> Entry:
        payload = {"fact": "transfer_days", "value": str(self.random.randrange(9))}
        return self.append("payer_fact", Subject("main", invoice["customer_id"]), payload)

    def bill(self, invoice: Row, amount: str) -> Entry:
        """One of the register, under the number of a receipt as often as not."""
        receipt = self.random.choice(self.book.receipts)
        is_receipt = bool(receipt["customer_id"]) and self.random.random() < 0.5
        state = self.random.choice(["received", *ENDED])
        payload = {
            "number": receipt["receipt_id"] if is_receipt else f"B{len(self.entries)}",
            "amount": amount,
            "currency": invoice["currency"] or "CNY",
            "due_on": self.ahead(),
            "state": state,
        }
        ended = {"state_on": "2024-06-10"} if state in ENDED else {}
        subject = Subject("main", receipt["customer_id"]) if is_receipt else self.about(invoice)
        return self.append("bill", subject, payload | ended)

    def decision(self, _: Row, _amount: str) -> Entry:
        """The money of a receipt that names no invoice goes to two of its customer's invoices, or to none."""
        (first, *_rest) = [each for each in list_imports(self.settings) if each.kind == "receipts"]
        unnamed = [(n, each) for n, each in enumerate(self.book.receipts) if each["receipt_id"].startswith("U")]
        line, receipt = self.random.choice(unnamed)
        theirs = [each for each in self.book.invoices if each["customer_id"] == receipt["customer_id"]]
        named = {each["invoice_id"] for each in self.random.sample(theirs, min(len(theirs), self.random.randrange(3)))}
        payload = {
            "import_id": first.import_id,
            "line_no": line + 2,
            "receipt_id": receipt["receipt_id"],
            "paid_on": receipt["paid_on"].isoformat(),
            "amount": str(receipt["amount"]),
            "currency": receipt["currency"] or "CNY",
            "parts": [{"invoice_id": each, "amount": str(Decimal(receipt["amount"]) / 2)} for each in sorted(named)],
        }
        return self.append("application", Subject("main", receipt["customer_id"]), payload)


@pytest.mark.parametrize("seed", range(3))
def test_what_people_enter_between_exports_counts_as_in_a_whole_build(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    settings = Settings(home=tmp_path / "warehouse")
    book = tidy_rows(random, range(300), 45)
    for n in range(15):
        unnamed = row(
            "receipts", receipt_id=f"U{n}", customer_id=f"C{n}", paid_on=dt.date(2024, 5, n + 1), amount=90 * n + 40
        )
        book.receipts.append(unnamed)
    # No export to come reaches further back.
    old = row("invoices", customer_id="C0", invoice_id="D-old", issue_date=dt.date(2022, 1, 3), amount=Decimal(5))
    rates = [row("fx_rates", currency="USD", rate_date=dt.date(2022, 1, 1), rate_to_base=Decimal(7))]
    customers = [row("customers", customer_id=f"C{n}", rep="Sun", terms_days=20) for n in range(0, 45, 7)]
    store_ledger(settings.home, Ledger([*book.invoices, old], book.receipts, customers, rates))
    people = People(settings, random, book)
    people.entries.append(people.append("contact", Subject("main", "C1"), CALL))
    people.enter(8)
    publish.build(settings, as_of=AS_OF, score=unscored)
    for number in (40, 41, 42):
        new = tidy_rows(random, range(number * 10, number * 10 + 6), 47)
        again = [changed(each, random) for each in random.sample(book.invoices, 4)]
        store(
            settings.home, "invoices", [*new.invoices, *{each["invoice_id"]: each for each in again}.values()], number
        )
        store(settings.home, "receipts", [*new.receipts, *random.sample(book.receipts, 3)], number)
        renamed = row("customers", customer_id=f"C{random.randrange(45)}", rep="Li", customer_name="New name")
        store(settings.home, "customers", [renamed], number)
        people.enter(8)
        if number < 42:
            assert publish.build(settings, as_of=AS_OF, score=unscored).based_on
    assert update_and_compare(settings, AS_OF).updates == 3
    with queries.open_build(queries.published(settings)) as con:
        for table in ("fct_promises", "fct_bills_in_hand", "fct_receipt_decisions"):
            assert con.execute(f"select count(*) > 0 from {table}").fetchall() == [(True,)], table
