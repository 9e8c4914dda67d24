"""Random ledgers: every kind of document and receipt line, with odd dates, amounts, currencies and texts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from pipelines.canonical import KINDS
from tests.oracle_documents import Ledger, Row

FIRST = dt.date(2024, 1, 5)
LISTED_ON = dt.date(2024, 10, 1)  # the day of the invoice exports
RATES = {"USD": ("7.1234", "7.2", "6.98765"), "EUR": ("7.8", "7.65432101", "8")}
AMOUNTS = ("100", "100", "250.50", "33.33", "1000", "999.99", "12345.67", "0.01", "0.004", "0.02")
ENTITIES = ("main", "main", None, "south")
CUSTOMERS = ("C1", "C2", "C3", "0004")
REPS = ("Li", "Wang", None)
REGIONS = ("East", "West", None)


def row(kind: str, **values: Any) -> Row:
    """A row with every canonical column of a kind, null where nothing is given."""
    return {column.name: None for column in KINDS[kind]} | values


def days(last: int = 300) -> st.SearchStrategy[dt.date]:
    return st.integers(0, last).map(lambda offset: FIRST + dt.timedelta(days=offset))


def amounts() -> st.SearchStrategy[Decimal]:
    return st.sampled_from(AMOUNTS).map(Decimal) | st.integers(1, 500_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def documents(draw: st.DrawFn, number: int) -> list[Row]:
    """One document: an invoice in up to four instalments, a debit or credit note, a prepayment."""
    doc_type = draw(st.sampled_from((None, "invoice", "invoice", "invoice", "debit_note", "credit_note", "prepayment")))
    issued = draw(days())
    common = row(
        "invoices",
        entity_id=draw(st.sampled_from(ENTITIES)),
        customer_id=draw(st.sampled_from(CUSTOMERS)),
        invoice_id=f"D{number:03d}",
        doc_type=doc_type,
        issue_date=issued,
        currency=draw(st.sampled_from(("CNY", "CNY", None, "USD", "EUR"))),
        rep=draw(st.sampled_from(REPS)),
        region=draw(st.sampled_from(REGIONS)),
        disputed=draw(st.sampled_from((None, False, True))),
        status=draw(st.sampled_from((None, None, "open", "open", "part_paid", "void", "draft"))),
        terms_days=draw(st.sampled_from((None, None, 0, 30))),
    )
    # A credit note comes with either sign; an invoice below zero is one, whatever it is called.
    sign = draw(st.sampled_from((1, -1) if doc_type in ("credit_note", "prepayment") else (1, 1, 1, 1, 1, 1, -1)))
    if sign == 1 and doc_type not in ("credit_note", "prepayment"):
        instalments = draw(st.sampled_from((1, 1, 1, 2, 3, 4)))
    else:
        instalments = 1
    states_settlement = not draw(st.integers(0, 3))
    return [
        common
        | (draw(settlements(issued)) if states_settlement else {})
        | {
            "instalment_no": place if instalments > 1 else draw(st.sampled_from((None, 1))),
            "amount": sign * draw(amounts()),
            "due_date": draw(
                st.none() | (st.integers(-3, 150) | st.just(900)).map(lambda after: issued + dt.timedelta(days=after))
            ),
        }
        for place in range(1, instalments + 1)
    ]


@st.composite
def settlements(draw: st.DrawFn, issued: dt.date) -> Row:
    """What the row of an invoice itself says of its settlement."""
    stated = draw(st.sampled_from(("settled_date", "open_amount", "both", "paid", "nothing")))
    said: Row = {"status": "paid"} if stated == "paid" else {}
    if stated in ("settled_date", "both"):
        said["settled_date"] = issued + dt.timedelta(days=draw(st.integers(0, 120)))
    if stated in ("open_amount", "both"):
        said["open_amount"] = draw(st.sampled_from((Decimal(0), Decimal("0.01"), Decimal(50))))
    return said


@st.composite
def receipts(
    draw: st.DrawFn, number: int, invoices: Sequence[Row], methods: Sequence[str | None], stated: Sequence[str]
) -> list[Row]:
    """One receipt: for a stated, quoted or unnamed invoice, in part, in full or too much, sometimes bounced.

    `stated` are the methods of which the clearing days may be known.
    """
    target = draw(st.sampled_from(invoices))
    part = draw(st.sampled_from(("1", "1", "1", "0.5", "0.3333", "1.2", "2")))
    whole = abs(target["amount"]) if draw(st.booleans()) else draw(amounts())
    amount = max((whole * Decimal(part)).quantize(Decimal("0.0001")), Decimal("0.0001"))
    paid = draw(days(360))
    method = draw(st.sampled_from(methods))
    cleared = paid + dt.timedelta(days=draw(st.integers(0, 90))) if draw(st.booleans()) else None
    common = row(
        "receipts",
        receipt_id=f"R{number:03d}",
        entity_id=target["entity_id"] if draw(st.integers(0, 9)) else draw(st.sampled_from(ENTITIES)),
        customer_id=target["customer_id"],
        paid_on=paid,
        amount=amount,
        currency=target["currency"] if draw(st.integers(0, 9)) else "CNY",
        method=method,
        cleared_on=cleared if method in stated else None,
        applied_on=paid + dt.timedelta(days=draw(st.integers(-5, 60))) if not draw(st.integers(0, 4)) else None,
    )
    # Whether a bill came back before it cleared shows only where clearing days are stated.
    comes_back = st.sampled_from((True, False) if method in stated else (True, False, False, False))
    way = draw(st.sampled_from(("stated", "stated", "stated", "quoted", "none", "none", "note", "unknown", "nobody")))
    named = {"invoice_id": target["invoice_id"]}
    if draw(st.booleans()):
        named["instalment_no"] = target["instalment_no"]
    if way == "stated":
        common |= named | {
            "kind": draw(st.sampled_from((None, "payment", "payment", "discount", "write_off", "credit")))
        }
        if not draw(st.integers(0, 3)):
            common["customer_id"] = None
        if draw(comes_back):
            return [common, draw(bounces(common))]
    elif way == "none":
        if draw(comes_back):
            return [common, draw(bounces(common))]
    elif way == "quoted":
        other = draw(st.sampled_from(invoices))
        texts = ("payment of {0}", "货款{0}", "{0} and {1}", "contract 77", "{0}9")
        common["reference"] = draw(st.sampled_from(texts)).format(target["invoice_id"], other["invoice_id"])
    elif way == "note":
        notes = [one for one in invoices if one["doc_type"] == "credit_note"]
        if notes:
            note = draw(st.sampled_from(notes))
            spent = abs(note["amount"]) * draw(st.sampled_from((Decimal(1), Decimal("0.5"))))
            common |= named | {
                "receipt_id": note["invoice_id"],
                "kind": "credit",
                "amount": max(spent.quantize(Decimal("0.0001")), Decimal("0.0001")),
                "method": None,
                "cleared_on": None,
            }
    elif way == "unknown":
        common["invoice_id"] = "X999"
    elif way == "nobody":
        # Of some customers nothing is known but a bill or cheque, which may not have cleared yet.
        by_bill = (None, "C8", "C7") if method in ("bill", "cheque") else (None,)
        common["customer_id"] = draw(st.sampled_from(("C9", *by_bill)))
        if draw(st.booleans()):
            common["amount"] = -amount
    return [common]


@st.composite
def bounces(draw: st.DrawFn, paid: Row) -> Row:
    """The line that takes a receipt back, in full or now and then in part, under its number or one of its own."""
    days_after = draw(st.integers(0, 60))
    back = paid | {
        "amount": -paid["amount"] if draw(st.integers(0, 5)) else -(paid["amount"] / 2).quantize(Decimal("0.0001")),
        "paid_on": paid["paid_on"] + dt.timedelta(days=days_after),
        "cleared_on": None,
        "applied_on": None,
    }
    if not draw(st.integers(0, 4)):
        back |= {"invoice_id": None, "instalment_no": None}
    own_number = days_after and draw(st.booleans())
    return back if own_number else back | {"receipt_id": f"{paid['receipt_id']}B"}


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Up to 12 documents of four customers and up to 20 receipts, with rates from the first day on.

    The `import_id` of a receipt tells one or two exports apart: each may state on which days bills or cheques cleared.
    """
    invoices = [one for number in range(draw(st.integers(1, 12))) for one in draw(documents(number))]
    stated = draw(st.sampled_from(((), ("bill",), ("transfer", "bill", "cheque"), ("bill", "cheque"))))
    methods = draw(st.sampled_from(((None, None, "transfer", "cheque", "bill"), ("bill", "bill", "cheque"))))
    numbers = range(draw(st.integers(0, 20)))
    paid = [one for number in numbers for one in draw(receipts(number, invoices, methods, stated))]
    exports = draw(st.sampled_from((1, 1, 2)))
    paid = [one | {"import_id": str(draw(st.integers(1, exports)))} for one in paid]
    keys = ("receipt_id", "invoice_id", "instalment_no", "paid_on", "kind")
    once = {tuple(one[name] for name in keys): one for one in paid}
    people = [
        row(
            "customers",
            entity_id=draw(st.sampled_from((None, "south"))),
            customer_id=customer,
            rep=draw(st.sampled_from(REPS)),
            region=draw(st.sampled_from(REGIONS)),
            terms_days=draw(st.sampled_from((None, 45))),
            credit_limit=draw(st.sampled_from((None, Decimal(0), Decimal(100)))),
        )
        for customer in draw(st.sets(st.sampled_from(CUSTOMERS), max_size=3).map(sorted))
    ]
    rates = [
        row("fx_rates", currency=code, rate_date=FIRST + dt.timedelta(days=90 * step), rate_to_base=Decimal(rate))
        for code, steps in RATES.items()
        for step, rate in enumerate(steps)
    ]
    return Ledger(invoices, list(once.values()), people, rates)


