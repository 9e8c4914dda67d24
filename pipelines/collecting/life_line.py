"""The life line of one invoice: what happened to it in order, which stage it was in, and how long in each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pandas as pd

from pipelines.collecting import journal
from pipelines.collecting.follow_up import Day, Note

STAGES = ("billed", "overdue", "chased", "promised", "disputed", "on_hold", "handed_over", "legal", "paid")
CENT = 0.005  # what is left below half a cent is paid
Span = tuple[dt.date, dt.date]
# Entries about the whole customer that move its invoices; the others belong on the payer's page.
OF_CUSTOMER = (
    "contact",
    "promise",
    "plan",
    "dispute",
    "blocker",
    "hold",
    "handover",
    "ladder_step",
    "legal_stage",
    "letter",
)


@dataclass(frozen=True)
class Event:
    """Something that happened on a day: a code, the journal entry or the amount behind it."""

    day: dt.date
    code: str
    note: Note | None = None
    amount: float | None = None
    currency: str = ""


@dataclass(frozen=True)
class Stretch:
    """A stage from one day to another; `until` of the last one is the day up to which we know.

    Overdue stretches begin on the due day, so that their days are the days past due.
    """

    stage: str
    since: dt.date
    until: dt.date

    @property
    def days(self) -> int:
        return (self.until - self.since).days


@dataclass(frozen=True)
class LifeLine:
    """The events in order, the stages one after another, and days per stage."""

    events: Sequence[Event]
    stretches: Sequence[Stretch]
    days: dict[str, int] = field(default_factory=dict)


def of_invoice(
    day: Day, instalments: pd.DataFrame, applications: pd.DataFrame, as_of: dt.date, has_been_paid: bool
) -> LifeLine:
    """The life line of the invoice whose rows `queries_payers.invoice` gave.

    Entries about the whole customer count from the issue date on. The line ends when the last instalment was paid, else
    on the newer of `as_of` and the last entry.
    """
    first = instalments.iloc[0]
    issued = min(_day(value) for value in instalments["issue_date"])
    falling_due = instalments[instalments["amount_doc"] > 0]  # credit notes and prepayments never do
    spans = _unpaid_when_due(falling_due, applications)
    paid_on = max((_day(value) for value in applications["applied_on"]), default=None) if has_been_paid else None
    whom = (str(first["entity_id"]), str(first["customer_id"]))
    notes = [note for note in reversed(day.of(*whom)) if _is_about(note, str(first["invoice_id"]))]
    notes = [
        note for note in notes if issued <= day.made_on(note) and (paid_on is None or day.made_on(note) <= paid_on)
    ]
    events = [
        Event(issued, "issued"),
        *(Event(due, "due") for due in sorted(map(_day, falling_due["due_date"].unique()))),
    ]
    events += [
        Event(_day(row["applied_on"]), str(row["kind"]), amount=float(row["amount_doc"]), currency=str(row["currency"]))
        for row in applications.to_dict("records")
    ]
    events += [Event(day.made_on(note), note.kind, note) for note in notes]
    if paid_on is not None:
        events.append(Event(paid_on, "settled"))
    # On one day the invoice comes first and its settlement last; a stable sort leaves the rest as it was entered.
    events.sort(key=lambda each: (each.day, {"issued": 0, "due": 1, "settled": 9}.get(each.code, 5)))
    # A due day after the day of the figures is no entry: what was paid by then is not known.
    known = [event.day for event in events if event.code != "due" and event.day <= day.today]
    end = paid_on or max([as_of, *known])
    stretches = _stretches(day, events, issued, spans, end, paid_on)
    spent: dict[str, int] = {}
    for stretch in stretches:
        spent[stretch.stage] = spent.get(stretch.stage, 0) + stretch.days
    return LifeLine(events, stretches, spent)


def _unpaid_when_due(falling_due: pd.DataFrame, applications: pd.DataFrame) -> list[Span]:
    """When an instalment stood unpaid: from its due day, or the day its payment was taken back, until it was paid.

    What is unpaid still ends with the end of time.
    """
    found = []
    for row in falling_due.to_dict("records"):
        since, left = _day(row["due_date"]), float(row["amount_doc"])
        own = applications[applications["instalment_no"] == row["instalment_no"]].sort_values("applied_on")
        for applied_on, amount in zip(own["applied_on"], own["amount_doc"], strict=True):
            before, left = left, left - float(amount)
            if before >= CENT > left:
                found.append((since, _day(applied_on)))
            elif left >= CENT > before:
                since = max(since, _day(applied_on))
        if left >= CENT:
            found.append((since, dt.date.max))
    return found


def _is_about(note: Note, invoice_id: str) -> bool:
    """Whether an entry is about the invoice or moves all invoices of its customer; a letter names those it is about."""
    if note.kind == "letter" and note.payload.items:
        return any(item.invoice_id == invoice_id for item in note.payload.items)
    return note.invoice_id == invoice_id or (note.invoice_id is None and note.kind in OF_CUSTOMER)


def _stretches(
    day: Day, events: Sequence[Event], issued: dt.date, spans: Sequence[Span], end: dt.date, paid_on: dt.date | None
) -> list[Stretch]:
    """The stage of every day, days of the same stage together."""
    cuts = {issued, end}.union(*spans)
    for event in events:
        cuts.add(event.day)
        if event.note is not None:
            cuts.update(_ends(day, event.note))
    marks = sorted(cut for cut in cuts if issued <= cut <= end)
    found: list[Stretch] = []
    for since, until in pairwise(marks):
        stage = _stage(day, events, since, spans)
        if found and found[-1].stage == stage:
            found[-1] = Stretch(stage, found[-1].since, until)
        else:
            found.append(Stretch(stage, since, until))
    if paid_on is not None:
        found.append(Stretch("paid", paid_on, paid_on))
    return found or [Stretch("billed", issued, end)]


def _stage(day: Day, events: Sequence[Event], on: dt.date, spans: Sequence[Span]) -> str:
    """The stage an open invoice is in on a day: the law before a hold, a dispute, a hand-over, a promise, a contact."""
    notes = [event.note for event in events if event.note is not None and event.day <= on]
    lasting = [note for note in notes if not _has_ended(day, note, on)]
    kinds = {note.kind for note in lasting}
    law = any(
        note.kind == "legal_stage" or (note.kind == "ladder_step" and note.payload.step == "law") for note in lasting
    )
    if law:
        return "legal"
    for kind, stage in (("hold", "on_hold"), ("dispute", "disputed"), ("handover", "handed_over")):
        if kind in kinds:
            return stage
    if "promise" in kinds or "plan" in kinds:
        return "promised"
    if not any(due <= on < until for due, until in spans):
        return "billed"
    # Who promised, or agreed to instalments, was asked, whether or not somebody logged the call.
    asked = any(
        note.kind in ("contact", "promise", "plan") or (note.kind == "letter" and note.payload.state != "drafted")
        for note in notes
    )
    return "chased" if asked else "overdue"


def _has_ended(day: Day, note: Note, on: dt.date) -> bool:
    return any(end <= on for end in _ends(day, note))


def _ends(day: Day, note: Note) -> list[dt.date]:
    """The day after the last one on which an entry holds; none while it has no end."""
    ends: list[dt.date] = []
    if note.closed_at is not None:
        ends.append(journal.business_day(day.settings, note.closed_at))
    if note.kind == "hold":
        ends.append(note.payload.until + dt.timedelta(days=1))
    if note.kind == "promise":
        ends.append(note.payload.promised_on + dt.timedelta(days=day.settings.promise_tolerance_days + 1))
    if note.kind == "plan":
        ends.append(note.payload.instalments[-1].due_on + dt.timedelta(days=day.settings.promise_tolerance_days + 1))
    return ends


def _day(value: Any) -> dt.date:
    return pd.Timestamp(value).date()
