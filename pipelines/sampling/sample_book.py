"""The sample book: three years of invoices of an invented maker of pumps and valves, and how they were paid.

Money is whole cents of the document's currency, so that parts always add up to the invoice.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from pipelines.sampling.sample_calendar import AS_OF, FIRST_DAY, next_working_day, order_weight, working_days
from pipelines.sampling.sample_customers import Customer

INVOICES = 12_000
DISPUTE_REASONS = ("数量短缺", "质量异议", "价格差异", "验收未完成", "发票信息有误")
NEW_SYSTEM_FROM = dt.date(2025, 7, 1)  # the supplier changed its ERP: other numbers, other exports


@dataclass(frozen=True)
class Item:
    """One instalment of one document; credit notes and prepayments are negative."""

    customer: Customer
    invoice_id: str
    instalment_no: int
    doc_type: str
    issued: dt.date
    due: dt.date
    cents: int
    accepted: dt.date | None = None
    project: str = ""
    dispute: str = ""  # reason, while the dispute is open
    void: bool = False


@dataclass(frozen=True)
class Movement:
    """One application of money to one item (`invoice_id` empty: money that names no invoice)."""

    customer: Customer
    paid: dt.date
    cents: int
    invoice_id: str = ""
    instalment_no: int = 1
    kind: str = "payment"
    method: str = "transfer"
    cleared: dt.date | None = None  # of a bill or cheque
    reference: str = ""


@dataclass(frozen=True)
class Book:
    customers: list[Customer]
    items: list[Item]  # by issue date
    movements: list[Movement]  # by payment date


def make_invoices(rng: Random, customers: list[Customer]) -> list[Item]:
    """Exactly INVOICES invoices with their instalments, by issue date."""
    return _number(rng, _draw_invoices(rng, customers))


def _draw_invoices(rng: Random, customers: list[Customer]) -> list[tuple[dt.date, Customer]]:
    """Issue dates by customer: exactly INVOICES of them, busier in season and as the years go by."""
    days = working_days(FIRST_DAY, AS_OF)
    weights = {day: order_weight(day) for day in days}
    everything = sum(weights.values())
    open_days = {c.customer_id: [d for d in days if c.first_day <= d <= c.last_day] for c in customers}
    expected = {
        c.customer_id: c.activity * sum(weights[d] for d in open_days[c.customer_id]) / everything for c in customers
    }
    drawn: list[tuple[dt.date, Customer]] = []
    for customer, count in zip(customers, _shares(list(expected.values()), INVOICES), strict=True):
        mine = open_days[customer.customer_id]
        running = list(accumulate(weights[d] for d in mine))
        drawn += [(day, customer) for day in rng.choices(mine, cum_weights=running, k=count)] if count else []
    return sorted(drawn, key=lambda pair: (pair[0], pair[1].customer_id))


def _shares(weights: list[float], total: int) -> list[int]:
    """Whole numbers in proportion to the weights that add up to `total`."""
    ends = [round(total * running / sum(weights)) for running in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _number(rng: Random, drawn: list[tuple[dt.date, Customer]]) -> list[Item]:
    """Invoices with their numbers, amounts, due dates and instalments."""
    items: list[Item] = []
    used: dict[str, int] = defaultdict(int)
    for day, customer in drawn:
        invoice_id = document_number("invoice", day, used)
        cents = max(20_000, round(customer.amount * rng.lognormvariate(0, 0.8) * 100))
        if rng.random() < 0.08:
            cents = round(cents, -5) or cents
        accepted = (
            next_working_day(day + dt.timedelta(days=rng.randrange(4, 22))) if customer.kind == "contractor" else None
        )
        invoice = Item(
            customer=customer,
            invoice_id=invoice_id,
            instalment_no=1,
            doc_type="invoice",
            issued=day,
            due=day + dt.timedelta(days=customer.terms_days),
            cents=cents,
            accepted=accepted if accepted and accepted <= AS_OF else None,
            project=f"{customer.name[:4]}{rng.choice(('一期', '二期', '改造'))}" if accepted else "",
        )
        scheduled = customer.by_instalments and cents > customer.amount * 60
        items += _instalments(invoice) if scheduled else [invoice]
    return items


def _instalments(invoice: Item) -> list[Item]:
    """The invoice in three parts, due 30, 60 and 90 days after issue."""
    first, second = invoice.cents * 4 // 10, invoice.cents * 3 // 10
    parts = (first, second, invoice.cents - first - second)
    return [
        replace(invoice, instalment_no=n, cents=part, due=invoice.issued + dt.timedelta(days=30 * n))
        for n, part in enumerate(parts, start=1)
    ]


def document_number(doc_type: str, day: dt.date, used: dict[str, int]) -> str:
    """The next number of a document type, in the style of the system that was in use on that day."""
    if day < NEW_SYSTEM_FROM:
        prefix, width = {"invoice": "YS", "credit_note": "HZ", "prepayment": "YK"}[doc_type] + f"{day:%y%m}", 4
    else:
        prefix, width = {"invoice": "SI-", "credit_note": "CN-", "prepayment": "PP-"}[doc_type] + f"{day:%y}", 5
    used[prefix] += 1
    return f"{prefix}{used[prefix]:0{width}d}"
