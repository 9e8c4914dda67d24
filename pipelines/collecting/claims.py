"""The legal side of a debt: what was done about it, what it cost, and when the claim becomes time-barred.

The clock is a working rule, not legal advice: it runs for the years of the settings from the due date, and begins anew
only with an event that has a document, entered while it was still running. Counsel has the last word.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from pipelines.collecting import follow_up
from pipelines.collecting.follow_up import Day, Note

REGISTER = [
    "entity_id", "customer_id", "invoice_id", "legal", "happened_on", "document", "cost_base", "next_on", "who", "note",
]  # fmt: skip
ENDS = ["limitation_on", "days_left", "last_event_on", "legal", "document"]
SIGNED_LETTERS = ("stamped", "reconciled")


class Event(NamedTuple):
    """Something with a document that lets the clock begin anew."""

    on: dt.date
    kind: str
    document: str
    invoice_id: str | None


class Clock(NamedTuple):
    """When a claim becomes time-barred, and the event it counts from (None: the due date)."""

    ends_on: dt.date
    event: Event | None


def events(day: Day, entity_id: str, customer_id: str) -> list[Event]:
    """What lets the clock of a customer's debts begin anew, oldest first."""
    found = [event for note in day.of(entity_id, customer_id) for event in _events(day, note)]
    return sorted(found, key=lambda event: event.on)


def _events(day: Day, note: Note) -> Iterator[Event]:
    entry = note.payload
    if note.kind == "legal_stage" and entry.document:
        yield Event(entry.happened_on, entry.stage, entry.document, note.invoice_id)
    if note.kind in ("promise", "plan") and entry.document:
        yield Event(day.made_on(note), note.kind, entry.document, note.invoice_id)
    if note.kind == "letter" and entry.letter == "balance_confirmation" and entry.state in SIGNED_LETTERS:
        on = getattr(entry, "replied_on", None) or day.made_on(note)
        yield Event(on, "balance_confirmation", str(entry.as_of), note.invoice_id)


def clock(due_on: dt.date, found: Sequence[Event], years: int, invoice_id: str | None = None) -> Clock:
    """When the claim on an invoice due on `due_on` becomes time-barred.

    Events about another invoice, before the due date, or after the clock had run out do not count.
    """
    standing = Clock(_years_after(due_on, years), None)
    for event in found:
        about_it = event.invoice_id in (None, invoice_id)
        if about_it and due_on < event.on <= standing.ends_on:
            standing = Clock(_years_after(event.on, years), event)
    return standing


def _years_after(day: dt.date, years: int) -> dt.date:
    # A clock that begins on 29 February ends on the last day of that month.
    last = 28 if (day.month, day.day) == (2, 29) and not _is_leap(day.year + years) else day.day
    return day.replace(year=day.year + years, day=last)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def due_until(day: Day) -> dt.date:
    """The latest due date for which a clock that never began anew is in the time of warning."""
    settings = day.settings
    horizon = day.today + dt.timedelta(days=settings.limitation_warning_days)
    return _years_after(horizon, -settings.limitation_years)


def running_out(day: Day, items: pd.DataFrame) -> pd.DataFrame:
    """Overdue invoices whose clock has run out or will within the days of warning, the first to end on top.

    `items` are the rows of `queries_claims.old_claims`. Added: limitation_on, days_left (negative: time-barred),
    last_event_on and document of the event it counts from, `legal` (what it was).
    """
    settings, rows = day.settings, []
    noted = follow_up.rows_of(day.notes.keys(), items)
    for row in noted.to_dict("records"):
        about = events(day, row["entity_id"], row["customer_id"])
        due_on = pd.Timestamp(row["due_date"]).date()
        rows.append(_ends(day, clock(due_on, about, settings.limitation_years, row["invoice_id"])))
    with_entries = noted.join(pd.DataFrame(rows, noted.index, ENDS))
    # The others' clocks know nothing but the due date, which many share.
    others = items.drop(noted.index)
    days = others["due_date"].drop_duplicates()
    clocks = [_ends(day, clock(pd.Timestamp(due_on).date(), (), settings.limitation_years)) for due_on in days]
    without = others.join(pd.DataFrame(clocks, days.to_numpy(), ENDS), on="due_date")
    found = pd.concat([each for each in (with_entries, without) if len(each)] or [without]).sort_index()
    found = found[found["days_left"] <= settings.limitation_warning_days]
    return found.sort_values(["days_left", "open_base"], ascending=[True, False], ignore_index=True)


def _ends(day: Day, found: Clock) -> dict[str, Any]:
    event = found.event
    return {
        "limitation_on": found.ends_on,
        "days_left": (found.ends_on - day.today).days,
        "last_event_on": event.on if event else None,
        "legal": event.kind if event else "due_date",
        "document": event.document if event else "",
    }


def register(day: Day) -> pd.DataFrame:
    """Every legal stage entered, newest first.

    entity_id, customer_id, invoice_id, legal, happened_on, document, cost_base, next_on, who, note, days_until (the
    next date; negative: passed).
    """
    notes = [note for found in day.notes.values() for note in found if note.kind == "legal_stage"]
    rows = [
        {
            "entity_id": note.entity_id,
            "customer_id": note.customer_id,
            "invoice_id": note.invoice_id,
            "legal": note.payload.stage,
            "happened_on": note.payload.happened_on,
            "document": note.payload.document,
            "cost_base": float(note.payload.cost),
            "next_on": note.payload.next_on,
            "who": note.who,
            "note": note.payload.note,
        }
        for note in sorted(notes, key=lambda note: (note.payload.happened_on, note.id), reverse=True)
    ]
    return pd.DataFrame(rows, columns=REGISTER)


def next_dates(day: Day, found: pd.DataFrame) -> pd.DataFrame:
    """The newest entry of each case of a register (customer and invoice) that names a date ahead or just passed."""
    newest = found.drop_duplicates(["entity_id", "customer_id", "invoice_id"])
    dated = newest[newest["next_on"].notna()]
    left = [(on - day.today).days for on in dated["next_on"]]
    return dated.assign(days_until=left).sort_values("next_on", ignore_index=True)
