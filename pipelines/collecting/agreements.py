"""Promises and instalment plans as they stand: every agreed payment with its state, and the arithmetic of a plan."""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, Literal, NamedTuple

import pandas as pd

from pipelines.collecting import follow_up
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.sources_journal import counted_parts

Every = Literal["week", "fortnight", "month"]
EVERY: tuple[Every, ...] = ("week", "fortnight", "month")
CENT = Decimal("0.01")
SOON_DAYS = 7
DECIDED = ("kept", "partly_kept", "broken")
COLUMNS = [
    "entity_id", "customer_id", "note_id", "agreed", "part_no", "parts", "invoice_id", "promised_on", "amount_doc",
    "received_doc", "currency", "promise_state", "made_on", "who", "made_by", "document",
]  # fmt: skip


class Part(NamedTuple):
    """One payment of a plan."""

    due_on: dt.date
    amount: Decimal


def agreed_payments(day: Day, received: Mapping[tuple[int, int], Decimal]) -> pd.DataFrame:
    """Every promise and every instalment of a plan that counts, the next due first.

    `received` is what the build found for each (version, instalment number; 0 for a promise). Columns: COLUMNS; agreed
    is `promise` or `plan`, amounts are in the currency of the agreement, promise_state as in `follow_up.promise_state`.
    """
    rows = [row for notes in day.notes.values() for note in notes for row in _rows(day, note, received)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["promised_on", "note_id", "part_no"], ignore_index=True)


def _rows(day: Day, note: Note, received: Mapping[tuple[int, int], Decimal]) -> list[tuple[Any, ...]]:
    if note.kind not in ("promise", "plan"):
        return []
    is_plan, agreed = note.kind == "plan", note.payload
    states = follow_up.instalment_states(day, note) if is_plan else [follow_up.promise_state(day, note)]
    return [
        (
            *(note.entity_id, note.customer_id, note.id, note.kind, number),
            *(len(states) if is_plan else 0, note.invoice_id, due_on, float(amount)),
            *(float(received.get((note.version_id, number), 0)), agreed.currency, states[max(number - 1, 0)]),
            *(day.made_on(note), note.who, "" if is_plan else agreed.made_by, agreed.document),
        )
        for number, due_on, amount in counted_parts(day.settings, note)
    ]


def kept_share(states: Sequence[str]) -> float | None:
    """The share of agreed payments with a known outcome that were kept in full; None before the first outcome."""
    decided = [state for state in states if state in DECIDED]
    return decided.count("kept") / len(decided) if decided else None


def to_chase(payments: pd.DataFrame, today: dt.date) -> pd.Series:
    """Which agreed payments somebody should look after today: due within a week, not received, or not received whole.

    What was not kept counts until its agreement has a later payment with an outcome.
    """
    soon = today + dt.timedelta(days=SOON_DAYS)
    due_soon = (payments["promise_state"] == "open") & (payments["promised_on"] <= soon)
    failed = payments["promise_state"].isin(["broken", "partly_kept", "waiting"])
    decided = payments[payments["promise_state"].isin(DECIDED)]
    last = decided.groupby("note_id")["part_no"].max()
    newest = payments["part_no"] >= payments["note_id"].map(last).fillna(0)
    return due_soon | (failed & newest)


def schedule(
    total: Decimal, first_on: dt.date, count: int, every: Every, first_share: float | None = None
) -> list[Part]:
    """A plan over `total`: `count` payments from `first_on` on, equal but for the first, which may be a share apart.

    Cents that do not divide fall to the last payment, so that the parts add up to the total.
    """
    first = total / count if first_share is None else total * Decimal(str(first_share))
    amounts = [first.quantize(CENT, ROUND_DOWN)] if count > 1 else []
    rest = total - sum(amounts, Decimal(0))
    equal = (rest / max(count - 1, 1)).quantize(CENT, ROUND_DOWN)
    amounts += [equal] * (count - 2)
    amounts.append(total - sum(amounts, Decimal(0)))
    return [Part(_after(first_on, every, number), amount) for number, amount in enumerate(amounts)]


def _after(first_on: dt.date, every: Every, number: int) -> dt.date:
    if every != "month":
        return first_on + dt.timedelta(days=number * (7 if every == "week" else 14))
    year, month = divmod(first_on.year * 12 + first_on.month - 1 + number, 12)
    return dt.date(year, month + 1, min(first_on.day, calendar.monthrange(year, month + 1)[1]))


class PlanFigures(NamedTuple):
    """What a schedule comes to: its sum, last day, amount-weighted days from today and carrying cost until paid."""

    total: Decimal
    last_on: dt.date
    mean_days: float
    cost: float


def figures(parts: Sequence[Part], today: dt.date, rate_year: float) -> PlanFigures | None:
    """The figures of a schedule at a yearly carrying rate; None for one without a positive amount."""
    total = sum((part.amount for part in parts), Decimal(0))
    if not parts or total <= 0:
        return None
    amount_days = sum(float(part.amount) * (part.due_on - today).days for part in parts)
    cost = amount_days / 365 * rate_year
    return PlanFigures(total, max(part.due_on for part in parts), amount_days / float(total), cost)


def with_plan(
    forecast: pd.DataFrame, parts: Sequence[Part], as_of: dt.date, open_base: float, kept: float
) -> list[float]:
    """Expected receipts per week (the rows of `forecast`, week_no from 1) once a plan over one customer's debt is made.

    `kept` is how far the customer's word is trusted. The rule is the build's: that share of the planned money comes in
    the weeks of the plan, and what is not planned as it would have come.
    """
    if open_base <= 0:
        return [float(value) for value in forecast["expected_base"]]
    planned = sum(float(part.amount) for part in parts)
    scale = min(1.0, open_base / planned) if planned else 0.0
    left = 1 - kept * planned * scale / open_base
    by_week: dict[int, float] = {}
    for part in parts:
        week = min(max(((part.due_on - as_of).days + 6) // 7, 1), 14)
        by_week[week] = by_week.get(week, 0.0) + float(part.amount) * scale * kept
    rows = zip(forecast["week_no"], forecast["expected_base"], strict=True)
    return [float(expected) * left + by_week.get(int(week), 0.0) for week, expected in rows]
