"""What people entered and the build reads: the promises of the journal as a table."""

import datetime as dt

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

# A promise taken back or replaced by another is nobody's broken word.
NOT_COUNTED = ("cancelled", "replaced", "rejected")


def attach_promises(con: duckdb.DuckDBPyConnection, settings: Settings, known_at: dt.datetime) -> None:
    """Create `raw_promises`: one row per promise entered up to `known_at` and still standing then."""
    con.execute(
        "create temp table raw_promises (promise_id BIGINT, version_id BIGINT, entity_id VARCHAR, customer_id VARCHAR, "
        "invoice_id VARCHAR, made_on DATE, made_by VARCHAR, promised_on DATE, amount DECIMAL(18,4), currency VARCHAR)"
    )
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return
    # Nobody waits for the journal's libraries where nothing was ever entered.
    from pipelines import follow_up, journal

    rows = [
        (
            note.id,
            note.version_id,
            note.entity_id,
            note.customer_id,
            note.invoice_id,
            journal.business_day(settings, note.at),
            note.payload.made_by,
            note.payload.promised_on,
            note.payload.amount,
            note.payload.currency,
        )
        for note in follow_up.notes(settings, kind="promise", known_at=known_at)
        if note.outcome not in NOT_COUNTED
    ]
    if rows:
        con.executemany("insert into raw_promises values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
