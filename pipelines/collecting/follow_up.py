"""What people entered, laid live over the call list: who is left alone today and why, and what was agreed."""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

import pandas as pd

from pipelines.collecting import journal, journal_read, ownership, readiness
from pipelines.collecting.journal_payload import Payload
from pipelines.collecting.journal_rep import Contact
from pipelines.collecting.readiness import confirmations
from pipelines.settings import Settings
from pipelines.working_days import working_days

Customer = tuple[str, str]  # entity_id, customer_id
Reason = dict[str, Any]  # {"code": ..., parameters}, put in words by i18n.reason

DAYS_TO_PAY = 5  # working days until the promise that the form suggests


@dataclass(frozen=True)
class Note:
    """One journal entry as it stands, with who ended it and how once somebody has. Moments are UTC."""

    id: int
    at: dt.datetime
    who: str
    kind: str
    entity_id: str
    customer_id: str
    invoice_id: str | None
    instalment_no: int | None
    payload: Any
    version_id: int
    changed_at: dt.datetime
    changed_by: str
    closed_at: dt.datetime | None
    closed_by: str | None
    outcome: str | None

    @property
    def customer(self) -> Customer:
        return self.entity_id, self.customer_id

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True)
class Day:
    """A business day as a rep sees it: the standing notes of each customer and what the build says of the promises.

    `states` holds the state of a promise by its version (`fct_promises.version_id`), as of the build; `plan_states`
    that of an instalment by the plan's version and its number. `accepted` holds, for the customers that
    `readiness.asks_for_acceptance` names, each open invoice with the day of its acceptance by the ledger, or None.
    """

    today: dt.date
    settings: Settings
    notes: Mapping[Customer, Sequence[Note]] = field(default_factory=dict)
    states: Mapping[int, str] = field(default_factory=dict)
    plan_states: Mapping[tuple[int, int], str] = field(default_factory=dict)
    accepted: Mapping[Customer, Mapping[str, dt.date | None]] = field(default_factory=dict)

    def of(self, entity_id: str, customer_id: str, kind: str | None = None) -> list[Note]:
        """The notes about a customer, newest first."""
        found = self.notes.get((entity_id, customer_id), ())
        return [note for note in reversed(found) if kind is None or note.kind == kind]

    def made_on(self, note: Note) -> dt.date:
        return journal.business_day(self.settings, note.at)


def notes(settings: Settings, **subject: Any) -> list[Note]:
    """The entries of the journal as they stand, oldest first; `subject` narrows them as in `journal_read.records`."""
    return [Note(*row) for row in journal_read.records(settings, **subject)]


def by_customer(found: Sequence[Note]) -> dict[Customer, list[Note]]:
    """The notes of each customer, in the order given."""
    sorted_out: dict[Customer, list[Note]] = {}
    for note in found:
        sorted_out.setdefault(note.customer, []).append(note)
    return sorted_out


def rows_of(customers: Collection[Customer], frame: pd.DataFrame) -> pd.DataFrame:
    """The rows about these customers, few of a large book: found so that only they are gone through one by one."""
    rows = frame[frame["customer_id"].isin({customer_id for _, customer_id in customers})]
    are_theirs = [each in customers for each in zip(rows["entity_id"], rows["customer_id"], strict=True)]
    return rows[pd.Series(are_theirs, rows.index, dtype=bool)]


def united(
    found: Mapping[Customer, Sequence[Note]], merged: Mapping[Customer, str]
) -> Mapping[Customer, Sequence[Note]]:
    """The notes of each customer, those of a `merged` one with the customer it became, oldest first."""
    if not merged:
        return found
    notes = dict(found)
    for customer, into in merged.items():
        if own := notes.pop(customer, ()):
            target = (customer[0], into)
            notes[target] = sorted((*notes.get(target, ()), *own), key=lambda note: note.id)
    return notes


def promise_state(day: Day, promise: Note) -> str:
    """`kept`, `partly_kept` or `broken` as the build found it; else `open`, or `waiting` once its last day has passed.

    `waiting`: the receipts loaded so far do not reach beyond the promised day and its tolerance.
    """
    return _state(day, day.states.get(promise.version_id, "open"), promise.payload.promised_on)


def instalment_states(day: Day, plan: Note) -> list[str]:
    """The state of each instalment of a plan, in the words of `promise_state`."""
    return [
        _state(day, day.plan_states.get((plan.version_id, number), "open"), part.due_on)
        for number, part in enumerate(plan.payload.instalments, start=1)
    ]


def _state(day: Day, built: str, agreed_on: dt.date) -> str:
    if built != "open":
        return built
    last_day = agreed_on + dt.timedelta(days=day.settings.promise_tolerance_days)
    return "open" if day.today <= last_day else "waiting"


