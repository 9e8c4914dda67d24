"""What overdue money waits for, ours and theirs: by invoice, month by month, and the faults of our own invoices."""

import datetime as dt
from collections.abc import Iterator

import pandas as pd

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day, Note

KINDS = ("blocker", "dispute")
UNKNOWN = ("", "unknown")
INVOICE_FAULT = "invoice_fault"
Fault = tuple[str, str, dt.date | None]  # entity_id, invoice_id, the day it was put right (None: not yet)


def by_invoice(day: Day, items: pd.DataFrame) -> pd.DataFrame:
    """The overdue invoices of `queries_blockers.overdue_items` with side (ours, theirs or '') and cause of each.

    Each invoice counts once: by the newest open blocker or dispute about it, else by the newest about its customer,
    else as not looked into.
    """
    noted = follow_up.rows_of(day.notes.keys(), items)
    causes = [cause(_standing(day, *row)) for row in _keys(noted)]
    found = items.assign(side=UNKNOWN[0], cause=UNKNOWN[1])
    found.loc[noted.index, ["side", "cause"]] = pd.DataFrame(causes, noted.index, ["side", "cause"], dtype="str")
    return found


def blocked(day: Day, items: pd.DataFrame) -> pd.DataFrame:
    """What overdue money waits for: side, cause, invoices, overdue_base, amount_days; adds up to the overdue."""
    totals = (
        by_invoice(day, items)
        .groupby(["side", "cause"], as_index=False)
        .agg(invoices=("invoice_id", "size"), overdue_base=("overdue_base", "sum"), amount_days=("amount_days", "sum"))
    )
    return totals.sort_values(["amount_days", "cause"], ascending=[False, True], ignore_index=True)


def by_month(day: Day, noted: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Amount-days of each month by what stood in the way then: month_end, side, cause, amount_days.

    `noted`: month_start, month_end, entity_id, customer_id, invoice_id, amount_days of customers with a blocker or a
    dispute; `totals`: month_end, amount_days of all. A month counts for the newest note that stood at any time in it;
    what has none is not looked into, and the causes of a month add up to its total.
    """
    spans = zip(_keys(noted), noted["month_start"], noted["month_end"], strict=True)
    causes = [cause(_standing(day, *key, (_date(start), _date(end)))) for key, start, end in spans]
    rows = noted.assign(side=[side for side, _ in causes], cause=[name for _, name in causes])
    found = rows[rows["cause"] != UNKNOWN[1]]
    known = found.groupby(["month_end", "side", "cause"], as_index=False).agg(amount_days=("amount_days", "sum"))
    said = known.groupby("month_end")["amount_days"].sum()
    rest = totals.assign(side=UNKNOWN[0], cause=UNKNOWN[1])
    rest["amount_days"] = (rest["amount_days"] - rest["month_end"].map(said).fillna(0.0)).clip(lower=0)
    return pd.concat([known, rest[known.columns]], ignore_index=True).sort_values(["month_end", "side", "cause"])


def customers(day: Day) -> tuple[tuple[str, str], ...]:
    """The customers about whom a blocker or a dispute was ever entered."""
    return tuple(sorted(who for who, notes in day.notes.items() if any(note.kind in KINDS for note in notes)))


def our_faults(day: Day, items: pd.DataFrame) -> tuple[Fault, ...]:
    """The invoices whose overdue days are ours up to a day: something on our side stood, or stands, in the way.

    From the entries about invoices, the settled ones too, and the open ones about whole customers for what is overdue
    now (`items`). The days count from the due date: what we found late was wrong before.
    """
    found: dict[tuple[str, str], dt.date | None] = {}
    for (entity_id, _), notes in day.notes.items():
        for note in notes:
            if note.kind in KINDS and note.payload.side == "ours" and note.invoice_id is not None:
                _keep_longest(found, (entity_id, note.invoice_id), settled_on(day, note))
    for entity_id, customer_id, invoice_id in _keys(follow_up.rows_of(day.notes.keys(), items)):
        if cause(_standing(day, entity_id, customer_id, invoice_id))[0] == "ours":
            found[entity_id, invoice_id] = None
    return tuple((entity_id, invoice_id, until) for (entity_id, invoice_id), until in sorted(found.items()))


def invoice_faults(day: Day) -> pd.DataFrame:
    """Invoices found not to match the contract: entity_id, customer_id, invoice_id, found_on, settled_on, owner."""
    rows = [
        (*note.customer, note.invoice_id, day.made_on(note), settled_on(day, note), note.payload.owner or note.who)
        for notes in day.notes.values()
        for note in notes
        if note.kind == "blocker" and note.payload.reason == INVOICE_FAULT and note.invoice_id is not None
    ]
    return pd.DataFrame(rows, columns=["entity_id", "customer_id", "invoice_id", "found_on", "settled_on", "owner"])


def settled_on(day: Day, note: Note) -> dt.date | None:
    """The day on which somebody ended a blocker or a dispute; None while it stands."""
    return None if note.closed_at is None else journal.business_day(day.settings, note.closed_at)


def cause(notes: list[Note]) -> tuple[str, str]:
    """Side and cause of what stands in the way, from notes newest first."""
    if not notes:
        return UNKNOWN
    # What names the invoice comes before what is said of the whole customer.
    note = min(notes, key=lambda each: each.invoice_id is None)
    return note.payload.side, note.payload.reason if note.kind == "blocker" else "disputed"


def _standing(
    day: Day, entity_id: str, customer_id: str, invoice_id: str, span: tuple[dt.date, dt.date] | None = None
) -> list[Note]:
    """The blockers and disputes that concern an invoice and stand now, or stood in a span (after, up to)."""
    return [
        note
        for note in day.of(entity_id, customer_id)
        if note.kind in KINDS and note.invoice_id in (None, invoice_id) and _stood(day, note, span)
    ]


def _stood(day: Day, note: Note, span: tuple[dt.date, dt.date] | None) -> bool:
    if span is None:
        return note.is_open
    ended = settled_on(day, note)
    return day.made_on(note) <= span[1] and (ended is None or ended > span[0])


def _keep_longest(found: dict[tuple[str, str], dt.date | None], key: tuple[str, str], until: dt.date | None) -> None:
    before = found.get(key, until)
    found[key] = None if until is None or before is None else max(until, before)


def _keys(items: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    return zip(items["entity_id"], items["customer_id"], items["invoice_id"], strict=True)


def _date(value: dt.date | pd.Timestamp) -> dt.date:
    return value.date() if isinstance(value, pd.Timestamp) else value
