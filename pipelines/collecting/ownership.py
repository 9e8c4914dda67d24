"""Who has an item now and what happens next: one owner, one next step, and every hand-over between departments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.collecting.follow_up import Day, Note, Reason

OURS_TO_CHASE = "sales"  # the department whose call list a customer stands on


@dataclass(frozen=True)
class Standing:
    """The owner of an item and the one next step; `step` is a code of a contact, `text` a person's own words.

    `since` and `handover` are empty while the item has never been handed over.
    """

    owner: str
    department: str
    since: dt.date | None
    step: str
    text: str
    next_on: dt.date | None
    handover: Note | None


def standing(day: Day, entity_id: str, customer_id: str, rep: str, invoice_id: str | None = None) -> Standing:
    """Who has the item now; the newest of hand-over and contact says what comes next.

    A hand-over of the invoice goes before one of the whole customer; without either it is the rep's, in sales.
    """
    handed = handover(day, entity_id, customer_id, invoice_id)
    contacts = day.of(entity_id, customer_id, "contact")
    contact = next((note for note in contacts if note.invoice_id in (None, invoice_id)), None)
    owner, department, since = rep, OURS_TO_CHASE, None
    if handed is not None:
        owner, department, since = handed.payload.to, handed.payload.department, day.made_on(handed)
    if handed is not None and (contact is None or handed.id > contact.id):
        return Standing(owner, department, since, "", handed.payload.next_step, handed.payload.next_on, handed)
    if contact is not None:
        agreed = contact.payload
        return Standing(owner, department, since, agreed.next_action, "", agreed.next_on, handed)
    return Standing(owner, department, since, "", "", None, handed)


def handover(day: Day, entity_id: str, customer_id: str, invoice_id: str | None = None) -> Note | None:
    """The hand-over that stands for an item: of the invoice itself, else of its customer."""
    notes = [note for note in day.of(entity_id, customer_id, "handover") if note.is_open]
    own = next((note for note in notes if invoice_id is not None and note.invoice_id == invoice_id), None)
    return own or next((note for note in notes if note.invoice_id is None), None)


def with_others(day: Day, entity_id: str, customer_id: str) -> dict[str | None, Reason]:
    """What another department than sales has now, by invoice (None: the whole customer), as a reason not to chase."""
    found: dict[str | None, Reason] = {}
    for note in day.of(entity_id, customer_id, "handover"):
        if note.is_open and note.invoice_id not in found:
            found[note.invoice_id] = {
                "code": "item_handed_over" if note.invoice_id else "handed_over",
                "department": note.payload.department,
                "id": note.invoice_id or "",
                "name": note.payload.to,
                "who": note.who,
                "day": day.made_on(note),
                "text": note.payload.next_step,
                "until": note.payload.next_on,
            }
    return {about: reason for about, reason in found.items() if reason.pop("department") != OURS_TO_CHASE}
