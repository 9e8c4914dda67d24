"""What reps are to collect and what they did: the weekly timetable against actual, and the scorecard."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from pipelines.collecting import agreements, follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Entry, Subject
from pipelines.settings import Settings

WEEK = dt.timedelta(days=7)
WEEKS_SHOWN = (8, 8)  # back and ahead of the week of the as-of date
SUMS = ["target_base", "collected_base"]


def monday(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def weeks_around(as_of: dt.date) -> list[dt.date]:
    """The Mondays of the timetable, oldest first."""
    back, ahead = WEEKS_SHOWN
    return [monday(as_of) + WEEK * number for number in range(-back, ahead + 1)]


def subject(rep: str) -> Subject:
    """What a target is entered about: no customer, a rep."""
    return Subject("", rep)


def targets(day: Day) -> dict[tuple[str, dt.date], Decimal]:
    """What was agreed for each rep and week; of two targets for one week the newer holds."""
    notes = [note for found in day.notes.values() for note in found if note.kind == "target"]
    return {
        (note.payload.rep, week.week_on): week.amount
        for note in sorted(notes, key=lambda note: note.version_id)
        for week in note.payload.weeks
    }


def set_targets(settings: Settings, day: Day, rep: str, amounts: Mapping[dt.date, Decimal], *, who: str) -> Entry:
    """Enter a rep's weekly targets. Raises EntryRefused, and EntryConflict when somebody has set newer ones."""
    weeks = [{"week_on": week, "amount": amount} for week, amount in sorted(amounts.items())]
    about = subject(rep)
    seen = max((note.version_id for note in day.of(about.entity_id, about.customer_id, "target")), default=0)
    return journal.append(settings, "target", about, {"rep": rep, "weeks": weeks}, who=who, seen=seen)


def timetable(day: Day, actual: pd.DataFrame, weeks: Sequence[dt.date], reps: Sequence[str]) -> pd.DataFrame:
    """Plan against actual: rep, week_on, target_base (NaN where none was set), collected_base, for each rep and week.

    `actual` are the rows of `queries_reps.collected_by_week`.
    """
    agreed = targets(day)
    paid = {
        (row["rep"], pd.Timestamp(row["week_on"]).date()): float(row["collected_base"])
        for row in actual.to_dict("records")
    }
    rows = [
        (rep, week, float(agreed[rep, week]) if (rep, week) in agreed else None, paid.get((rep, week), 0.0))
        for rep in reps
        for week in weeks
    ]
    return pd.DataFrame(rows, columns=["rep", "week_on", *SUMS]).astype({"target_base": float})


def so_far(plan: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """By rep, over the weeks that are over on the as-of date and have a target: target, collected, gap, reached share.

    rep, weeks, target_base, collected_base, gap_base (below zero: less than planned), reached_share; most behind first.
    """
    over = plan["week_on"].map(lambda week: week + dt.timedelta(days=6) <= as_of)
    passed = plan[over & plan["target_base"].notna()]
    found = passed.groupby("rep", as_index=False).agg(
        weeks=("week_on", "size"), target_base=("target_base", "sum"), collected_base=("collected_base", "sum")
    )
    found["gap_base"] = found["collected_base"] - found["target_base"]
    found["reached_share"] = found["collected_base"] / found["target_base"].where(found["target_base"] > 0)
    return found.sort_values(["gap_base", "rep"], ignore_index=True)


def proposal(forecast: pd.DataFrame, rep: str, weeks: Sequence[dt.date]) -> dict[dt.date, float]:
    """What the forecast expects of a rep in each week: a forecast week counts for the week its middle lies in.

    `forecast` are the rows of `queries_reps.expected_by_week`; a week it does not reach is left out.
    """
    own = forecast[forecast["rep"] == rep]
    middles = [monday(pd.Timestamp(start).date() + dt.timedelta(days=3)) for start in own["week_start"]]
    sums = own.assign(week_on=middles).groupby("week_on")["expected_base"].sum()
    return {week: float(sums[week]) for week in weeks if week in sums.index}


def activity(day: Day, reps: Mapping[tuple[str, str], str], since: dt.date) -> pd.DataFrame:
    """What was entered since a day about each rep's customers: rep, contacts, visits, customers contacted, promises.

    `reps` names the rep of each customer. promises_made counts agreed payments (promises and instalments) entered since
    then, promises_kept those kept in full, kept_share kept of those with an outcome; NaN before the first outcome.
    """
    payments = agreements.agreed_payments(day, {})
    rows = []
    for rep in sorted(set(reps.values())):
        own = {customer for customer, name in reps.items() if name == rep}
        contacts = [note for each in own for note in day.of(*each, "contact") if day.made_on(note) >= since]
        agreed = follow_up.rows_of(own, payments[payments["made_on"] >= since])
        states = list(agreed["promise_state"])
        share = agreements.kept_share(states)
        visits = sum(note.payload.method == "visit" for note in contacts)
        reached = len({note.customer for note in contacts})
        rows.append((rep, len(contacts), visits, reached, len(states), states.count("kept"), share))
    columns = ["rep", "contacts", "visits", "customers", "promises_made", "promises_kept", "kept_share"]
    return pd.DataFrame(rows, columns=columns).astype({"kept_share": float})


def scorecard(charges: pd.DataFrame, balances: pd.DataFrame, done: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """One row a rep: money, promises, contacts and charge side by side, most collected first.

    `charges` are rows of `queries_charge.calibrated`, `balances` of `queries_reps.balances`, `done` of `activity`,
    `plan` of `so_far`. overdue_share is overdue of what is open and invoiced.
    """
    found = charges.merge(balances, on="rep", how="outer").merge(done, on="rep", how="outer")
    found = found.merge(plan[["rep", "target_base", "reached_share"]], on="rep", how="left")
    counted = ["contacts", "visits", "customers", "promises_made", "promises_kept"]
    found[counted] = found[counted].fillna(0).astype(int)
    found["overdue_share"] = found["overdue_base"] / found["invoiced_base"].where(found["invoiced_base"] > 0)
    return found.sort_values(["collected_base", "rep"], ascending=[False, True], ignore_index=True)