def last_contact(day: Day, entity_id: str, customer_id: str) -> Note | None:
    """The newest contact with a customer; its next step is the one that counts."""
    return next(iter(day.of(entity_id, customer_id, "contact")), None)


def open_promises(day: Day, entity_id: str, customer_id: str) -> list[Note]:
    """Promises that nobody withdrew and whose outcome is not known yet, newest first."""
    return [
        note
        for note in day.of(entity_id, customer_id, "promise")
        if note.is_open and promise_state(day, note) in ("open", "waiting")
    ]


def reasons_to_wait(day: Day, entity_id: str, customer_id: str, overdue: Decimal | float | None = None) -> list[Reason]:
    """Why a customer is not called today, none if it should be: hold, dispute in our court, promise, recent contact.

    `overdue` is what it has overdue in base currency, which a start rule may ask for.
    """
    found: list[Reason] = []
    if not day.notes.get((entity_id, customer_id)):
        return found  # most customers of a list, which asks for hundreds
    for note in day.of(entity_id, customer_id):
        if not note.is_open or note.invoice_id is not None:
            continue
        if note.kind == "hold" and note.payload.until >= day.today:
            code = "on_sensitive_hold" if note.payload.sensitive else "on_hold"
            found.append({"code": code, "text": note.payload.reason, "until": note.payload.until, "who": note.who})
        if note.kind == "dispute" and note.payload.side == "ours":
            found.append({"code": "dispute_ours", "text": note.payload.reason, "who": note.payload.owner or note.who})
    for (invoice_id, item), note in confirmations(day, entity_id, customer_id).items():
        if invoice_id is None and note.payload.state == "missing":
            found.append({"code": "not_ready", "code_readiness": item, "who": note.who})
    found += readiness.not_started(day, entity_id, customer_id, overdue).get(None, [])
    if (handed := ownership.with_others(day, entity_id, customer_id).get(None)) is not None:
        found.append(handed)
    for promise in open_promises(day, entity_id, customer_id):
        if promise_state(day, promise) == "open":
            agreed = promise.payload
            found.append(
                {"code": "promised", "cents_amount": agreed.amount, "currency": agreed.currency,
                 "day": agreed.promised_on, "days": day.settings.promise_tolerance_days}
            )  # fmt: skip
    if (bill := _covered_by_bills(day, entity_id, customer_id, overdue)) is not None:
        found.append(bill)
    found += [_on_plan(plan, states) for plan, states in running_plans(day, entity_id, customer_id)]
    contact = last_contact(day, entity_id, customer_id)
    if contact is not None:
        until = day.made_on(contact) + dt.timedelta(days=day.settings.quiet_days)
        # What was agreed for today is done today, however recent the contact.
        if day.today <= until and contact.payload.next_on > day.today:
            next_on = contact.payload.next_on
            found.append({"code": "contacted", "day": day.made_on(contact), "who": contact.who, "next": next_on})
    return found


def _covered_by_bills(day: Day, entity_id: str, customer_id: str, overdue: Decimal | float | None) -> Reason | None:
    """Bills in hand, not due yet, that bring all that is overdue (base currency); None where they do not."""
    base = day.settings.base_currency
    coming = [
        bill
        for bill in (note.payload for note in day.of(entity_id, customer_id, "bill"))
        if bill.state == "received" and bill.due_on >= day.today and bill.currency == base
    ]
    amount = sum((bill.amount for bill in coming), Decimal(0))
    if not coming or overdue is None or not 0 < overdue <= amount:
        return None
    last = max(bill.due_on for bill in coming)
    return {"code": "bill_in_hand", "cents_amount": amount, "currency": base, "day": last}


def running_plans(day: Day, entity_id: str, customer_id: str) -> list[tuple[Note, list[str]]]:
    """Plans that go as agreed, with the states of their instalments: the next is open and the one before was kept."""
    plans = [note for note in day.of(entity_id, customer_id, "plan") if note.is_open]
    with_states = [(plan, instalment_states(day, plan)) for plan in plans]
    return [
        (plan, states)
        for plan, states in with_states
        if "open" in states and all(state == "kept" for state in states[: states.index("open")][-1:])
    ]


def _on_plan(plan: Note, states: list[str]) -> Reason:
    number = states.index("open")
    part = plan.payload.instalments[number]
    return {"code": "on_plan", "cents_amount": part.amount, "currency": plan.payload.currency, "day": part.due_on,
            "number": number + 1, "count": len(states)}  # fmt: skip


def tasks_of(day: Day, missing: Note) -> list[Note]:
    """The open tasks that were made when something was found missing, in the same moment."""
    return [note for note in day.of(*missing.customer, "task") if note.is_open and note.at == missing.at]


