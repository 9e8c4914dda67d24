"""Many bills at once: what a file says against the register of bills, and entering all of it or nothing."""

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pipelines.collecting import bills, follow_up, journal, merges
from pipelines.collecting.bill_files import BillFile, Row
from pipelines.collecting.follow_up import Customer, Note
from pipelines.collecting.journal import Subject
from pipelines.importing.imports_names import names_of
from pipelines.settings import Settings

NOT_KEPT = ("drawn_on", "drawee")  # read, and of no use in the register
STATE_DAYS = {
    "received": "received_on", "discounted": "discounted_on", "endorsed": "endorsed_on", "cleared": "cleared_on",
    "bounced": "bounced_on",
}  # fmt: skip
_KEPT = 4  # decimals of an amount
_PART = re.compile(r"-\d+-\d+$")  # the range of a sub-bill behind the number of its bill


@dataclass(frozen=True)
class Known:
    """The customers that a file may name: (entity_id, customer_id), by number and by name without width and case."""

    numbers: Mapping[str, Sequence[Customer]]
    names: Mapping[str, Sequence[Customer]]
    entities: Mapping[str, str]


@dataclass(frozen=True)
class Upload:
    """What entering a file would do, row by row: every row stands in one of the five lists.

    `new` are bills to be entered and `moved` ones to be brought into another state; `there` says the same as the
    register, `repeated` the same as a row above, and what is `aside` has its reason.
    """

    file: BillFile
    new: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    there: list[Row] = field(default_factory=list)
    repeated: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    entries: list[tuple[Subject, dict[str, Any]]] = field(default_factory=list)
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)

    def totals(self, rows: Iterable[Row]) -> dict[str, Decimal]:
        """The amounts of some rows by currency."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            found[row.values["currency"]] += row.values["amount"]
        return dict(sorted(found.items()))


class _Aside(Exception):
    """A row is not entered, for a reason of one of its columns."""

    def __init__(self, code: str, column: str | None = None, value: object = None, **params: object) -> None:
        self.reason = {"code": code, **params}
        self.column, self.value = column, value


def known(customers: Iterable[tuple[str, str, str | None]], settings: Settings) -> Known:
    """Customers given as (entity_id, customer_id, customer_name); numbers and names merged into others count for these.

    A build knows no more what a merged customer was called; its imports do.
    """
    numbers: dict[str, list[Customer]] = defaultdict(list)
    names: dict[str, list[Customer]] = defaultdict(list)
    entities: dict[str, str] = {}
    stands: set[Customer] = set()
    targets = merges.targets(merges.standing(settings))
    for entity_id, customer_id, name in customers:
        if not customer_id:
            continue  # nobody knows who that is
        whom = (entity_id, targets.get((entity_id, customer_id), customer_id))
        stands.add(whom)
        entities[_alike(entity_id)] = entity_id
        for text, found in ((customer_id, numbers), (name or "", names)):
            if text and whom not in found[_alike(text)]:
                found[_alike(text)].append(whom)
    for (entity_id, customer_id), into in targets.items():
        if (entity_id, into) in stands and (entity_id, into) not in numbers[_alike(customer_id)]:
            numbers[_alike(customer_id)].append((entity_id, into))
    for entity_id, customer_id, name in names_of(settings, targets):
        whom = (entity_id, targets[entity_id, customer_id])
        if whom in stands and whom not in names[_alike(name)]:
            names[_alike(name)].append(whom)
    return Known(numbers, names, entities)


def _alike(text: str) -> str:
    """A name or number without width, case and blanks, as lists write it."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def compared(
    file: BillFile, settings: Settings, customers: Known, invoices: Mapping[tuple[str, str], Sequence[str]]
) -> Upload:
    """What each row of a file means for the register.

    `invoices` holds the customers of the invoices that the file names, by (entity_id, invoice_id).
    """
    # Typed in, a number may have blanks between its groups.
    standing = follow_up.notes(settings, kind="bill")
    register = {(note.entity_id, "".join(note.payload.number.split())): note for note in standing}
    whole = {(entity_id, _PART.sub("", number)): number for entity_id, number in register if _PART.search(number)}
    targets = merges.targets(merges.standing(settings))
    today = journal.business_day(settings)
    upload = Upload(file)
    read = list[tuple[Row, Customer]]()
    for row in file.rows:
        if row.reason is not None:
            upload.aside.append(row)
            continue
        try:
            stated, customer = _stated(row, settings, today), _customer(row, customers)
            read.append((replace(stated, values=stated.values | {"customer": customer}), customer))
        except _Aside as aside:
            upload.aside.append(_set_aside(row, file, aside))
    for row, customer in _once(read, upload, file):
        row = _with_invoice(row, customer, invoices)
        number = row.values["bill_number"]
        note = register.get((customer[0], number))
        other = whole.get((customer[0], number)) or (_PART.search(number) and _PART.sub("", number))
        try:
            if note is None and other and (customer[0], other) in register:
                raise _Aside("bill_ranges_differ", "bill_number", number, number=other)
            _sort_in(upload, row, customer, note, targets)
        except _Aside as aside:
            upload.aside.append(_set_aside(row, file, aside))
    upload.aside.sort(key=lambda row: (str(row.sheet or ""), row.line_no))
    upload.notes.extend([*file.notes, *_notes(upload, settings.base_currency)])
    return upload


