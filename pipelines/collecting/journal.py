"""What people enter about customers and invoices: an append-only table in SQLite, or in PostgreSQL by URL.

Nothing is ever overwritten. A correction is a new entry that names the one it `corrects`, a withdrawal a correction
without payload, and ending something open (a task, a dispute, a hold) a new entry that names the one it `closes`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from pipelines.collecting.journal_entries import (
    CLOSABLE,
    LOOKS_BACK,
    ONCE,
    Closing,
    EntryRefused,
    Problem,
    typed,
    validated,
)
from pipelines.collecting.journal_payload import Payload
from pipelines.collecting.journal_store import ENTRIES, transaction
from pipelines.errors import UserError
from pipelines.settings import Settings

_AT_ONCE = 500  # numbers asked for in one statement
Key = TypeVar("Key")  # what tells entries apart that are stored together


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
    reason per field, also where an entry of a kind in ONCE is there already, and EntryConflict when somebody has
    entered a newer one than `seen`.
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


def append_and_correct(
    settings: Settings,
    kind: str,
    new: Sequence[tuple[Subject, dict[str, Any]]],
    changed: Mapping[int, dict[str, Any]],
    *,
    who: str,
    now: dt.datetime | None = None,
) -> int:
    """Store new entries of a kind in ONCE and new versions of others, all or none: what a file says of many of them.

    `changed` holds each new version's payload by the version it takes the place of. Returns how many entries were
    stored. Raises EntryRefused as `append` does for what does not fit, and EntryConflict, naming who was first, when
    one of the new ones has been entered or one of the others corrected or withdrawn in the meantime.
    """
    now = now or _utc_now()
    today = business_day(settings, now)
    entries = [(subject, validated(kind, payload, today=today, debt=None)) for subject, payload in new]
    versions = {number: validated(kind, payload, today=today, debt=None) for number, payload in changed.items()}
    with transaction(settings, writes=True) as con:
        for entity_id in sorted({subject.entity_id for subject, _ in entries}):
            _lock_others_out(con, kind, entity_id)
        _refuse_known(con, kind, entries)
        olds = _newest_of_all(con, sorted(versions))
        rows = [_values(kind, subject, entry, who=who, at=now) for subject, entry in entries]
        rows += [_values(kind, _subject(old), versions[old.id], who=who, at=now, corrects=old) for old in olds]
        if rows:
            con.execute(sa.insert(ENTRIES), rows)
    return len(rows)


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
    if corrects is None and closes is None and kind in ONCE and payload is not None:
        _refuse_second(con, kind, subject, payload)
    row = _values(kind, subject, payload, who=who, at=at, corrects=corrects, closes=closes)
    number = con.execute(sa.insert(ENTRIES).values(row)).inserted_primary_key
    assert number is not None
    return Entry(number[0], at, who, kind, payload) if payload is not None else None


def _values(
    kind: str,
    subject: Subject,
    payload: Payload | None,
    *,
    who: str,
    at: dt.datetime,
    corrects: Any = None,
    closes: int | None = None,
) -> dict[str, Any]:
    """An entry as its row of the table."""
    return {
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


def _lock_others_out(con: sa.Connection, *what: str) -> None:
    """Let nobody else write about `what` until this transaction has ended."""
    if con.dialect.name == "postgresql":
        # There is no row to lock before the first entry; SQLite has locked the whole file by now.
        con.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("/".join(what)))))


def _refuse_second(con: sa.Connection, kind: str, subject: Subject, payload: Payload) -> None:
    """Raise EntryRefused when an entry that may stand once stands already in the legal entity."""
    field, code = ONCE[kind]
    text = getattr(payload, field)
    _lock_others_out(con, kind, subject.entity_id)
    standing = _standing(con, kind, subject.entity_id, ENTRIES.c.payload[field].as_string() == text)
    if standing:
        raise EntryRefused(Problem(field, code, {"text": text, "who": standing[0].who}))


def _refuse_known(con: sa.Connection, kind: str, entries: Sequence[tuple[Subject, Payload]]) -> None:
    """Raise EntryConflict when some of many entries of a kind in ONCE stand already in their legal entities."""
    field, _ = ONCE[kind]
    keys = {(subject.entity_id, getattr(entry, field)) for subject, entry in entries}
    known = [
        row
        for entity_id in sorted({entity_id for entity_id, _ in keys})
        for row in _standing(con, kind, entity_id)
        if (entity_id, row.text) in keys
    ]
    if known:
        raise EntryConflict("error.entries_meanwhile", who=known[-1].who, count=len(known), text=known[-1].text)


def _standing(con: sa.Connection, kind: str, entity_id: str, *where: Any) -> Sequence[Any]:
    """Who wrote the entries of a kind in ONCE that stand in a legal entity, and the text each stands once with."""
    field, _ = ONCE[kind]
    later = ENTRIES.alias()
    text = ENTRIES.c.payload[field].as_string().label("text")
    statement = sa.select(ENTRIES.c.who, text).outerjoin(later, later.c.corrects == ENTRIES.c.id)
    about = (ENTRIES.c.kind == kind, ENTRIES.c.entity_id == entity_id, later.c.id.is_(None), text.is_not(None))
    return con.execute(statement.where(*about, *where).order_by(ENTRIES.c.id)).all()


def _newest_of_all(con: sa.Connection, version_ids: Sequence[int]) -> list[Any]:
    """The versions, locked; raises EntryConflict when one of them is not the newest of its entry, or withdrawn."""
    found = list[Any]()
    for start in range(0, len(version_ids), _AT_ONCE):
        some = version_ids[start : start + _AT_ONCE]
        statement = sa.select(ENTRIES).where(ENTRIES.c.id.in_(some)).order_by(ENTRIES.c.id).with_for_update()
        found += con.execute(statement).all()
        later = con.execute(sa.select(ENTRIES.c.who).where(ENTRIES.c.corrects.in_(some)).limit(1)).scalar()
        if later is not None:
            raise EntryConflict("error.entry_already_corrected", who=later)
    if withdrawn := [row for row in found if row.payload is None]:
        raise EntryConflict("error.entry_withdrawn", who=withdrawn[0].who)
    return found


def _refuse_newer(con: sa.Connection, kind: str, subject: Subject, seen: int) -> None:
    """Raise EntryConflict when the customer has an entry of this kind after `seen`, a correction included."""
    _lock_others_out(con, kind, subject.entity_id, subject.customer_id)
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