def gathered(ledger: Ledger, random: Random) -> Ledger:
    """A ledger as one of one or two customers that tells of settlements itself, beside money that names no invoice."""
    people = random.choice((("C1",), ("C1", "C2")))
    currency = random.choice((None, "USD"))

    def of_few(one: Row) -> Row:
        known = CUSTOMERS.index(one["customer_id"]) if one["customer_id"] in CUSTOMERS else 0
        return one | {"entity_id": None, "customer_id": people[known % len(people)], "currency": currency}

    def settled(one: Row) -> Row:
        left = min(random.choice((Decimal(0), Decimal(0), Decimal(50))), abs(one["amount"]))
        day = one["issue_date"] + dt.timedelta(days=random.randint(0, 120))
        said = random.choice(
            ({"settled_date": day}, {"open_amount": left}, {"settled_date": day, "open_amount": left}, {})
        )
        return one | {"status": None} | said

    def unnamed(one: Row) -> Row:
        if one["amount"] < 0 or not random.randint(0, 3):
            return one
        # Now and then exactly what one of the invoices was.
        amount = abs(random.choice(ledger.invoices)["amount"]) if random.randint(0, 1) else one["amount"]
        return one | {"invoice_id": None, "instalment_no": None, "reference": None, "amount": amount}

    invoices = [settled(of_few(one)) for one in ledger.invoices]
    return replace(ledger, invoices=invoices, receipts=[unnamed(of_few(one)) for one in ledger.receipts])