def in_our_court(
    day: Day, entity_id: str, customer_id: str, overdue: Decimal | float | None = None
) -> dict[str, list[Reason]]:
    """Invoices not to be chased and why: a dispute of ours, a gap, a start rule, or another department has them."""
    found: dict[str, list[Reason]] = {}
    if not day.notes.get((entity_id, customer_id)):
        return found
    for note in day.of(entity_id, customer_id, "dispute"):
        if note.is_open and note.invoice_id is not None and note.payload.side == "ours":
            who = note.payload.owner or note.who
            reason = {"code": "item_disputed", "id": note.invoice_id, "text": note.payload.reason, "who": who}
            found.setdefault(note.invoice_id, []).append(reason)
    for (invoice_id, item), note in confirmations(day, entity_id, customer_id).items():
        if invoice_id is not None and note.payload.state == "missing":
            reason = {"code": "item_missing", "id": invoice_id, "code_readiness": item, "who": note.who}
            found.setdefault(invoice_id, []).append(reason)
    for about, reasons in readiness.not_started(day, entity_id, customer_id, overdue).items():
        if about is not None:
            found.setdefault(about, []).extend(reasons)
    for about, handed in ownership.with_others(day, entity_id, customer_id).items():
        if about is not None:
            found.setdefault(about, []).append(handed)
    return found


def invoices_in_our_court(day: Day, calls: pd.DataFrame) -> list[tuple[str, str]]:
    """The invoices (entity_id, invoice_id) of a call list's customers that wait for ourselves."""
    customers = zip(calls["entity_id"].tolist(), calls["customer_id"].tolist(), _overdue(calls), strict=True)
    return [(row[0], invoice) for row in customers for invoice in in_our_court(day, *row)]


def _overdue(calls: pd.DataFrame) -> list[float | None]:
    return calls["overdue_base"].tolist() if "overdue_base" in calls else [None] * len(calls)


def divide(
    day: Day, calls: pd.DataFrame, amounts: Mapping[tuple[str, str], tuple[float, float]] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A call list parted: whom to call, numbered anew, and whom to leave alone today, whose `reasons` say why.

    `amounts` holds overdue_base and amount_due_base of the invoices that wait for ourselves. They are taken off their
    customer, who leaves the list when nothing else is left to ask for.
    """
    customers = list(zip(calls["entity_id"].tolist(), calls["customer_id"].tolist(), strict=True))
    overdue = _overdue(calls)
    reasons = [reasons_to_wait(day, *customer, owed) for customer, owed in zip(customers, overdue, strict=True)]
    calls = calls.copy() if amounts else calls
    for place, (entity_id, customer_id) in enumerate(customers if amounts else ()):
        ours = in_our_court(day, entity_id, customer_id, overdue[place])
        off = [amounts[entity_id, invoice] for invoice in ours if amounts and (entity_id, invoice) in amounts]
        if not off:
            continue
        row = calls.index[place]
        calls.loc[row, "overdue_base"] -= sum(overdue for overdue, _ in off)
        calls.loc[row, "amount_due_base"] -= sum(due for _, due in off)
        if calls.loc[row, "amount_due_base"] < 0.01:
            reasons[place] += [reason for found in ours.values() for reason in found]
    waiting = [place for place, some in enumerate(reasons) if some]
    called = [place for place, some in enumerate(reasons) if not some]
    # Places are taken twice as fast as by a mask, and this is done for every look at a list.
    kept, left_alone = calls.take(called), calls.take(waiting)
    kept["call_rank"] = range(1, len(called) + 1)
    left_alone["reasons"] = [as_json(reasons[place]) for place in waiting]
    return kept, left_alone


def as_json(reasons: Sequence[Reason]) -> str:
    """Reasons in the form in which the tables store them."""
    return json.dumps(reasons, default=lambda value: float(value) if isinstance(value, Decimal) else value.isoformat())


def next_step(day: Day, method: str, result: str | None, promised_on: dt.date | None) -> tuple[str, dt.date]:
    """The next step a form suggests after a contact: what, and on which working day."""
    if result == "promised":
        return "remind", promised_on or working_day(day, DAYS_TO_PAY)
    if result == "disputed":
        return "review", working_day(day, 1)
    if result == "paid":
        return "remind", working_day(day, DAYS_TO_PAY)
    action = method if method in ("call", "letter", "visit") else "call"
    return action, working_day(day, 1 if result == "not_reached" else day.settings.quiet_days)


def working_day(day: Day, after: int) -> dt.date:
    """The working day `after` working days from today."""
    days = (found for _, found in working_days(day.settings.country, day.today + dt.timedelta(days=1)))
    return next(islice(days, max(after, 1) - 1, None))


def agreed_step(day: Day, entity_id: str, customer_id: str) -> Contact | None:
    """What the last contact agreed to do next, if anything."""
    contact = last_contact(day, entity_id, customer_id)
    payload: Payload | None = contact.payload if contact is not None else None
    return payload if isinstance(payload, Contact) else None
