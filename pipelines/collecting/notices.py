"""Notices before and after the due date: which step of the schedule is due for which item, and what makes it wait.

Nothing is sent from here: a person takes the file, sends it and marks it, which enters a letter with its items.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day, Reason, as_json
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_office import Letter, LetterItem
from pipelines.settings import NoticeStep, Settings

Item = tuple[str, int]  # invoice_id, instalment_no
GROUP = ["entity_id", "customer_id", "customer_name", "rep", "level"]
COLUMNS = [*GROUP, "channel", "letter", "items", "open_base", "max_days_past_due", "days_behind"]


def level_of(steps: Sequence[NoticeStep], days_past_due: int) -> int:
    """How many steps of the schedule an item has reached, 0 before the first."""
    return sum(step.day <= days_past_due for step in steps)


def sent(day: Day, entity_id: str, customer_id: str) -> dict[Item, int]:
    """The highest step that a notice has been sent for, by item."""
    found: dict[Item, int] = {}
    for note in day.of(entity_id, customer_id, "letter"):
        if note.payload.state == "sent":
            for item in note.payload.items:
                key = (item.invoice_id, item.instalment_no)
                found[key] = max(found.get(key, 0), step_of(day.settings.notice_steps, note.payload, item))
    return found


def step_of(steps: Sequence[NoticeStep], letter: Letter, item: LetterItem) -> int:
    """The step that a letter was for one of its items: the letter's own, unless the item had not come so far."""
    if item.due_on is None:
        return letter.level
    return min(letter.level, level_of(steps, (letter.as_of - item.due_on).days))


def due(day: Day, items: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The items whose step is due, and those whose step waits; `reasons` of the latter say why.

    `items` are the rows of `queries_desk.notice_items`. Of the steps an item has passed only the last one counts. Both
    frames have the rows' columns and `level`, `channel`, `letter`, `days_behind` (days since the step was due).
    """
    steps = day.settings.notice_steps
    ages = [int(age) for age in items["days_past_due"]]
    levels = [level_of(steps, age) for age in ages]
    reached = items.assign(
        level=levels,
        channel=[steps[level - 1].channel if level else "" for level in levels],
        letter=[steps[level - 1].letter if level else "" for level in levels],
        days_behind=[age - steps[level - 1].day if level else 0 for age, level in zip(ages, levels, strict=True)],
    )
    reached = reached[reached["level"] > 0]
    done: dict[tuple[str, str], dict[Item, int]] = {}
    pauses: dict[tuple[str, str], Any] = {}
    keep: list[bool] = []
    why: list[str] = []
    for row in reached.to_dict("records"):
        whom = (row["entity_id"], row["customer_id"])
        if whom not in done:
            done[whom] = sent(day, *whom)
            pauses[whom] = (_of_customer(day, *whom), follow_up.in_our_court(day, *whom))
        keep.append(done[whom].get((row["invoice_id"], int(row["instalment_no"])), 0) < row["level"])
        why.append(as_json(_pauses(day, row, *pauses[whom])))
    reached = reached.assign(reasons=why)[keep]
    waits = reached["reasons"] != "[]"
    return reached[~waits].drop(columns="reasons"), reached[waits]


def _of_customer(day: Day, entity_id: str, customer_id: str) -> list[Reason]:
    """What pauses every notice to a customer: what keeps it off the call list, save a recent call, and any dispute."""
    found = [each for each in follow_up.reasons_to_wait(day, entity_id, customer_id) if each["code"] != "contacted"]
    for note in day.of(entity_id, customer_id, "dispute"):
        if note.is_open and note.payload.side == "theirs" and note.invoice_id is None:
            found.append({"code": "notice_dispute", "text": note.payload.reason, "who": note.who})
    return found


def _pauses(
    day: Day, row: Mapping[Any, Any], of_customer: list[Reason], of_items: Mapping[str, list[Reason]]
) -> list[Reason]:
    found = [*of_customer, *of_items.get(row["invoice_id"], ())]
    for note in day.of(row["entity_id"], row["customer_id"], "dispute"):
        if note.is_open and note.payload.side == "theirs" and note.invoice_id == row["invoice_id"]:
            found.append({"code": "notice_dispute", "text": note.payload.reason, "who": note.who})
    if row["disputed"] is True or row["disputed"] == 1:
        found.append({"code": "notice_disputed"})
    if row["last_paid_on"] is not None and row["last_paid_on"] == row["last_paid_on"]:
        found.append({"code": "notice_paid", "day": pd.Timestamp(row["last_paid_on"]).date()})
    return found


def grouped(items: pd.DataFrame) -> pd.DataFrame:
    """One notice per customer and step, the highest step and the largest sum first."""
    if items.empty:
        return pd.DataFrame(columns=COLUMNS)
    sums = items.groupby([*GROUP, "channel", "letter"], as_index=False, dropna=False).agg(
        items=("invoice_id", "size"),
        open_base=("open_base", "sum"),
        max_days_past_due=("days_past_due", "max"),
        days_behind=("days_behind", "max"),
    )
    return sums.sort_values(["level", "open_base", "customer_id"], ascending=[False, False, True], ignore_index=True)[
        COLUMNS
    ]


def mark_sent(
    settings: Settings,
    subject: Subject,
    letter: str,
    items: pd.DataFrame,
    *,
    level: int,
    channel: str,
    as_of: dt.date,
    build_id: str,
    who: str,
    seen: int | None = None,
) -> None:
    """Enter that a letter about these open items has gone out, with its figures.

    `level` is the step of the schedule, 0 outside of it. `seen` is the newest letter entry that the writer knew of;
    EntryConflict when somebody else has entered one since.
    """
    stated = [
        {
            "invoice_id": row["invoice_id"],
            "instalment_no": int(row["instalment_no"]),
            "due_on": None if pd.isna(row["due_date"]) else pd.Timestamp(row["due_date"]).date(),
            "amount": money_of(row["open_doc"]),
            "currency": row["currency"],
        }
        for row in items.to_dict("records")
    ]
    payload: dict[str, Any] = {
        "letter": letter, "state": "sent", "as_of": as_of, "level": level, "channel": channel, "build_id": build_id,
        "items": stated,
    }  # fmt: skip
    currencies = {str(item["currency"]) for item in stated}
    if len(currencies) == 1:
        payload |= {"currency": currencies.pop(), "amount": sum((item["amount"] for item in stated), Decimal(0))}
    journal.append(settings, "letter", subject, payload, who=who, seen=seen)


def newest_letter(day: Day, entity_id: str, customer_id: str) -> int:
    """The number of the customer's newest letter entry, 0 before the first."""
    return max((note.version_id for note in day.of(entity_id, customer_id, "letter")), default=0)


def money_of(value: float) -> Decimal:
    """An amount of a frame to the cent: frames hold money as floats, the journal as decimals."""
    return Decimal(str(value)).quantize(Decimal("0.01"))
