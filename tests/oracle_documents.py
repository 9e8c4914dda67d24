"""What the oracle works on: ledgers of rows, documents with what was applied to them, and lines of receipts."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
Account = tuple[str, str, str, str]  # entity, customer, rep, region

ZERO = Decimal(0)
CENT = Decimal("0.01")
PLACES = Decimal("0.0001")
MONEY_DOCUMENTS = ("credit_note", "prepayment")  # documents that the customer may set off: negative amounts
COLUMN_OF_KIND = {
    "payment": "collected", "write_off": "written_off", "credit": "credited", "discount": "credited",
}  # fmt: skip
LONG_AGO = dt.date(1, 1, 1)


@dataclass(frozen=True)
class Ledger:
    """Rows of each kind in the order they were imported: of two rows with one key the later one stands.

    Receipts of one export have the same `import_id`.
    """

    invoices: list[Row]
    receipts: list[Row]
    customers: list[Row] = field(default_factory=list)
    fx_rates: list[Row] = field(default_factory=list)


@dataclass
class Document:
    """One instalment of an invoice, or a credit note or prepayment with a negative amount."""

    entity: str
    invoice_id: str
    instalment: int
    doc_type: str
    customer: str
    rep: str
    region: str
    issue: dt.date
    due: dt.date
    due_basis: str
    currency: str
    amount: Decimal
    rate: Decimal
    disputed: bool
    settled: tuple[dt.date, Decimal, str] | None  # when and how much its own row says was settled, and how it says so
    states_open: bool = False  # its own row says what is open of it
    applied: list[tuple[dt.date, Decimal, str, str]] = field(default_factory=list)  # day, amount, kind, basis

    @property
    def account(self) -> Account:
        return self.entity, self.customer, self.rep, self.region

    @property
    def key(self) -> tuple[str, str, int]:
        return self.entity, self.invoice_id, self.instalment

    @property
    def age_order(self) -> tuple[dt.date, dt.date, str, int]:
        return self.issue, self.due, self.invoice_id, self.instalment

    def open(self, day: dt.date) -> Decimal:
        """What is open in document currency at the end of a day; 0 before the document's own day."""
        if self.issue > day:
            return ZERO
        return self.amount - sum((amount for on, amount, *_ in self.applied if on <= day), ZERO)

    def is_done(self, day: dt.date) -> bool:
        """Whether nothing is open at the end of a day and nothing moves later."""
        return self.open(dt.date.max) == 0 and all(on <= day for on, *_ in self.applied) and self.issue <= day

    def listed(self, day: dt.date) -> Decimal:
        """The open amount where it is at least a cent, else 0."""
        return self.open(day) if abs(self.open(day)) >= CENT else ZERO

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount at the booking rate."""
        return rounded(amount * self.rate)

    def open_base(self, day: dt.date) -> Decimal:
        """What is open in base currency: the amount less the rounded running total of what was applied."""
        gone = self.amount - self.open(day)
        return self.in_base(self.amount) - self.in_base(gone) if self.issue <= day else ZERO

    def listed_base(self, day: dt.date) -> Decimal:
        return self.open_base(day) if self.listed(day) else ZERO

    def base_steps(self) -> list[tuple[dt.date, Decimal, str]]:
        """(day, base amount, kind) of each application: the step of the rounded running total."""
        steps, gone = [], ZERO
        for day, amount, kind, _ in sorted(self.applied, key=lambda one: (one[0], one[2])):
            steps.append((day, self.in_base(gone + amount) - self.in_base(gone), kind))
            gone += amount
        return steps


@dataclass
class Line:
    """One line of a receipt: money, or a credit, discount or write-off."""

    entity: str
    receipt_id: str
    customer: str
    day: dt.date
    not_before: dt.date
    amount: Decimal
    currency: str
    rate: Decimal
    kind: str
    invoice_id: str | None
    instalment: int | None
    account: Account
    spends: str | None  # the credit note or prepayment whose number it bears: it brings no new money
    can_bounce: bool = False  # by bill or cheque
    told_by: str = ""  # of a settlement that brings no new money: a settled date ("stated"), or lists ("listed")
    used: list[tuple[dt.date, Decimal]] = field(default_factory=list)

    @property
    def order(self) -> tuple[Any, ...]:
        """The order of lines that are applied on one day."""
        return self.day, -self.left, self.kind, self.receipt_id

    @property
    def left(self) -> Decimal:
        """What of money that names no invoice is not applied, on whatever day; what it spends is no use of it."""
        return self.amount - sum((amount for _, amount in self.used if amount > 0), ZERO)

    @property
    def available_on(self) -> dt.date:
        return max(self.day, self.not_before)

    def applies_on(self, document: Document) -> dt.date:
        return max(self.available_on, document.issue)

    def rest(self, day: dt.date) -> Decimal:
        """What is not applied at the end of a day; 0 before the receipt."""
        if self.day > day:
            return ZERO
        money = ZERO if self.spends else self.amount
        return money - sum((amount for on, amount in self.used if on <= day), ZERO)

    def listed(self, day: dt.date) -> Decimal:
        return self.rest(day) if abs(self.rest(day)) >= CENT else ZERO

    def in_base(self, amount: Decimal) -> Decimal:
        return rounded(amount * self.rate)


@dataclass
class Settlement:
    """What the invoice exports themselves tell was settled of a document by a day, in one way."""

    document: Document
    day: dt.date
    by: str
    amount: Decimal
    known_on: dt.date = LONG_AGO  # money that came later is not it

    def order(self) -> tuple[Any, ...]:
        one = self.document
        return self.day, one.issue, one.due, one.invoice_id, one.instalment


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(PLACES, ROUND_HALF_UP)
