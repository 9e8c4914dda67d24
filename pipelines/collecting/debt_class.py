"""Why a customer has not paid: cannot, will not, by our own fault, or held up in its process; proposed from the record.

A person settles it. Each fact of the record gives points to one class; most points win, and between equals the milder.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.collecting import follow_up, readiness
from pipelines.collecting.follow_up import Day, Note, Reason

CLASSES = ("we_caused", "process", "cannot_pay", "will_not_pay")  # mildest first
BLOCKER_CLASS = {
    "no_money": "cannot_pay",
    "unwilling": "will_not_pay",
    "budget": "process",
    "customer_process": "process",
    "changed_people": "process",
}
SAID = {
    "cannot_pay": "class_said_cannot_pay",
    "will_not_pay": "class_said_will_not_pay",
    "process": "class_said_process",
}
RECENT = 60  # days in which a payment shows that the customer pays
WINDOW = 180  # days of payments that are looked at for the order in which they were made
SHORT = 30  # days overdue up to which an oversight is the likeliest
LONG = 90  # days overdue from which it is hardly an oversight
WORSE = 15  # days late more than before that show trouble


@dataclass(frozen=True)
class Proposal:
    """The class that the record points to, its reasons, and those for the other classes."""

    cause: str
    reasons: list[Reason]
    others: dict[str, list[Reason]]


def settled(day: Day, entity_id: str, customer_id: str) -> Note | None:
    """The newest decision of a person, or None while there is none."""
    return next(iter(day.of(entity_id, customer_id, "debt_class")), None)


def cause_of(day: Day, customer: Mapping[str, Any], items: pd.DataFrame, payments: pd.DataFrame) -> str:
    """The class that counts: what a person settled, else what the record points to."""
    decided = settled(day, str(customer["entity_id"]), str(customer["customer_id"]))
    return str(decided.payload.cause) if decided is not None else proposed(day, customer, items, payments).cause


def proposed(day: Day, customer: Mapping[str, Any], items: pd.DataFrame, payments: pd.DataFrame) -> Proposal:
    """The class from the record: `items` are the customer's open items, `payments` what it has paid.

    The frames are those of `queries_payers.customer_open_items` and `queries_payers.customer_payments`.
    """
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    found = [*_entered(day, *whom), *_of_ledger(items, payments), *_of_limit(customer)]
    points = {cause: sum(weight for for_, weight, _ in found if for_ == cause) for cause in CLASSES}
    cause = max(CLASSES, key=lambda each: (points[each], -CLASSES.index(each)))
    if not any(points.values()):
        cause = "process"
    said = {each: [reason for for_, _, reason in found if for_ == each] for each in CLASSES}
    return Proposal(cause, said[cause], {each: said[each] for each in CLASSES if each != cause and said[each]})


def _entered(day: Day, entity_id: str, customer_id: str) -> list[tuple[str, int, Reason]]:
    """What people recorded: disputes, blockers, gaps of ours, promises and the last talk."""
    found: list[tuple[str, int, Reason]] = []
    notes = [note for note in day.of(entity_id, customer_id) if note.is_open]
    for note in notes:
        if note.kind == "dispute" and note.payload.side == "ours":
            found.append(("we_caused", 4, {"code": "class_dispute", "text": note.payload.reason, "who": note.who}))
        elif note.kind == "blocker" and note.payload.side == "ours":
            found.append(("we_caused", 4, {"code": "class_blocker_ours", "who": note.who}))
        elif note.kind == "blocker" and note.payload.reason in BLOCKER_CLASS:
            cause = BLOCKER_CLASS[note.payload.reason]
            found.append((cause, 4, {"code": SAID[cause], "who": note.who, "day": day.made_on(note)}))
    answers = readiness.confirmations(day, entity_id, customer_id)
    gaps = sum(
        note.payload.state == "missing" and item in ("vouchers", "no_defect") for (_, item), note in answers.items()
    )
    if gaps:
        found.append(("we_caused", 3, {"code": "class_gaps", "count": gaps}))
    promises = [note for note in notes if note.kind == "promise"]
    broken = sum(follow_up.promise_state(day, note) in ("broken", "partly_kept") for note in promises)
    if broken:
        found.append(("cannot_pay", min(broken, 2) + 1, {"code": "class_broken", "count": broken}))
    contact = follow_up.last_contact(day, entity_id, customer_id)
    if contact is not None and contact.payload.result == "refused":
        found.append(("will_not_pay", 4, {"code": "class_refused", "day": day.made_on(contact), "who": contact.who}))
    return found


def _of_ledger(items: pd.DataFrame, payments: pd.DataFrame) -> list[tuple[str, int, Reason]]:
    """What the ledger shows: disputed items, how old the debt is, whether and in which order money still comes."""
    found: list[tuple[str, int, Reason]] = []
    overdue = items[items["days_past_due"].fillna(0) > 0]
    if overdue.empty:
        return found
    disputed = overdue.loc[overdue["disputed"].fillna(False).astype(bool), "open_base"].sum()
    share = float(disputed) / float(overdue["open_base"].sum() or 1)
    if share >= 0.5:
        found.append(("we_caused", 3, {"code": "class_disputed", "share": share}))
    oldest, as_of = int(overdue["days_past_due"].max()), _day(overdue["as_of"].iloc[0])
    money = payments[payments["kind"] == "payment"]
    paid_on = [_day(value) for value in money["applied_on"]]
    money = money.assign(age=[(as_of - each).days for each in paid_on])
    recent = money[money["age"] <= RECENT]
    if oldest <= SHORT:
        found.append(("process", 2, {"code": "class_short", "days": oldest}))
    if len(recent):
        found.append(("process", 1, {"code": "class_still_pays", "count": len(recent), "days": RECENT}))
    elif oldest > LONG:
        found.append(("cannot_pay", 2, {"code": "class_stopped", "days": RECENT, "count": oldest}))
    first_due = min(_day(value) for value in overdue["due_date"])
    is_newer = pd.to_datetime(money["due_date"]) > pd.Timestamp(first_due) + pd.Timedelta(days=SHORT)
    newer = money[(money["age"] <= WINDOW) & is_newer]
    if oldest > LONG and len(newer) >= 3:
        found.append(("will_not_pay", 2, {"code": "class_newer_first", "count": len(newer), "day": first_due}))
    found += _of_trend(money)
    return found


def _of_trend(money: pd.DataFrame) -> list[tuple[str, int, Reason]]:
    known = money.dropna(subset=["days_late"])
    now, before = known[known["age"] <= WINDOW]["days_late"], known[known["age"] > WINDOW]["days_late"]
    if len(now) < 3 or len(before) < 3 or now.mean() - before.mean() < WORSE:
        return []
    return [
        (
            "cannot_pay",
            1,
            {"code": "class_later", "days": round(float(now.mean())), "count": round(float(before.mean()))},
        )
    ]


def _of_limit(customer: Mapping[str, Any]) -> list[tuple[str, int, Reason]]:
    limit, owed = customer.get("credit_limit_base"), customer.get("open_base")
    if not isinstance(limit, Decimal | float | int) or limit != limit or limit <= 0 or owed is None or owed != owed:
        return []
    use = float(owed) / float(limit)
    return [("cannot_pay", 1, {"code": "class_limit", "share": use})] if use > 1 else []


def _day(value: Any) -> dt.date:
    return pd.Timestamp(value).date()
