"""The sample exports: a seeded, invented receivables book written in the shapes real systems emit."""

from pathlib import Path
from random import Random

from pipelines.sampling.sample_book import Book, make_invoices
from pipelines.sampling.sample_customers import make_customers
from pipelines.sampling.sample_exports import write_exports
from pipelines.sampling.sample_extras import add_credit_notes, add_overpayments, add_prepayments, add_void_documents
from pipelines.sampling.sample_payments import pay_items

SEED = 4


def write_sample(folder: Path) -> list[Path]:
    """Write the sample exports into `folder` and return their paths; the same bytes every time."""
    return write_exports(make_book(), folder)


def make_book(seed: int = SEED) -> Book:
    """The whole book as it happened: every document and every movement of money up to the as-of date."""
    rng = Random(seed)
    customers = make_customers(rng)
    items, movements = pay_items(rng, make_invoices(rng, customers))
    items, movements = add_credit_notes(rng, items, movements)
    items, movements = add_prepayments(rng, customers, items, movements)
    movements = add_overpayments(rng, movements)
    items = add_void_documents(rng, items)
    return Book(
        customers,
        sorted(items, key=lambda i: (i.issued, i.invoice_id, i.instalment_no)),
        sorted(
            movements, key=lambda m: (m.paid, m.customer.customer_id, m.method, m.invoice_id, m.instalment_no, m.kind)
        ),
    )
