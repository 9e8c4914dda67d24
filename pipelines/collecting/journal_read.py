"""Reading the journal: the entries as they stand, and whether anything was added since."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from pipelines.collecting.journal_entries import PAYLOADS
from pipelines.collecting.journal_store import ENTRIES, exists, transaction
from pipelines.collecting.writers import standing
from pipelines.settings import Settings

COLUMNS = ["id", "at", "who", "kind", "entity_id", "customer_id", "invoice_id", "instalment_no", "payload"]
COLUMNS += ["version_id", "changed_at", "changed_by", "closed_at", "closed_by", "outcome"]


def records(
    settings: Settings,
    kind: str | None = None,
    *,
    entity_id: str | None = None,
    customer_id: str | None = None,
    invoice_id: str | None = None,
    known_at: dt.datetime | None = None,
) -> list[tuple[Any, ...]]:
    """Entries as they stand, oldest first, as tuples in the order of COLUMNS: withdrawn ones are left out.

    `id`, `at` and `who` are those of the first version, `version_id`, `changed_at` and `changed_by` of the newest;
    `closed_at`, `closed_by` and `outcome` are None while the entry is open. Moments carry UTC. `known_at` leaves out
    what was entered later.
    """
    # Looking creates nothing: a journal nobody has written to has no entries.
    versions = (
        _read(settings, known_at, kind=kind, entity_id=entity_id, customer_id=customer_id) if exists(settings) else []
    )
    first = {row.id: row for row in versions if row.root is None}
    newest = {row.root or row.id: row for row in versions}
    closings = {row.closes: row for row in newest.values() if row.closes is not None and row.payload is not None}
    return [
        _record(first[key], row, closings.get(key))
        for key, row in newest.items()
        if row.payload is not None
        and row.closes is None
        and (kind is None or row.kind == kind)
        and (invoice_id is None or row.invoice_id == invoice_id)
    ]


def size(settings: Settings) -> tuple[int, int]:
    """The number of the last entry and how many there are, 0 before the first. One of the same size reads the same."""
    if not exists(settings):
        return 0, 0
    with transaction(settings) as con:
        row = con.execute(sa.select(sa.func.coalesce(sa.func.max(ENTRIES.c.id), 0), sa.func.count())).one()
    return row[0], row[1]


def customers_since(settings: Settings, entry_id: int) -> dict[tuple[str, str], int]:
    """How many entries after `entry_id` are about each customer (entity_id, customer_id)."""
    columns = (ENTRIES.c.entity_id, ENTRIES.c.customer_id)
    statement = sa.select(*columns, sa.func.count()).where(ENTRIES.c.id > entry_id).group_by(*columns)
    with transaction(settings) as con:
        return {(row[0], row[1]): row[2] for row in con.execute(statement)}


def _read(settings: Settings, known_at: dt.datetime | None, **subject: str | None) -> list[Any]:
    statement = sa.select(ENTRIES).order_by(ENTRIES.c.id)
    for name, value in subject.items():
        if value is not None:
            statement = statement.where(ENTRIES.c[name] == value)
    if known_at is not None:
        statement = statement.where(ENTRIES.c.at <= known_at.astimezone(dt.UTC).replace(tzinfo=None))
    with transaction(settings) as con:
        return list(con.execute(statement))


def _record(first: Any, newest: Any, closing: Any) -> tuple[object, ...]:
    payload = PAYLOADS[newest.kind].model_validate(newest.payload)
    ended: tuple[object, ...] = (None, None, None)
    if closing is not None:
        ended = (_utc(closing.at), standing(closing.who), closing.payload["outcome"])
    subject = (newest.entity_id, newest.customer_id, newest.invoice_id, newest.instalment_no)
    made = (first.id, _utc(first.at), standing(first.who), newest.kind)
    return (*made, *subject, payload, newest.id, _utc(newest.at), standing(newest.who), *ended)


def _utc(stored: dt.datetime) -> dt.datetime:
    return stored.replace(tzinfo=dt.UTC)
