"""What else a receivables ledger holds: credit notes, prepayments, over-payments and documents made by mistake."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from random import Random

from pipelines.sampling.sample_book import Item, Movement, document_number
from pipelines.sampling.sample_calendar import AS_OF, FIRST_DAY, next_working_day
from pipelines.sampling.sample_customers import Customer

DAY = dt.timedelta(days=1)
CREDIT_NOTES, STANDALONE_CREDIT_NOTES, VOID_DOCUMENTS, OVERPAYMENTS = 90, 14, 8, 6


def add_credit_notes(rng: Random, items: list[Item], movements: list[Movement]) -> tuple[list[Item], list[Movement]]:
    """Credit notes as documents: most are netted against an invoice then paid that much less, some stand alone."""
    settled = _single_payments(items, movements)
    chosen = sorted(rng.sample(range(len(settled)), CREDIT_NOTES))
    drafts: list[tuple[Item, Movement | None]] = []
    for item, payment in (settled[n] for n in chosen):
        issued = item.issued - DAY * rng.randrange(-3, 25)
        drafts.append(
            (_credit_note(item, min(issued, payment.paid), round(item.cents * rng.uniform(0.04, 0.25))), payment)
        )
    recent = [i for i in items if i.issued > AS_OF - 75 * DAY and i.customer.advice == "stated"]
    for item in rng.sample(recent, STANDALONE_CREDIT_NOTES):
        drafts.append(
            (_credit_note(item, min(AS_OF, item.issued + 6 * DAY), round(item.cents * rng.uniform(0.05, 0.3))), None)
        )
    used: dict[str, int] = defaultdict(int)
    notes: list[Item] = []
    moved = {id(m): [m] for m in movements}
    for draft, netted in sorted(drafts, key=lambda d: (d[0].issued, d[0].customer.customer_id, d[0].cents)):
        note = replace(draft, invoice_id=document_number("credit_note", draft.issued, used))
        notes.append(note)
        if netted is not None:
            moved[id(netted)] = _netted(note, netted)
    return [*items, *notes], [m for group in moved.values() for m in group]


def _single_payments(items: list[Item], movements: list[Movement]) -> list[tuple[Item, Movement]]:
    """Invoices settled by one plain payment, which may as well have been a payment and a credit note."""
    by_item: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for m in movements:
        by_item[m.invoice_id, m.instalment_no].append(m)
    pairs = ((i, by_item[i.invoice_id, i.instalment_no]) for i in items if i.customer.advice == "stated")
    return [(i, ms[0]) for i, ms in pairs if len(ms) == 1 and ms[0].cents == i.cents and ms[0].cleared is None]


def _credit_note(item: Item, issued: dt.date, cents: int) -> Item:
    day = next_working_day(max(issued, FIRST_DAY))
    return Item(item.customer, "", 1, "credit_note", day, day, -cents)


def _netted(note: Item, payment: Movement) -> list[Movement]:
    """The payment less the credit, and the two sides of setting the credit note against the invoice."""
    credit = replace(payment, cents=-note.cents, kind="credit", method="")
    return [
        replace(payment, cents=payment.cents + note.cents),
        credit,
        replace(credit, cents=note.cents, invoice_id=note.invoice_id, instalment_no=1),
    ]


def add_prepayments(
    rng: Random, customers: list[Customer], items: list[Item], movements: list[Movement]
) -> tuple[list[Item], list[Movement]]:
    """Money before the goods: receipts of customers not yet invoiced, and prepayment documents of contractors."""
    new = [c for c in customers if c.activity == 0]
    advances = [
        Movement(
            c,
            next_working_day(dt.date(2026, 5, 6) + DAY * rng.randrange(50)),
            rng.randrange(8, 60) * 100_000,
            reference="预付款",
        )
        for c in new
    ]
    used: dict[str, int] = defaultdict(int)
    contractors = [c for c in customers if c.kind == "contractor" and not c.turns_bad and c.last_day == AS_OF]
    days = sorted(next_working_day(dt.date(2026, 4, 13) + DAY * rng.randrange(70)) for _ in range(3))
    documents = [
        Item(c, document_number("prepayment", day, used), 1, "prepayment", day, day, -rng.randrange(3, 12) * 1_000_000)
        for c, day in zip(rng.sample(contractors, 3), days, strict=True)
    ]
    return [*items, *documents], [*movements, *advances]


def add_overpayments(rng: Random, movements: list[Movement]) -> list[Movement]:
    """A few customers round up; what exceeds the invoice names none."""
    recent = [
        m
        for m in movements
        if m.paid > AS_OF - 60 * DAY
        and m.kind == "payment"
        and m.method == "transfer"
        and m.customer.advice == "stated"
    ]
    chosen = rng.sample([m for m in recent if m.invoice_id and m.cents % 1_000_000], OVERPAYMENTS)
    rests = [
        replace(m, cents=1_000_000 - m.cents % 1_000_000, invoice_id="", instalment_no=1, reference="多付")
        for m in chosen
    ]
    return [*movements, *rests]


def add_void_documents(rng: Random, items: list[Item]) -> list[Item]:
    """Invoices made twice by mistake and cancelled: same content, a number of their own, no money."""
    chosen = rng.sample([i for i in items if i.doc_type == "invoice"], VOID_DOCUMENTS)
    return [
        *items,
        *(replace(i, invoice_id=f"{i.invoice_id}V", instalment_no=1, void=True, dispute="") for i in chosen),
    ]
