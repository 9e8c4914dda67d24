"""How the customers of the sample book pay: runs, parts, disputes, discounts, credits, and some not at all."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from pipelines.sampling.sample_book import DISPUTE_REASONS, Item, Movement
from pipelines.sampling.sample_calendar import AS_OF, last_working_day, nearest_run, next_working_day
from pipelines.sampling.sample_customers import KINDS, Customer

WRITE_OFF_DAY = dt.date(2025, 12, 19)
MISSED_RUN_SHARE = 0.10  # invoices mislaid or approved too late for their run, whoever the payer is
LATE_STAYS_LATE = 1.8  # what missed its date is not paid the day after
DAY = dt.timedelta(days=1)


def pay_items(rng: Random, items: list[Item]) -> tuple[list[Item], list[Movement]]:
    """Every item with the money applied to it up to AS_OF; items whose dispute is still open say so."""
    paid_items: list[Item] = []
    movements: list[Movement] = []
    settled: dict[str, dt.date | None] = {}  # the last instalment so far, by invoice
    for item in items:
        after = settled[item.invoice_id] if item.instalment_no > 1 else item.issued
        # Who does not pay the first instalment does not pay the second.
        item, applied = _pay(rng, item, after) if after else (item, [])
        applied = _until_failure(item, applied)
        settled[item.invoice_id] = _settled(item, applied)
        paid_items.append(item)
        movements += [m for m in applied if m.paid <= AS_OF]
    return paid_items, _oldest_first(paid_items, movements)


def _until_failure(item: Item, applied: list[Movement]) -> list[Movement]:
    """What a failed customer still paid before its last day, and the rest given up; others' movements as they are."""
    last_day = item.customer.fails
    if last_day is None:
        return applied
    paid = [m for m in applied if (m.cleared or m.paid) <= last_day]
    lost = item.cents - sum(m.cents for m in paid)
    return [*paid, _move(item, WRITE_OFF_DAY, lost, kind="write_off", method="")] if lost else paid


def _settled(item: Item, applied: list[Movement]) -> dt.date | None:
    """The day the item was paid in full, or None."""
    if sum(m.cents for m in applied) < item.cents:
        return None
    return max(m.cleared or m.paid for m in applied)


def _pay(rng: Random, item: Item, after: dt.date) -> tuple[Item, list[Movement]]:
    customer, rule = item.customer, KINDS[item.customer.kind]
    named = customer.advice == "stated"
    if named and rng.random() < rule.dispute_share:
        return _disputed(rng, item)
    if customer.takes_discount and rng.random() < 0.3:
        return item, _discounted(rng, item)
    day = _settles_on(rng, item, after)
    if day is None:
        return item, []
    choice = rng.random()
    if named and choice < 0.008:
        return item, _credited(rng, item, day)
    if named and choice < 0.012 and item.cents > 100_000:
        short = rng.randrange(30, 990)
        return item, [*_payment(rng, item, day, item.cents - short), *_small_rest(item, day, short)]
    in_parts = rule.part_share * (4 if customer.turns_bad and day > customer.turns_bad else 1)
    if rng.random() < in_parts and item.cents > 300_000:
        return item, _in_parts(rng, item, day)
    return item, _payment(rng, item, day, item.cents)


def _settles_on(rng: Random, item: Item, after: dt.date) -> dt.date | None:
    """The day the customer pays the item, not before `after`; None when it never does (as far as AS_OF can tell)."""
    customer = item.customer
    years = (item.issued - dt.date(2025, 1, 1)).days / 365.25
    size = math.log(max(item.cents, 1) / (customer.amount * 100))
    lag = customer.lag + customer.drift * years + 3.5 * size + rng.gauss(0, customer.spread)
    if rng.random() < MISSED_RUN_SHARE:
        lag += rng.expovariate(1 / 30)
    if customer.kind == "public_body" and item.due.month <= 3:
        lag += rng.uniform(8, 24)  # budgets of the new year are not released yet
    if lag > 3:
        lag *= LATE_STAYS_LATE
    target = item.due + DAY * round(lag)
    if customer.turns_bad and target > customer.turns_bad:
        months = (target - customer.turns_bad).days / 30
        if rng.random() < min(0.85, 0.16 * months):
            return None
        target += DAY * round(9 * months)
    target = max(target, item.issued + 3 * DAY, after)
    if customer.habit == "contact" and target > item.due:
        target += DAY * rng.choice((2, 4, 7, 10, 14))  # waits until somebody calls
    return nearest_run(customer.habit, customer.run, target, max(item.issued + 2 * DAY, after))


