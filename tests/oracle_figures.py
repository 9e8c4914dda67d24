"""The figures of the receivables tables, added up one document after the other from an `Oracle`."""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.oracle import Oracle
from tests.oracle_documents import ZERO, Account, Document, Line

COLUMN_OF_KIND = {"payment": "collected", "write_off": "written_off", "credit": "credited", "discount": "credited"}


def month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def bucket(document: Document, day: dt.date) -> str:
    if document.amount < 0:
        return "unapplied"
    past_due = (day - document.due).days
    for last, name in ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"), (120, "91-120")):
        if past_due <= last:
            return name
    return "120+"


def open_items(oracle: Oracle) -> list[tuple[Any, ...]]:
    """Every open item at the as-of date, in the columns that `tests/test_oracle.py` reads."""
    day = oracle.as_of
    items: list[tuple[Any, ...]] = []
    for one in oracle.documents:
        if left := one.listed(day):
            name = bucket(one, day)
            past_due = None if name == "unapplied" else (day - one.due).days
            place: tuple[Any, ...] = (
                one.invoice_id,
                one.instalment,
                one.doc_type,
                one.issue,
                one.due,
                one.due_basis,
                one.currency,
            )
            age = (day - one.issue).days
            items.append((*one.account, *place, left, one.open_base(day), past_due, name, age, one.disputed))
    for line in oracle.lines:
        if left := line.listed(day):
            place = (line.receipt_id, 1, "receipt", line.day, None, None, line.currency)
            age = (day - line.day).days
            items.append((*line.account, *place, -left, -line.in_base(left), None, "unapplied", age, False))
    return items


def aging(oracle: Oracle, day: dt.date) -> dict[tuple[Any, ...], tuple[Decimal, int]]:
    """(account, bucket) -> open base amount and number of items at the end of a day."""
    found = [(*one.account, bucket(one, day), one.open_base(day)) for one in oracle.documents if one.listed(day)]
    found += [(*one.account, "unapplied", -one.in_base(one.listed(day))) for one in oracle.lines if one.listed(day)]
    sums: dict[tuple[Any, ...], tuple[Decimal, int]] = {}
    for *key, amount in found:
        total, items = sums.get(tuple(key), (ZERO, 0))
        sums[tuple(key)] = total + amount, items + 1
    return sums


def month_ends(oracle: Oracle, months: int = 60) -> list[dt.date]:
    """Month ends from the first day known to the as-of date, the newest `months` of them."""
    ends, day = [], month_end(oracle.first_day)
    while day <= oracle.as_of:
        ends.append(day)
        day = month_end(day + dt.timedelta(days=1))
    return ends[-months:]


