"""Balance confirmations: what was asked as of which day, what came back, and which differences are still open."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.collecting import journal
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused, Problem
from pipelines.collecting.notices import money_of
from pipelines.settings import Settings

KIND = "balance_confirmation"
CONFIRM_EVERY = 180  # days after which a balance is to be confirmed anew
COLUMNS = ["entity_id", "customer_id", "customer_name", "as_of", "currency", "amount", "status", "sent_on", "who"]
COLUMNS += ["replied_on", "theirs", "difference", "note", "version_id"]


def status(letter: Any) -> str:
    """Where a confirmation stands: sent, agreed (with or without stamp), difference, or reconciled."""
    if letter.state in ("drafted", "sent", "reconciled"):
        return str(letter.state)
    if letter.difference:
        return "difference"
    return "stamped" if letter.state == "stamped" else "agreed"


def register(day: Day, names: dict[tuple[str, str], str]) -> pd.DataFrame:
    """Every balance confirmation of the customers in `names`, newest first: COLUMNS."""
    rows = [
        (
            *note.customer, names[note.customer], letter.as_of, letter.currency, letter.amount, status(letter),
            day.made_on(note), note.who, letter.replied_on, letter.theirs, letter.difference, letter.note,
            note.version_id,
        )
        for customer in names
        for note in day.of(*customer, "letter")
        if (letter := note.payload).letter == KIND and letter.state != "drafted"
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("amount", "theirs", "difference"):
        frame[column] = frame[column].astype(float)
    return frame.sort_values(["as_of", "version_id"], ascending=False, ignore_index=True)


def send(
    settings: Settings,
    subject: Subject,
    items: pd.DataFrame,
    *,
    as_of: dt.date,
    build_id: str,
    who: str,
    seen: int | None = None,
) -> list[str]:
    """Enter one confirmation per currency with our balance as of `as_of`; returns the currencies.

    `items` are all open items of the customer, money on account included. `seen` is the newest letter entry that the
    writer knew of; EntryConflict when somebody else has entered one since.
    """
    totals = items.groupby("currency")["open_doc"].sum()
    for currency, total in totals.items():
        payload = {
            "letter": KIND, "state": "sent", "as_of": as_of, "level": 0, "channel": "letter", "build_id": build_id,
            "amount": money_of(total), "currency": currency,
        }  # fmt: skip
        entry = journal.append(settings, "letter", subject, payload, who=who, seen=seen)
        # Once the first is in, the writer knows of it.
        seen = None if seen is None else entry.id
    return [str(currency) for currency in totals.index]


def reply(
    settings: Settings,
    letter: Note,
    *,
    theirs: Decimal | None,
    replied_on: dt.date | None,
    stamped: bool,
    note: str,
    who: str,
) -> Decimal:
    """Enter what came back and return the difference, ours less theirs.

    Raises EntryRefused with every reason beside its field, EntryConflict when somebody was first.
    """
    problems: list[Problem] = []
    if theirs is None:
        problems.append(Problem("theirs", "error.field_required", {}))
    problems += _not_later(settings, letter, replied_on)
    if problems:
        raise EntryRefused(*problems)
    difference = (letter.payload.amount or Decimal(0)) - (theirs or Decimal(0))
    change = {"state": "stamped" if stamped else "returned", "theirs": theirs, "difference": difference,
              "replied_on": replied_on, "note": note}  # fmt: skip
    journal.correct(settings, letter.version_id, letter.payload.model_dump() | change, who=who)
    return difference


def reconcile(settings: Settings, letter: Note, *, note: str, who: str) -> None:
    """Enter how a difference was explained; it needs words, and somebody else may have been first (EntryConflict)."""
    if not note.strip():
        raise EntryRefused(Problem("note", "error.field_required", {}))
    change = {"state": "reconciled", "note": note}
    journal.correct(settings, letter.version_id, letter.payload.model_dump() | change, who=who)


def to_confirm(day: Day, balances: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The balances nobody has been asked about for CONFIRM_EVERY days, with `last_asked`; largest first as given."""
    newest: list[dt.date | None] = []
    for entity_id, customer_id, currency in zip(
        balances["entity_id"], balances["customer_id"], balances["currency"], strict=True
    ):
        letters: Sequence[Note] = day.of(entity_id, customer_id, "letter")
        asked = [
            note.payload.as_of
            for note in letters
            if note.payload.letter == KIND and note.payload.currency == currency and note.payload.state != "drafted"
        ]
        newest.append(max(asked, default=None))
    waiting = [last is None or (as_of - last).days >= CONFIRM_EVERY for last in newest]
    return balances.assign(last_asked=pd.Series(newest, index=balances.index, dtype=object))[waiting].reset_index(
        drop=True
    )


def _not_later(settings: Settings, letter: Note, replied_on: dt.date | None) -> list[Problem]:
    if replied_on is None:
        return [Problem("replied_on", "error.field_required", {})]
    today = journal.business_day(settings)
    if replied_on > today:
        return [Problem("replied_on", "error.date_in_future", {"day": replied_on, "today": today})]
    if replied_on < letter.payload.as_of:
        return [Problem("replied_on", "error.reply_before_letter", {"day": replied_on, "as_of": letter.payload.as_of})]
    return []
