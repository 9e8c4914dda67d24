"""What people enter about customers and invoices: an append-only table in SQLite, or in PostgreSQL by URL.

Nothing is ever overwritten. A correction is a new entry that names the one it `corrects`, a withdrawal a correction
without payload, and ending something open (a task, a dispute, a hold) a new entry that names the one it `closes`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from pipelines.errors import UserError
from pipelines.journal_entries import (
    CLOSABLE,
    LOOKS_BACK,
    PAYLOADS,
    Closing,
    EntryRefused,
    Problem,
    typed,
    validated,
)
from pipelines.journal_payload import Payload
from pipelines.journal_store import ENTRIES, exists, transaction
from pipelines.settings import Settings

Key = TypeVar("Key")  # what tells entries apart that are stored together

COLUMNS = ["id", "at", "who", "kind", "entity_id", "customer_id", "invoice_id", "instalment_no", "payload"]
COLUMNS += ["version_id", "changed_at", "changed_by", "closed_at", "closed_by", "outcome"]


class EntryConflict(UserError):
    """Somebody else was first: the entry has been closed, corrected or withdrawn in the meantime."""


@dataclass(frozen=True)
class Entry:
    """One acknowledged entry: on disk when it is returned. `at` is UTC."""

    id: int
    at: dt.datetime
    who: str
    kind: str
    payload: Payload


@dataclass(frozen=True)
class Subject:
    """What an entry is about: a customer of a legal entity, perhaps one invoice or one instalment of it."""

    entity_id: str
    customer_id: str
    invoice_id: str | None = None
    instalment_no: int | None = None


def append(
    settings: Settings,
    kind: str,
    subject: Subject,
    payload: dict[str, Any],
    *,
    who: str,
    debt: Decimal | None = None,
    seen: int | None = None,
    now: dt.datetime | None = None,
) -> Entry:
    """Store a new entry and return it once it is safely on disk.

    `kind` is a key of `journal_entries.PAYLOADS`. `debt` is what is owed in the entry's currency, needed for a promise
    and a plan. `seen` is the newest entry of this kind about this customer that the writer knew of (0: none), where an
    entry builds on the one before. `now` is the moment of entry, the clock's unless given. Raises EntryRefused with a
    reason per field, and EntryConflict when somebody has entered a newer one than `seen`.
    """
    now = now or _utc_now()
    entry = validated(kind, payload, today=business_day(settings, now), debt=debt)
    with transaction(settings, writes=True) as con:
        if seen is not None:
            _refuse_newer(con, kind, subject, seen)
        return _insert(con, kind, subject, entry, who=who, at=now)


def append_all(
    settings: Settings,
    kind: str,
    payloads: Mapping[Subject, dict[str, Any]],
    *,
    who: str,
    now: dt.datetime | None = None,
) -> list[Entry]:
    """Store one entry of a kind about each subject, all or none: what a file says of many customers.

    Raises EntryRefused with every reason against a field named `<customer_id>.<field>`.
    """
    about = {subject: (f"{subject.customer_id}.", kind, payload) for subject, payload in payloads.items()}
    now = now or _utc_now()
    valid = _all_valid(settings, about, None, now)
    with transaction(settings, writes=True) as con:
        return [_insert(con, kind, subject, entry, who=who, at=now) for subject, entry in valid.items()]


def append_together(
    settings: Settings,
    subject: Subject,
    payloads: Mapping[str, dict[str, Any]],
    *,
    who: str,
    debt: Decimal | None = None,
    now: dt.datetime | None = None,
) -> list[Entry]:
    """Store one entry of each kind about one subject, all or none: a contact and the promise made in it.

    Raises EntryRefused with every reason against a field named `<kind>.<field>`.
    """
    now = now or _utc_now()
    about = {kind: (f"{kind}.", kind, payload) for kind, payload in payloads.items()}
    valid = _all_valid(settings, about, debt, now)
    with transaction(settings, writes=True) as con:
        return [_insert(con, kind, subject, entry, who=who, at=now) for kind, entry in valid.items()]


def _all_valid(
    settings: Settings, payloads: Mapping[Key, tuple[str, str, dict[str, Any]]], debt: Decimal | None, now: dt.datetime
) -> dict[Key, Payload]:
    """The entries, given as (place before its fields' names, kind, payload), or every reason against any of them."""
    today = business_day(settings, now)
    valid: dict[Key, Payload] = {}
    problems: list[Problem] = []
    for key, (place, kind, payload) in payloads.items():
        try:
            valid[key] = validated(kind, payload, today=today, debt=debt)
        except EntryRefused as refused:
            problems += [replace(problem, field=place + problem.field) for problem in refused.problems]
    if problems:
        raise EntryRefused(*problems)
    return valid


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


def correct(
    settings: Settings,
    version_id: int,
    payload: dict[str, Any],
    *,
    who: str,
    debt: Decimal | None = None,
    now: dt.datetime | None = None,
) -> Entry:
    """Put a new version in the place of the version a person was looking at; the old one stays in the history.

    Raises EntryConflict when somebody corrected or withdrew it first.
    """
    now = now or _utc_now()
    with transaction(settings, writes=True) as con:
        old = _newest(con, version_id)
        if old.closes is not None:
            entry = typed(Closing, payload)
        else:
            # A correction is judged on the day the entry was made: a promise stays correctable after its date.
            # One about what has happened is judged today: it may have gone on since.
            judged_at = now if old.kind in LOOKS_BACK else _first(con, old).at
            entry = validated(old.kind, payload, today=business_day(settings, judged_at), debt=debt)
        return _insert(con, old.kind, _subject(old), entry, who=who, at=now, corrects=old, closes=old.closes)


def withdraw(settings: Settings, version_id: int, *, who: str, now: dt.datetime | None = None) -> None:
    """Take an entry back, or reopen what it closed; it stays in the history. Raises EntryConflict as `correct` does."""
    with transaction(settings, writes=True) as con:
        old = _newest(con, version_id)
        _insert(con, old.kind, _subject(old), None, who=who, at=now or _utc_now(), corrects=old, closes=old.closes)


def close(
    settings: Settings,
    entry_id: int,
    payload: dict[str, Any] | None = None,
    *,
    who: str,
    now: dt.datetime | None = None,
) -> Entry:
    """End something open: one of the kinds CLOSABLE. Of two people closing it, the second is told who was first."""
    ending = typed(Closing, payload or {})
    with transaction(settings, writes=True) as con:
        target = _row(con, entry_id)
        if target.kind not in CLOSABLE or target.closes is not None:
            raise EntryRefused(Problem("kind", "error.entry_not_closable", {}))
        target = _row(con, target.root or target.id)
        if (closing := _closing_of(con, target.id)) is not None:
            day = business_day(settings, closing.at)
            raise EntryConflict("error.entry_already_closed", who=closing.who, day=day)
        return _insert(con, target.kind, _subject(target), ending, who=who, at=now or _utc_now(), closes=target.id)


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


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def business_day(settings: Settings, moment: dt.datetime | None = None) -> dt.date:
    """The business day of a moment, now unless given; one without zone is UTC, as stored."""
    moment = moment or _utc_now()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(_zone(settings.timezone)).date()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _insert(
    con: sa.Connection,
    kind: str,
    subject: Subject,
    payload: Payload | None,
    *,
    who: str,
    at: dt.datetime,
    corrects: Any = None,
    closes: int | None = None,
) -> Any:
    row = {
        "at": at.astimezone(dt.UTC).replace(tzinfo=None),
        "who": who,
        "kind": kind,
        "entity_id": subject.entity_id,
        "customer_id": subject.customer_id,
        "invoice_id": subject.invoice_id,
        "instalment_no": subject.instalment_no,
        "payload": None if payload is None else payload.model_dump(mode="json"),
        "corrects": corrects.id if corrects is not None else None,
        "root": (corrects.root or corrects.id) if corrects is not None else None,
        "closes": closes,
    }
    number = con.execute(sa.insert(ENTRIES).values(row)).inserted_primary_key
    assert number is not None
    return Entry(number[0], at, who, kind, payload) if payload is not None else None


def _refuse_newer(con: sa.Connection, kind: str, subject: Subject, seen: int) -> None:
    """Raise EntryConflict when the customer has an entry of this kind after `seen`, a correction included."""
    if con.dialect.name == "postgresql":
        # There is no row to lock before the first entry; SQLite has locked the whole file by now.
        key = sa.func.hashtext(f"{kind}/{subject.entity_id}/{subject.customer_id}")
        con.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
    about = (ENTRIES.c.kind == kind, ENTRIES.c.entity_id == subject.entity_id)
    newer = sa.select(ENTRIES).where(*about, ENTRIES.c.customer_id == subject.customer_id, ENTRIES.c.id > seen)
    row = con.execute(newer.order_by(ENTRIES.c.id.desc()).limit(1)).one_or_none()
    if row is not None:
        raise EntryConflict("error.entry_newer", who=row.who)


def _row(con: sa.Connection, entry_id: int) -> Any:
    """An entry, locked against others who would correct or close it (SQLite has locked the whole file by then)."""
    statement = sa.select(ENTRIES).where(ENTRIES.c.id == entry_id)
    if con.get_execution_options().get("writes"):
        statement = statement.with_for_update()
    row = con.execute(statement).one_or_none()
    if row is None:
        raise EntryRefused(Problem("id", "error.entry_unknown", {"id_entry": entry_id}))
    return row


def _newest(con: sa.Connection, version_id: int) -> Any:
    """The version, if it is the newest of its entry and not withdrawn."""
    row = _row(con, version_id)
    later = con.execute(sa.select(ENTRIES).where(ENTRIES.c.corrects == version_id)).one_or_none()
    if later is not None:
        code = "error.entry_withdrawn" if later.payload is None else "error.entry_already_corrected"
        raise EntryConflict(code, who=later.who)
    if row.payload is None:
        raise EntryConflict("error.entry_withdrawn", who=row.who)
    return row


def _first(con: sa.Connection, row: Any) -> Any:
    return row if row.root is None else _row(con, row.root)


def _closing_of(con: sa.Connection, entry_id: int) -> Any:
    """The closing entry that stands for an entry, or None while it is open."""
    later = ENTRIES.alias()
    statement = (
        sa.select(ENTRIES)
        .outerjoin(later, later.c.corrects == ENTRIES.c.id)
        .where(ENTRIES.c.closes == entry_id, later.c.id.is_(None))
        .order_by(ENTRIES.c.id.desc())
    )
    return next((row for row in con.execute(statement) if row.payload is not None), None)


def _subject(row: Any) -> Subject:
    return Subject(row.entity_id, row.customer_id, row.invoice_id, row.instalment_no)


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
    ended = (_utc(closing.at), closing.who, closing.payload["outcome"]) if closing is not None else (None, None, None)
    subject = (newest.entity_id, newest.customer_id, newest.invoice_id, newest.instalment_no)
    made = (first.id, _utc(first.at), first.who, newest.kind)
    return (*made, *subject, payload, newest.id, _utc(newest.at), newest.who, *ended)


def _utc(stored: dt.datetime) -> dt.datetime:
    return stored.replace(tzinfo=dt.UTC)