def receivables(oracle: Oracle, months: int = 60) -> dict[tuple[dt.date, Account], dict[str, Decimal]]:
    """(month end, account) -> sums, for the months in which something of the account stands or moves."""
    table: dict[tuple[dt.date, Account], dict[str, Decimal]] = {}
    first = month_ends(oracle, months)[:1]
    for end in month_ends(oracle, months):
        before = end.replace(day=1) - dt.timedelta(days=1)
        sums: dict[Account, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        for one in oracle.documents:
            if one.issue <= end and not one.is_done(before):
                add_document(sums[one.account], one, before, end, is_first=end in first)
        for line in oracle.lines:
            if line.day <= end:
                add_line(sums[line.account], line, before, end, is_first=end in first)
        table |= {
            (end, account): row
            for account, row in sums.items()
            if any(row.values()) and end >= oracle.known_from.get(account, end)
        }
    return table


def add_document(row: dict[str, Decimal], one: Document, before: dt.date, end: dt.date, is_first: bool) -> None:
    # The history opens with every balance; what fell below a cent before it is written off in its first month.
    opening, closing = (one.open_base if is_first else one.listed_base)(before), one.listed_base(end)
    row["opening"] += opening
    row["ar_end"] += closing
    row["stands"] += bool(closing)
    side = {"unapplied": "unapplied_end", "not_due": "current_end"}.get(bucket(one, end), "overdue_end")
    row[side] += -closing if side == "unapplied_end" else closing
    if before < one.issue:
        column = {"credit_note": "credited", "prepayment": "collected"}.get(one.doc_type, "sales")
        row[column] += one.in_base(one.amount) if column == "sales" else -one.in_base(one.amount)
        row["moves"] += 1
    for day, amount, kind in one.base_steps():
        if before < day <= end:
            row[COLUMN_OF_KIND[kind]] += amount
            row["moves"] += 1
    # What is below a cent is listed nowhere: it leaves the receivables as a write-off.
    row["written_off"] += one.open_base(end) - closing - (one.open_base(before) - opening)
    row["moves"] += is_first and opening != one.listed_base(before)


def add_line(row: dict[str, Decimal], line: Line, before: dt.date, end: dt.date, is_first: bool) -> None:
    opening, closing = line.in_base((line.rest if is_first else line.listed)(before)), line.in_base(line.listed(end))
    row["opening"] -= opening
    row["ar_end"] -= closing
    row["stands"] += bool(closing)
    row["unapplied_end"] += closing
    moved = line.in_base(line.rest(end)) - line.in_base(line.rest(before))
    row[COLUMN_OF_KIND[line.kind]] += moved
    row["written_off"] -= moved - (closing - opening)
    days = {line.day, *(day for day, _ in line.used)}
    row["moves"] += sum(before < day <= end and line.rest(day) != line.rest(day - dt.timedelta(days=1)) for day in days)
    row["moves"] += is_first and line.rest(before) != line.listed(before)


def scopes(account: Account) -> Iterable[tuple[str, str, str]]:
    """(scope, entity, id) of every scope an account counts in."""
    entity, customer, rep, region = account
    return (
        ("total", "", "all"), ("entity", entity, entity), ("rep", "", rep), ("region", "", region),
        ("customer", entity, customer),
    )  # fmt: skip


def dso(
    oracle: Oracle, table: dict[tuple[dt.date, Account], dict[str, Decimal]], months: int = 60, window: int = 3
) -> dict[tuple[dt.date, str, str, str], dict[str, Any]]:
    """(month end, scope, entity, id) -> the DSO family of the sums in `table` (see `receivables`).

    It begins with the first month in which the scope has anything, and not before all its accounts are known.
    """
    known_from: dict[tuple[str, str, str], dt.date] = {}
    for account, day in oracle.known_from.items():
        known_from |= {scope: max(day, known_from.get(scope, day)) for scope in scopes(account)}
    sums: dict[tuple[str, str, str], dict[dt.date, dict[str, Decimal]]] = defaultdict(dict)
    for (end, account), row in table.items():
        for scope in scopes(account):
            total = sums[scope].setdefault(end, defaultdict(lambda: ZERO))
            for column, amount in row.items():
                total[column] += amount
    family: dict[tuple[dt.date, str, str, str], dict[str, Any]] = {}
    for scope, known in sums.items():
        begins = max(min(known), known_from.get(scope, min(known)))
        ends = [end for end in month_ends(oracle, months) if end >= begins]
        rows = [known.get(end, defaultdict(lambda: ZERO)) for end in ends]
        for place, end in enumerate(ends):
            figures = one_dso(rows, ends, place, window)
            family[end, *scope] = of_a_list(figures) if scope in known_from else figures
    return family


def of_a_list(figures: dict[str, Any]) -> dict[str, Any]:
    """What remains of the figures of a month where lists of open items tell of no sales."""
    kept = {name: figures[name] for name in ("ar_end", "overdue_ratio")}
    return dict.fromkeys(figures) | kept | {"is_lower_bound": False, "reason": "open_items_only"}


def one_dso(rows: list[dict[str, Decimal]], ends: list[dt.date], place: int, window: int) -> dict[str, Any]:
    """The figures of one month: `rows` are the sums of each month of the history, `place` the month asked for."""
    row = rows[place]
    net = [one["sales"] - one["credited"] for one in rows]
    receivable, current, overdue = row["ar_end"], row["current_end"], row["overdue_end"]
    first, reason, simple = place - window + 1, None, None
    if receivable <= 0:
        simple = 0.0
    elif first < 0:
        reason = "history_too_short"
    elif sum(net[first : place + 1]) <= 0:
        reason = "no_sales_in_window"
    else:
        simple = float(receivable / sum(net[first : place + 1]) * sum(end.day for end in ends[first : place + 1]))
    counted, is_bound = countback(receivable, net, ends, place)
    best, _ = countback(current, net, ends, place)
    collectable = row["opening"] + net[place] - current
    return {
        "ar_end": receivable,
        "sales": net[place],
        "simple": simple,
        "countback": counted,
        "is_lower_bound": is_bound,
        "best_possible": best,
        "add_days": counted - best,
        "cei": float((row["opening"] + net[place] - receivable) / collectable * 100) if collectable > 0 else None,
        # Money put on an invoice before other money went back may leave it overpaid for a while.
        "overdue_ratio": float(overdue / (overdue + current)) if overdue + current > 0 else None,
        "reason": reason,
    }


def countback(balance: Decimal, net: list[Decimal], ends: list[dt.date], place: int) -> tuple[float, bool]:
    """Days of sales a balance stands for, newest month first; True where it outlives the history."""
    days = Decimal(0)
    for month in range(place, -1, -1):
        if balance <= 0:
            return float(days), False
        if net[month] >= balance:
            return float(days + balance / net[month] * ends[month].day), False
        days += ends[month].day
        balance -= max(net[month], ZERO)
    return float(days), balance > 0