def _payment(rng: Random, item: Item, day: dt.date, cents: int) -> list[Movement]:
    """One payment of `cents` that settles on `day`: a bill is handed over weeks before it falls due."""
    customer, cleared, method = item.customer, None, "transfer"
    paid = day
    if customer.by_bill and rng.random() < 0.6:
        method, cleared = "bill", day
        paid = next_working_day(max(item.issued + 2 * DAY, day - DAY * rng.choice((20, 30, 30, 45))))
        if paid >= day:
            paid, cleared, method = day, None, "transfer"
    elif customer.kind == "public_body" and rng.random() < 0.4:
        method, cleared = "cheque", next_working_day(day + 2 * DAY)
    elif customer.kind == "distributor" and cents < 500_000 and rng.random() < 0.05:
        method = "cash"
    return [_move(item, paid, cents, method=method, cleared=cleared)]


def _in_parts(rng: Random, item: Item, day: dt.date) -> list[Movement]:
    """A round sum first, the rest some weeks later."""
    step = 1_000_000 if item.cents > 3_000_000 else 100_000
    first = max(step, round(item.cents * rng.uniform(0.35, 0.8) / step) * step)
    if first >= item.cents:
        return _payment(rng, item, day, item.cents)
    customer = item.customer
    later = nearest_run(customer.habit, customer.run, day + DAY * rng.randrange(15, 60), day + DAY)
    return [_move(item, day, first), *_payment(rng, item, later, item.cents - first)]


def _disputed(rng: Random, item: Item) -> tuple[Item, list[Movement]]:
    """Paid only after the dispute is settled, sometimes with an allowance; flagged while it is open."""
    settled = next_working_day(item.due + DAY * rng.randrange(15, 190))
    if settled > AS_OF:
        return replace(item, dispute=rng.choice(DISPUTE_REASONS)) if item.issued < AS_OF - 15 * DAY else item, []
    allowance = round(item.cents * rng.uniform(0.05, 0.3)) if rng.random() < 0.4 else 0
    credit = [_move(item, settled, allowance, kind="credit", method="")] if allowance else []
    day = next_working_day(settled + DAY * rng.randrange(3, 20))
    return item, [*credit, _move(item, day, item.cents - allowance)]


def _discounted(rng: Random, item: Item) -> list[Movement]:
    """Two per cent less for money within ten days."""
    day = next_working_day(item.issued + DAY * rng.randrange(4, 8))
    discount = round(item.cents * 0.02)
    return [_move(item, day, item.cents - discount), _move(item, day, discount, kind="discount", method="")]


def _credited(rng: Random, item: Item, day: dt.date) -> list[Movement]:
    """An allowance credited before the payment, which is that much smaller."""
    allowance = round(item.cents * rng.uniform(0.03, 0.15))
    agreed = next_working_day(item.issued + DAY * rng.randrange(3, 20))
    return [
        _move(item, agreed, allowance, kind="credit", method=""),
        *_payment(rng, item, max(day, agreed), item.cents - allowance),
    ]


def _small_rest(item: Item, day: dt.date, cents: int) -> list[Movement]:
    """Bank charges taken from the transfer, written off at the end of the month."""
    return [_move(item, max(day, last_working_day(day.year, day.month)), cents, kind="write_off", method="")]


def _move(
    item: Item,
    paid: dt.date,
    cents: int,
    kind: str = "payment",
    method: str = "transfer",
    cleared: dt.date | None = None,
) -> Movement:
    return Movement(item.customer, paid, cents, item.invoice_id, item.instalment_no, kind, method, cleared)


def _oldest_first(items: list[Item], movements: list[Movement]) -> list[Movement]:
    """Money that does not name its invoice settles the oldest due; all other movements stay as they are."""
    kept = [m for m in movements if m.customer.advice == "stated"]
    waiting: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        waiting[item.customer.customer_id].append(item)
    received: dict[tuple[str, dt.date], int] = defaultdict(int)
    customers: dict[str, Customer] = {}
    for m in movements:
        if m.customer.advice != "stated":
            received[m.customer.customer_id, m.paid] += m.cents
            customers[m.customer.customer_id] = m.customer
    for customer_id in customers:
        receipts = sorted((day, cents) for (owner, day), cents in received.items() if owner == customer_id)
        kept += _allocate(waiting[customer_id], receipts)
    return kept


def _allocate(items: Iterable[Item], receipts: list[tuple[dt.date, int]]) -> list[Movement]:
    open_cents = {(i.invoice_id, i.instalment_no): i.cents for i in items}
    order = sorted(items, key=lambda i: (i.due, i.issued, i.invoice_id, i.instalment_no))
    made: list[Movement] = []
    for day, cents in receipts:
        for item in order:
            key = (item.invoice_id, item.instalment_no)
            part = min(cents, open_cents[key])
            if part and item.issued < day:
                made.append(_move(item, day, part))
                open_cents[key] -= part
                cents -= part
        if cents:
            raise AssertionError(f"{cents} cents of {day} found no invoice to settle")
    return made
