"""What people entered and the build reads: the promises of the journal as a table."""

import datetime as dt

import duckdb

from pipelines import journal
from pipelines.settings import Settings

# A promise taken back or replaced by another is nobody's broken word.
NOT_COUNTED = ("cancelled", "replaced", "rejected")


def attach_promises(con: duckdb.DuckDBPyConnection, settings: Settings, known_at: dt.datetime) -> None:
    """Create `raw_promises`: one row per promise entered up to `known_at` and still standing then."""
    con.execute(
        "create temp table raw_promises (promise_id BIGINT, version_id BIGINT, entity_id VARCHAR, customer_id VARCHAR, "
        "invoice_id VARCHAR, made_on DATE, made_by VARCHAR, promised_on DATE, amount DECIMAL(18,4), currency VARCHAR)"
    )
    entered = journal.entries(settings, "promise", known_at=known_at)
    rows = [
        (
            int(row.id),
            int(row.version_id),
            row.entity_id,
            row.customer_id,
            row.invoice_id,
            journal.business_day(settings, row.at.to_pydatetime()),
            row.payload.made_by,
            row.payload.promised_on,
            row.payload.amount,
            row.payload.currency,
        )
        for row in entered.itertuples()
        if row.outcome not in NOT_COUNTED
    ]
    if rows:
        con.executemany("insert into raw_promises values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
