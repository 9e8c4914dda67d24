"""What must be sure before money is asked for: who answered which question, and from when chasing may start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.collecting.follow_up import Day, Note, Reason

# Of one invoice: our own side of the deal. Of the customer: what we know of it. Of both: five preparations.
OF_INVOICE = ("deal_what", "deal_amount", "deal_when", "owner", "acceptance", "terms")
OF_CUSTOMER = ("people", "finance")
PREPARED = ("no_defect", "vouchers", "key_person", "habits", "allies")
CARDS: dict[str, dict[str, tuple[str, ...]]] = {
    "invoice": {"own": OF_INVOICE, "prepared": ("no_defect", "vouchers")},
    "customer": {"theirs": OF_CUSTOMER, "prepared": PREPARED},
}
ALL_ITEMS = ("deal", *OF_INVOICE, *OF_CUSTOMER, *PREPARED)
NOT_STARTED = {
    "acceptance": "start_acceptance",
    "terms": "start_terms",
    "vouchers": "start_vouchers",
    "no_defect": "start_no_defect",
}


def confirmations(day: Day, entity_id: str, customer_id: str) -> dict[tuple[str | None, str], Note]:
    """The newest answer to each question of readiness, by invoice (None: the whole customer) and item."""
    found: dict[tuple[str | None, str], Note] = {}
    for note in day.of(entity_id, customer_id, "confirmation"):
        found.setdefault((note.invoice_id, note.payload.item), note)
    return found


def card(day: Day, entity_id: str, customer_id: str, invoice_id: str | None) -> dict[str, dict[str, Note | None]]:
    """The questions of one card by group, each with its newest answer or None; one answered otherwise is shown too."""
    known = confirmations(day, entity_id, customer_id)
    groups = CARDS["invoice" if invoice_id else "customer"]
    found = {name: {item: known.get((invoice_id, item)) for item in items} for name, items in groups.items()}
    there = {item for items in groups.values() for item in items}
    other = {item: note for (about, item), note in known.items() if about == invoice_id and item not in there}
    return found | ({"other": dict(other)} if other else {})


def start_rule(day: Day, entity_id: str, customer_id: str, invoice_id: str | None) -> Note | None:
    """The newest standing rule on when chasing may start, of an invoice or (None) of the whole customer."""
    rules = (note for note in day.of(entity_id, customer_id, "start_rule") if note.is_open)
    return next((note for note in rules if note.invoice_id == invoice_id), None)


def not_started(
    day: Day, entity_id: str, customer_id: str, overdue: Decimal | float | None = None
) -> dict[str | None, list[Reason]]:
    """What may not be chased yet and why, by invoice (None: the whole customer).

    `overdue` is what the customer has overdue in base currency; without it a rule's amount is not judged.
    """
    rules = [note for note in day.of(entity_id, customer_id, "start_rule") if note.is_open]
    if not rules:
        return {}  # nearly every customer, and a call list asks for hundreds
    answers = confirmations(day, entity_id, customer_id)
    accepted = day.accepted.get((entity_id, customer_id), {})
    found: dict[str | None, list[Reason]] = {}
    seen: set[str | None] = set()
    for note in rules:
        if note.invoice_id in seen:
            continue
        seen.add(note.invoice_id)
        reasons = _unmet(day.today, note, overdue)
        if (waits := _not_progressed(note, answers)) is not None:
            # What the ledger says of acceptance holds invoice by invoice, under a rule for the whole customer too.
            by_ledger = accepted if note.payload.progress == "acceptance" else {}
            if note.invoice_id is None and any(by_ledger.values()):
                for invoice_id, accepted_on in by_ledger.items():
                    if accepted_on is None and not _confirmed(answers, invoice_id, "acceptance"):
                        found.setdefault(invoice_id, []).append(waits | {"id": f" {invoice_id}"})
            elif note.invoice_id is None or by_ledger.get(note.invoice_id) is None:
                reasons.append(waits)
        if reasons:
            found.setdefault(note.invoice_id, []).extend(
                reason | {"id": f" {note.invoice_id}" if note.invoice_id else ""} for reason in reasons
            )
    return found


def asks_for_acceptance(day: Day) -> tuple[tuple[str, str], ...]:
    """The customers (entity_id, customer_id) with a standing rule that waits for acceptance."""
    return tuple(
        sorted({
            note.customer
            for notes in day.notes.values()
            for note in notes
            if note.kind == "start_rule" and note.is_open and note.payload.progress == "acceptance"
        })
    )  # fmt: skip


def _unmet(today: dt.date, rule: Note, overdue: Decimal | float | None) -> list[Reason]:
    asked, who = rule.payload, {"who": rule.who}
    reasons: list[Reason] = []
    if asked.not_before is not None and today < asked.not_before:
        reasons.append({"code": "start_day", "until": asked.not_before} | who)
    if asked.from_amount is not None and overdue is not None and Decimal(str(overdue)) < asked.from_amount:
        reasons.append({"code": "start_amount", "cents_amount": asked.from_amount} | who)
    return reasons


def _not_progressed(rule: Note, answers: Mapping[tuple[str | None, str], Any]) -> Reason | None:
    """What a rule still waits to hear confirmed by a person, None where somebody has."""
    progress = rule.payload.progress
    if not progress:
        return None
    # A confirmation of the whole customer holds for each of its invoices.
    if _confirmed(answers, rule.invoice_id, progress) or _confirmed(answers, None, progress):
        return None
    return {"code": NOT_STARTED[progress], "who": rule.who}


def _confirmed(answers: Mapping[tuple[str | None, str], Any], invoice_id: str | None, item: str) -> bool:
    answer = answers.get((invoice_id, item))
    return answer is not None and answer.payload.state == "confirmed"