def as_json(upload: Upload) -> dict[str, Any]:
    """What entering a file would do, as JSON knows it; amounts as text, so that none is rounded."""
    lists = {name: getattr(upload, name) for name in ("new", "moved", "there", "repeated", "aside")}
    amounts = {name: upload.totals(lists[name]) for name in ("new", "moved")}
    return {
        "file": upload.file.name,
        "rows": len(upload.file.rows),
        "counts": {name: len(rows) for name, rows in lists.items()},
        "totals": {name: {code: f"{sum_:f}" for code, sum_ in sums.items()} for name, sums in amounts.items()},
        "columns": upload.file.columns,
        "unused": list(upload.file.unused),
        "notes": upload.notes,
        "aside": [
            {"row": row.place, "column": row.column_name, "value": row.value, "reason": row.reason}
            for row in upload.aside
        ],
    }


def named_invoices(file: BillFile) -> tuple[str, ...]:
    """The numbers of invoices that the rows of a file name."""
    return tuple(sorted({row.values["invoice_id"] for row in file.rows if row.values["invoice_id"]}))


def store(settings: Settings, upload: Upload, *, who: str) -> int:
    """Enter what is new and move what has moved, all or nothing; returns how many bills that were.

    Raises EntryConflict, naming who, when somebody has entered or moved one of them in the meantime.
    """
    return journal.append_and_correct(settings, "bill", upload.entries, upload.versions, who=who)


def _stated(row: Row, settings: Settings, today: dt.date) -> Row:
    """The row with its amount, its currency, and its state with the day of it."""
    values = dict(row.values)
    values["amount"] = round(values["amount"], _KEPT)
    if values["amount"] <= 0:
        raise _Aside("bill_amount", "amount", values["amount"])
    if values["drawn_on"] is not None and values["due_on"] < values["drawn_on"]:
        raise _Aside("bill_due_before_drawn", "due_on", values["due_on"], day=str(values["drawn_on"]))
    values["is_stated"] = values["bill_state"] is not None
    if not values["is_stated"]:
        # Without a word for it a day says what has become of a bill: the last of them.
        days = [(values[column], state) for state, column in STATE_DAYS.items() if values[column] is not None]
        values["bill_state"] = max(days, key=lambda each: each[0])[1] if days else "received"
        values["is_stated"] = values["bill_state"] != "received"
    state = values["bill_state"]
    values["since"] = values[STATE_DAYS[state]] or values["state_on"]
    if values["since"] is None and state != "received":
        raise _Aside("bill_without_day", "bill_state", values["word"], code_bill_state=state)
    if values["since"] is not None and values["since"] > today:
        column = STATE_DAYS[state] if values[STATE_DAYS[state]] else "state_on"
        raise _Aside("bill_day_ahead", column, values["since"], code_bill_state=state)
    values["has_currency"] = values["currency"] is not None
    values["currency"] = values["currency"] or settings.base_currency
    return replace(row, values=values)


def _customer(row: Row, customers: Known) -> Customer:
    """The one customer that a row names by number or name, in the entity it names."""
    entity, number, name = (row.values[column] for column in ("entity_id", "customer_id", "customer_name"))
    if number is None and name is None:
        raise _Aside("bill_customer_missing", "customer_name")
    entity_id = None
    if entity is not None:
        entity_id = customers.entities.get(_alike(entity))
        if entity_id is None:
            raise _Aside("bill_entity_unknown", "entity_id", entity)
    column, text = ("customer_id", number) if name is None else ("customer_name", name)
    found = set[Customer]()
    for key in (_alike(each) for each in (number, name) if each is not None):
        same = {*customers.numbers.get(key, ()), *customers.names.get(key, ())}
        same = {each for each in same if entity_id in (None, each[0])}
        if same and found and not same & found:
            raise _Aside("bill_customers_differ", column, text, number=number)
        found = (same & found) or same or found
    if not found:
        raise _Aside("bill_customer_unknown", column, text)
    if len(found) == 1:
        return found.pop()
    entities = sorted({each for each, _ in found})
    if len(entities) > 1:
        raise _Aside("bill_customer_in_entities", column, text, entities=entities)
    raise _Aside("bill_customer_several", column, text, numbers=sorted(each for _, each in found))