@st.composite
def open_lists(draw: st.DrawFn, number: int = 0) -> list[tuple[dt.date, list[Row]]]:
    """Two to four open-items lists of one source: items come, shrink, go, and now and then come back or grow.

    Two may be of one day: a list that was mended and imported again. Some hold no amount but what is open.
    """
    offsets = draw(st.lists(st.integers(20, 330), min_size=2, max_size=4).map(sorted))
    if draw(st.booleans()):
        offsets[1] = offsets[0]
    items = [one for place in range(draw(st.integers(1, 8))) for one in draw(documents(100 * number + place))]
    items = [one | {"status": None, "open_amount": None, "settled_date": None} for one in items]
    lists: list[tuple[dt.date, list[Row]]] = []
    for offset in offsets:
        listed, without_amounts = [], draw(st.booleans())
        for one in items:
            share = draw(st.sampled_from((None, None, "1", "0.6", "0.25", "0")))
            if share is not None:
                left = (one["amount"] * Decimal(share)).quantize(Decimal("0.0001"))
                if without_amounts and left:
                    listed.append(one | {"amount": left})
                    continue
                listed.append(one | {"open_amount": None if share == "1" and draw(st.booleans()) else left})
        lists.append((FIRST + dt.timedelta(days=offset), listed))
    # A file without a row is no import, so nobody knows of such a list.
    return [each for each in lists if each[1]]


def together(books: Sequence[Ledger]) -> Ledger:
    """Several ledgers as one, each under entities of its own: one build then proves them all."""
    kinds = []
    for kind in ("invoices", "receipts", "customers"):
        kinds.append(
            [
                one
                | {"entity_id": f"{place}-{one['entity_id'] or 'main'}" if place else one["entity_id"]}
                | ({"import_id": f"{place}-{one['import_id']}"} if kind == "receipts" else {})
                for place, book in enumerate(books)
                for one in getattr(book, kind)
            ]
        )
    return Ledger(*kinds, fx_rates=books[0].fx_rates)
