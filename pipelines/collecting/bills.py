"""The register of bills and cheques (汇票): what is in hand, and each one's way to money or back."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.collecting import journal
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Entry
from pipelines.collecting.journal_entries import EntryRefused, Problem
from pipelines.settings import Settings

# A bill comes in, may be handed on to a bank or a supplier, and ends cleared or bounced; a cleared one can be recalled.
MOVES: dict[str, tuple[str, ...]] = {
    "received": ("cleared", "discounted", "endorsed", "bounced"),
    "discounted": ("cleared", "bounced"),
    "endorsed": ("cleared", "bounced"),
    "cleared": ("bounced",),
    "bounced": (),
}
ENDED = ("cleared", "bounced")
SOON_DAYS = 30
# In China a commercial bill drawn since this day runs six months at most, one drawn before twelve.
SHORTER_SINCE, MONTHS, MONTHS_BEFORE = dt.date(2023, 1, 1), 6, 12
RULED_CURRENCY = "CNY"  # bills in other currencies are drawn under other laws
HELD = ["bill_number", "invoice_id", "amount_doc", "currency", "due_on"]
COLUMNS = [
    "entity_id", "customer_id", "invoice_id", "version_id", "bill_number", "drawer", "amount_doc", "currency", "due_on",
    "bill_state", "state_on", "counted_base", "days_until", "who", "received_on",
]  # fmt: skip


def standing(day: Day) -> list[Note]:
    """All bills of the register, as they stand, oldest first."""
    return [note for found in day.notes.values() for note in found if note.kind == "bill"]


def register(day: Day, counted: Mapping[tuple[str, str], Decimal]) -> pd.DataFrame:
    """Every bill, the next to fall due first.

    `counted` is what the build counts as received for (entity_id, bill number). Columns: COLUMNS; days_until its due
    date, negative once it has passed, null where the bill has cleared or bounced; received_on of `_received_on`.
    """
    rows = [
        (
            *(note.entity_id, note.customer_id, note.invoice_id, note.version_id, note.payload.number),
            *(note.payload.drawer, float(note.payload.amount), note.payload.currency, note.payload.due_on),
            *(note.payload.state, note.payload.state_on),
            float(counted.get((note.entity_id, note.payload.number), 0)),
            None if note.payload.state in ENDED else (note.payload.due_on - day.today).days,
            note.who,
            _received_on(day, note),
        )
        for note in standing(day)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["due_on", "bill_number"], ignore_index=True)


def _received_on(day: Day, bill: Note) -> dt.date:
    """Since when a bill has been here at the latest: the day stated, else the day on which it was entered."""
    entered = journal.business_day(day.settings, bill.at)
    stated = bill.payload.state_on if bill.payload.state == "received" else None
    return min(entered, stated or entered)


def runs_until(received_on: dt.date) -> dt.date:
    """The last day on which a bill that was here on `received_on` can fall due: it was drawn on that day or before."""
    if received_on < SHORTER_SINCE:
        return (pd.Timestamp(received_on) + pd.DateOffset(months=MONTHS_BEFORE)).date()
    drawn_before = pd.Timestamp(SHORTER_SINCE) - pd.Timedelta(days=1) + pd.DateOffset(months=MONTHS_BEFORE)
    return max(pd.Timestamp(received_on) + pd.DateOffset(months=MONTHS), drawn_before).date()


def outlived(found: pd.DataFrame, on: dt.date) -> pd.Series:
    """Which bills are in hand and older on a day than a bill can run.

    `found` holds received_on and currency, and bill_state unless all are in hand.
    """
    days = found["received_on"].dropna().unique()  # many bills come in on one day
    ends = found["received_on"].map({since: runs_until(pd.Timestamp(since).date()) for since in days})
    old = pd.to_datetime(ends) < pd.Timestamp(on)
    is_in_hand = found["bill_state"] == "received" if "bill_state" in found else True
    return old & (found["currency"] == RULED_CURRENCY) & is_in_hand


def move(settings: Settings, bill: Note, state: str | None, on: dt.date | None, *, who: str) -> Entry:
    """Bring a bill into another state on a day; the old state stays in its history.

    Raises EntryRefused for a way a bill cannot go, EntryConflict when somebody has moved it meanwhile.
    """
    if state is None or state not in MOVES[bill.payload.state]:
        code = "error.field_required" if state is None else "error.bill_move"
        raise EntryRefused(Problem("state", code, {}))
    if on is None:
        raise EntryRefused(Problem("state_on", "error.field_required", {}))
    if bill.payload.state_on is not None and on < bill.payload.state_on:
        before = {"day": on, "before": bill.payload.state_on}
        raise EntryRefused(Problem("state_on", "error.bill_order", before))
    payload = bill.payload.model_dump() | {"state": state, "state_on": on}
    return journal.correct(settings, bill.version_id, payload, who=who)


def held(day: Day, entity_id: str, customer_id: str, in_ledger: pd.DataFrame) -> pd.DataFrame:
    """A customer's bills and cheques in hand, the next to fall due first; columns HELD.

    `in_ledger` holds those that only the exports know, with the same columns.
    """
    entered = day.of(entity_id, customer_id, "bill")
    rows = [
        (note.payload.number, note.invoice_id, float(note.payload.amount), note.payload.currency, note.payload.due_on)
        for note in entered
        if note.payload.state == "received"
    ]
    # What has been entered since the build is better known than what the build read.
    known = {note.payload.number for note in entered}
    rows += [row for row in in_ledger[HELD].itertuples(index=False, name=None) if row[0] not in known]
    found = pd.DataFrame(rows, columns=HELD)
    found["due_on"] = pd.to_datetime(found["due_on"])
    return found.sort_values(["due_on", "bill_number"], ignore_index=True)


def by_instalment(held: pd.DataFrame, items: pd.DataFrame) -> list[list[tuple[dict[str, Any], float]]]:
    """For each row of `items`, the bills in hand that name its invoice and how much of each covers it.

    A bill, the next to fall due first, covers the instalments of its invoice that fall due first, each up to what is
    open. One in another currency, or that finds nothing left to cover, stands in full with the first instalment.
    """
    rows = items.reset_index(drop=True)
    order = list(rows.sort_values(["due_date", "instalment_no"], na_position="last").index)
    left = [float(amount) for amount in rows["open_doc"]]
    found: list[list[tuple[dict[str, Any], float]]] = [[] for _ in left]
    for bill in held[held["invoice_id"].notna()].to_dict("records"):
        named = [place for place in order if rows.at[place, "invoice_id"] == bill["invoice_id"]]
        covers = bill["amount_doc"]
        for place in named:
            part = round(min(covers, left[place]), 4) if rows.at[place, "currency"] == bill["currency"] else 0
            if part > 0:
                found[place].append((bill, part))
                covers, left[place] = covers - part, left[place] - part
        if named and covers == bill["amount_doc"]:
            found[named[0]].append((bill, covers))
    return found


def in_hand(found: pd.DataFrame) -> pd.DataFrame:
    """The bills of a register that have brought no money yet."""
    return found[found["bill_state"] == "received"]