def _once(read: Sequence[tuple[Row, Customer]], upload: Upload, file: BillFile) -> list[tuple[Row, Customer]]:
    """The rows without those that repeat a row above; of one number with two contents none is taken."""
    same: dict[tuple[str, str], list[tuple[Row, Customer]]] = defaultdict(list)
    for row, customer in read:
        same[customer[0], row.values["bill_number"]].append((row, customer))
    once = []
    for rows in same.values():
        if len({_content(row, customer) for row, customer in rows}) == 1:
            once.append(rows[0])
            upload.repeated.extend(row for row, _ in rows[1:])
            continue
        lines = ", ".join(row.place for row, _ in rows)
        for row, _ in rows:
            aside = _Aside("conflicting_rows", "bill_number", row.values["bill_number"], lines=lines)
            upload.aside.append(_set_aside(row, file, aside))
    return once


def _content(row: Row, customer: Customer) -> tuple[Any, ...]:
    names = ("amount", "currency", "due_on", "bill_state", "since", "invoice_id", "drawer")
    return (*customer, *(row.values[name] for name in names))


def _with_invoice(row: Row, customer: Customer, invoices: Mapping[tuple[str, str], Sequence[str]]) -> Row:
    """The row without an invoice that is none of its customer."""
    invoice_id = row.values["invoice_id"]
    is_left = invoice_id is not None and customer[1] not in invoices.get((customer[0], invoice_id), ())
    return replace(row, values=row.values | {"invoice_id": None if is_left else invoice_id, "is_left": is_left})


def _notes(upload: Upload, base_currency: str) -> list[dict[str, Any]]:
    """What was taken for granted of the bills to be entered, and what was not kept."""
    currencies = sum(not row.values["has_currency"] for row in upload.new)
    states = sum(not row.values["is_stated"] for row in upload.new)
    invoices = sum(row.values["is_left"] for row in upload.new)
    unkept = [upload.file.columns[name] for name in NOT_KEPT if name in upload.file.columns]
    notes = [
        {"code": "bill_state_taken", "rows": states},
        {"code": "bill_currency_taken", "rows": currencies, "currency": base_currency},
        {"code": "bill_invoices_left", "rows": invoices},
        {"code": "bill_columns_not_kept", "rows": len(unkept), "columns": unkept},
    ]
    return [note for note in notes if note["rows"]]


def _sort_in(upload: Upload, row: Row, customer: Customer, note: Note | None, targets: Mapping[Customer, str]) -> None:
    """Put a row where it belongs: among what is new, has moved on, or is there already."""
    said = row.values
    if note is None:
        upload.new.append(row)
        payload = {name: said[column] for name, column in (("amount", "amount"), ("currency", "currency"))}
        payload |= {"number": said["bill_number"], "due_on": said["due_on"], "drawer": said["drawer"] or ""}
        payload |= {"state": said["bill_state"], "state_on": said["since"]}
        upload.entries.append((Subject(*customer, said["invoice_id"]), payload))
        return
    held = note.payload
    if (note.entity_id, targets.get(note.customer, note.customer_id)) != customer:
        raise _differs("customer_name", said["customer_name"] or said["customer_id"], note.customer_id, note)
    for column, before in (("amount", held.amount), ("currency", held.currency), ("due_on", held.due_on)):
        if said[column] != before:
            raise _differs(column, said[column], before, note)
    state, since = said["bill_state"], said["since"]
    if state == held.state or not said["is_stated"]:
        if since is not None and state == held.state and held.state_on is not None and since != held.state_on:
            raise _differs("state_on", since, held.state_on, note)
        upload.there.append(row)
        return
    if state not in bills.MOVES[held.state]:
        raise _Aside("bill_move_back", "bill_state", said["word"] or state, code_bill_state=held.state)
    if held.state_on is not None and since < held.state_on:
        raise _Aside("bill_moved_before", STATE_DAYS[state], since, day=str(held.state_on))
    upload.moved.append(row)
    upload.versions[note.version_id] = held.model_dump() | {"state": state, "state_on": since}


def _differs(column: str, value: object, before: object, note: Note) -> _Aside:
    return _Aside("bill_differs", column, value, before=_shown(before), who=note.changed_by)


def _shown(value: object) -> str:
    """A value of a row as people of both languages write it."""
    return f"{value:,.4f}".removesuffix("00") if isinstance(value, Decimal) else str(value)


def _set_aside(row: Row, file: BillFile, aside: _Aside) -> Row:
    """The row with its reason, under the header of the column it is about, or of one that stands in for it."""
    days = ("state_on", *STATE_DAYS.values())
    stand_ins = days if aside.column in days else ("customer_id",) if aside.column == "customer_name" else ()
    header = next((file.columns[name] for name in (aside.column or "", *stand_ins) if name in file.columns), None)
    value = None if aside.value is None else _shown(aside.value)
    return replace(row, reason=aside.reason, column_name=header, value=value)
