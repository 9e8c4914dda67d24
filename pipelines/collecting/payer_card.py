"""The payer card: who decides, accepts and pays, and how the customer's finance works, fact by fact."""

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.collecting import journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused, Problem, validated
from pipelines.settings import Settings

PEOPLE = ("decision_maker", "acceptor", "payer")
FINANCE = ("budget", "invoice_rules", "closing_day", "bank", "transfer_days", "funds", "credit")


@dataclass(frozen=True)
class Fact:
    """What is known of one thing; `who` and `on` are empty where the customer list says it and no person."""

    value: str
    who: str = ""
    on: dt.date | None = None


def facts(day: Day, customer: Mapping[str, Any]) -> dict[str, Fact]:
    """Every fact of the card as it stands: entered by a person, else from the customer list, else empty."""
    found: dict[str, Fact] = {}
    for note in day.of(str(customer["entity_id"]), str(customer["customer_id"]), "payer_fact"):
        found.setdefault(note.payload.fact, Fact(note.payload.value, note.who, day.made_on(note)))
    for name in (*PEOPLE, *FINANCE):
        listed = customer.get(name) if name in PEOPLE else None
        found.setdefault(name, Fact(listed if isinstance(listed, str) else ""))
    return found


def transfer_days(day: Day, entity_id: str, customer_id: str) -> int:
    """Working days that this payer's money is on the way, by its card; 0 where nobody has said."""
    said = (note.payload for note in day.of(entity_id, customer_id, "payer_fact"))
    newest = next((fact.value for fact in said if fact.fact == "transfer_days"), "")
    return int(newest or 0)


def store(
    settings: Settings, subject: Subject, before: Mapping[str, Fact], after: Mapping[str, str], *, who: str
) -> list[str]:
    """Enter the facts that a person changed, and return their names.

    Nothing is stored when one of them is refused: EntryRefused with every reason against the name of its fact.
    """
    changed = {name: value.strip() for name, value in after.items() if value.strip() != before[name].value}
    problems: list[Problem] = []
    for name, value in changed.items():
        try:
            payload = {"fact": name, "value": value}
            validated("payer_fact", payload, today=journal.business_day(settings), debt=None)
        except EntryRefused as refused:
            problems += [Problem(name, problem.code, problem.params) for problem in refused.problems]
    if problems:
        raise EntryRefused(*problems)
    for name, value in changed.items():
        journal.append(settings, "payer_fact", subject, {"fact": name, "value": value}, who=who)
    return list(changed)


def next_closing_day(known: Mapping[str, Fact], today: dt.date) -> dt.date | None:
    """The next day on which the payer closes its books, today included; a short month closes on its last day."""
    if not known["closing_day"].value:
        return None
    number = int(known["closing_day"].value)
    this = _in_month(today.year, today.month, number)
    if this >= today:
        return this
    return _in_month(today.year + today.month // 12, today.month % 12 + 1, number)


def _in_month(year: int, month: int, number: int) -> dt.date:
    return dt.date(year, month, min(number, monthrange(year, month)[1]))
