"""What contacts bring: money in the days after, whether they followed the rule, and whether they came in time."""

import datetime as dt
from collections.abc import Iterable, Sequence

import pandas as pd

from pipelines.collecting import pay_runs, payer_card
from pipelines.collecting.follow_up import Customer, Day, Note

# What counts as following the advice: a reminder may go out by any quick way, a dispute may be settled by any.
FOLLOWS = {
    "call": ("call",),
    "letter": ("letter", "email"),
    "visit": ("visit",),
    "remind": ("call", "message", "email", "letter"),
    "review": ("call", "message", "email", "letter", "visit"),
}
NOTICES = ("reminder", "demand")  # letters that ask for money
DAYS = (7, 14, 30, 60)  # after a contact, within which its money counts
YEAR = dt.timedelta(days=365)


def contacts(day: Day, customers: Iterable[Customer]) -> list[Note]:
    """The contacts of the last year with these customers, oldest first."""
    since = day.today - YEAR
    found = [
        note
        for customer in customers
        for note in day.notes.get(customer, ())
        if note.kind == "contact" and day.made_on(note) >= since
    ]
    return sorted(found, key=lambda note: note.id)


def effect(day: Day, found: Sequence[Note], payments: pd.DataFrame, within: int, as_of: dt.date) -> pd.DataFrame:
    """What came in within so many days of a contact, by its method and the customer's class then.

    method, payer_class ('' before it was recorded), contacts, followed_by_money (share of them), recovered_base,
    median_days (to the first money), waiting (contacts whose days are not over by `as_of`: left out of the rest).
    `payments`: entity_id, customer_id, paid_on, amount_base. Money counts once, for the last contact before it.
    """
    rows = pd.DataFrame(
        {
            "contact": [note.id for note in found],
            "entity_id": [note.entity_id for note in found],
            "customer_id": [note.customer_id for note in found],
            "day": pd.to_datetime([day.made_on(note) for note in found]),
            "method": [note.payload.method for note in found],
            "payer_class": [note.payload.payer_class for note in found],
        }
    )
    columns = ["method", "payer_class", "contacts", "followed_by_money", "recovered_base", "median_days", "waiting"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    # Where nothing was paid the columns come without a type of their own.
    money = payments.astype({"entity_id": "str", "customer_id": "str"})
    money = money.assign(paid_on=pd.to_datetime(money["paid_on"])).sort_values("paid_on")
    asked = rows.assign(day=rows["day"].astype(money["paid_on"].dtype)).sort_values(["day", "contact"])
    paid = pd.merge_asof(
        money, asked[["entity_id", "customer_id", "day", "contact"]], left_on="paid_on", right_on="day",
        by=["entity_id", "customer_id"], tolerance=pd.Timedelta(days=within),
    ).dropna(subset=["contact"])  # fmt: skip
    sums = paid.groupby("contact").agg(
        recovered_base=("amount_base", "sum"), first=("paid_on", "min"), day=("day", "first")
    )
    rows = rows.join(sums[["recovered_base", "first"]], on="contact")
    rows["is_over"] = rows["day"] <= pd.Timestamp(as_of) - pd.Timedelta(days=within)
    rows["days"] = (rows["first"] - rows["day"]).dt.days
    judged = rows[rows["is_over"]]
    keys = ["method", "payer_class"]
    table = judged.groupby(keys).agg(
        contacts=("contact", "size"),
        followed_by_money=("recovered_base", lambda values: float(values.notna().mean())),
        recovered_base=("recovered_base", "sum"),
        median_days=("days", "median"),
    )
    waiting = rows[~rows["is_over"]].groupby(keys).size().rename("waiting")
    table = table.join(waiting, how="outer").reset_index()
    table[["contacts", "waiting", "recovered_base"]] = table[["contacts", "waiting", "recovered_base"]].fillna(0)
    table = table.astype({"contacts": int, "waiting": int})
    return table.sort_values(["payer_class", "recovered_base"], ascending=[True, False], ignore_index=True)[columns]


def followed(found: Sequence[Note]) -> pd.DataFrame:
    """How far contacts followed the call list: planned, contacts, followed (of them), followed_share.

    Contacts that no rule advised (planned '') are counted in a row of their own, with no share.
    """
    rows = pd.DataFrame(
        {
            "planned": [note.payload.planned for note in found],
            "is_followed": [note.payload.method in FOLLOWS.get(note.payload.planned, ()) for note in found],
        }
    )
    table = rows.groupby("planned").agg(contacts=("is_followed", "size"), followed=("is_followed", "sum")).reset_index()
    table["followed_share"] = (table["followed"] / table["contacts"]).where(table["planned"] != "")
    return table.sort_values("contacts", ascending=False, ignore_index=True)


def approaches(day: Day, customers: Iterable[Customer]) -> list[Note]:
    """The contacts and the notices sent in the last year to these customers, oldest first."""
    since = day.today - YEAR
    found = (note for customer in customers for note in day.notes.get(customer, ()) if _approach(note) is not None)
    return sorted((note for note in found if day.made_on(note) >= since), key=lambda note: note.id)


def items_followed(day: Day, found: Sequence[Note], items: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """How far the overdue items of the call list were approached as their strategy says: a row per strategy.

    strategy, items, open_base, items_followed, items_otherwise (approached in other ways alone), items_untouched,
    followed_share (of all items). An item was approached by a contact with its customer, or a notice that names it,
    after its due date. `items`: entity_id, customer_id, strategy, next_action, invoice_id, due_date of the customers
    in `found`; `totals`: strategy, items, open_base of all.
    """
    by_customer: dict[Customer, list[tuple[dt.date, str, frozenset[str]]]] = {}
    for note in found:
        named = frozenset(item.invoice_id for item in getattr(note.payload, "items", ()))
        by_customer.setdefault(note.customer, []).append((day.made_on(note), _approach(note) or "", named))
    counts: dict[str, list[int]] = {strategy: [0, 0] for strategy in totals["strategy"]}
    for item in items.to_dict("records"):
        due = pd.Timestamp(item["due_date"]).date()
        methods = {
            method
            for made_on, method, named in by_customer.get((item["entity_id"], item["customer_id"]), ())
            if made_on > due and (not named or item["invoice_id"] in named)
        }
        if methods:
            counts[item["strategy"]][not methods & set(FOLLOWS.get(item["next_action"], ()))] += 1
    table = totals.assign(
        items_followed=[counts[strategy][0] for strategy in totals["strategy"]],
        items_otherwise=[counts[strategy][1] for strategy in totals["strategy"]],
    )
    table["items_untouched"] = table["items"] - table["items_followed"] - table["items_otherwise"]
    table["followed_share"] = table["items_followed"] / table["items"]
    return table.sort_values("open_base", ascending=False, ignore_index=True)


def _approach(note: Note) -> str | None:
    """The method of a contact or of a notice sent; None for what asks for nothing."""
    if note.kind == "contact":
        return str(note.payload.method)
    if note.kind == "letter" and note.payload.letter in NOTICES and note.payload.state != "drafted":
        return note.payload.channel or "letter"
    return None


def timing(day: Day, found: Sequence[Note], calendars: pd.DataFrame) -> pd.DataFrame:
    """When contacts came, against the customer's next pay run: who, in_time, too_early, too_late, no_pattern.

    In time: `call_lead_days` to `call_lead_days + call_window_days` working days before the run, earlier by those its
    money is on the way. `calendars`: entity_id, customer_id, pattern, run_day, run_weekday of the customers that pay in
    runs.
    """
    columns = ("entity_id", "customer_id", "pattern", "run_day", "run_weekday")
    rows_of = zip(*(calendars[name].tolist() for name in columns), strict=True)
    runs = {(entity, customer): (pattern, day, weekday) for entity, customer, pattern, day, weekday in rows_of}
    window = day.settings.call_window_days
    first = min((day.made_on(note) for note in found), default=day.today)
    working = pay_runs.working_days(day.settings.country, first, day.today)
    counts: dict[str, dict[str, int]] = {}
    for note in found:
        calendar, made_on = runs.get(note.customer), day.made_on(note)
        verdict = "no_pattern"
        if calendar is not None:
            run = pay_runs.next_run(working, calendar[0], calendar[1], calendar[2], made_on)
            left = pay_runs.days_between(working, made_on, run)
            lead = day.settings.call_lead_days + payer_card.transfer_days(day, *note.customer)
            verdict = "too_late" if left < lead else "in_time" if left <= lead + window else "too_early"
        mine = counts.setdefault(note.who, dict.fromkeys(("in_time", "too_early", "too_late", "no_pattern"), 0))
        mine[verdict] += 1
    rows = [{"who": who, **mine} for who, mine in sorted(counts.items())]
    return pd.DataFrame(rows, columns=["who", "in_time", "too_early", "too_late", "no_pattern"])
