"""What people entered and the build reads: the promises, plans and bills of the journal as tables."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.collecting import follow_up

# A promise taken back or replaced by another is nobody's broken word.
NOT_COUNTED = ("cancelled", "replaced", "rejected")
# Under these a bill has brought its money: cleared, or handed on to a bank or a supplier.
BILL_PAID = ("cleared", "discounted", "endorsed")

PROMISES = (
    "create table raw_promises (promise_key BIGINT, promise_id BIGINT, version_id BIGINT, part_no INTEGER, "
    "parts INTEGER, entity_id VARCHAR, customer_id VARCHAR, invoice_id VARCHAR, made_on DATE, made_by VARCHAR, "
    "promised_on DATE, amount DECIMAL(18,4), currency VARCHAR)"
)
BILLS = (
    "create table raw_bills (entity_id VARCHAR, bill_number VARCHAR, customer_id VARCHAR, invoice_id VARCHAR, "
    "amount DECIMAL(18,4), currency VARCHAR, due_on DATE, state VARCHAR, counts_on DATE)"
)


def attach(con: duckdb.DuckDBPyConnection, settings: Settings, known_at: dt.datetime) -> None:
    """Create `raw_promises` and `raw_bills`: what was entered up to `known_at` and still stood then.

    One row per promise (part_no 0) and per instalment of a plan (part_no from 1); one per bill, with the day from which
    its money counts, none while it is in hand or once it has bounced.
    """
    con.execute(PROMISES)
    con.execute(BILLS)
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return
    # Nobody waits for the journal's libraries where nothing was ever entered.
    from pipelines.collecting import follow_up

    notes = follow_up.notes(settings, known_at=known_at)
    promises = [row for note in notes if note.kind in ("promise", "plan") for row in _promised(settings, note)]
    # A bill's number is its own: of two entries the newer one holds.
    bills = {
        (note.entity_id, note.payload.number): (
            *(note.customer_id, note.invoice_id, note.payload.amount, note.payload.currency, note.payload.due_on),
            note.payload.state,
            note.payload.state_on if note.payload.state in BILL_PAID else None,
        )
        for note in notes
        if note.kind == "bill"
    }
    if promises:
        con.executemany(f"insert into raw_promises values ({', '.join('?' * 13)})", promises)
    if bills:
        columns = zip(*[(*bill, *state) for bill, state in bills.items()], strict=True)
        # A statement a row takes seconds where a register holds thousands.
        types = ("varchar", "varchar", "varchar", "varchar", "decimal(18,4)", "varchar", "date", "varchar", "date")
        con.execute(
            f"insert into raw_bills select {', '.join(f'unnest(?::{each}[])' for each in types)}",
            [list(column) for column in columns],
        )


def _promised(settings: Settings, note: "follow_up.Note") -> Iterator[tuple[object, ...]]:
    """The rows of a promise or of a plan's instalments that count."""
    from pipelines.collecting import journal

    agreed = note.payload
    made_on = journal.business_day(settings, note.at)
    made_by = agreed.made_by if note.kind == "promise" else ""
    count = 0 if note.kind == "promise" else len(agreed.instalments)
    for number, day, amount in counted_parts(settings, note):
        key = note.id * 1000 + number
        about = (note.entity_id, note.customer_id, note.invoice_id)
        yield key, note.id, note.version_id, number, count, *about, made_on, made_by, day, amount, agreed.currency


def counted_parts(settings: Settings, note: "follow_up.Note") -> list[tuple[int, dt.date, Decimal]]:
    """The payments agreed in a promise (number 0) or a plan (numbers from 1) that count: number, day, amount."""
    from pipelines.collecting import journal

    agreed, taken_back = note.payload, note.outcome in NOT_COUNTED
    if note.kind == "promise":
        return [] if taken_back else [(0, agreed.promised_on, agreed.amount)]
    # A plan that was given up still stands for the instalments whose last day had passed by then.
    ended = journal.business_day(settings, note.closed_at) if taken_back and note.closed_at else None
    grace = dt.timedelta(days=settings.promise_tolerance_days)
    parts = enumerate(agreed.instalments, start=1)
    return [
        (number, part.due_on, part.amount) for number, part in parts if ended is None or part.due_on + grace < ended
    ]
