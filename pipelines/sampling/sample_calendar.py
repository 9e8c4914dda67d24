"""Days of the sample book: when the supplier's country works, and when a payer's pay run falls."""

import calendar
import datetime as dt
from functools import cache

FIRST_DAY = dt.date(2023, 7, 1)
AS_OF = dt.date(2026, 6, 30)

# Written out, not asked of a holiday library: the sample must stay the same when that library learns a new rule.
SHUTDOWNS = (
    (dt.date(2023, 9, 29), dt.date(2023, 10, 6)),
    (dt.date(2024, 2, 9), dt.date(2024, 2, 18)),
    (dt.date(2024, 10, 1), dt.date(2024, 10, 7)),
    (dt.date(2025, 1, 27), dt.date(2025, 2, 5)),
    (dt.date(2025, 10, 1), dt.date(2025, 10, 8)),
    (dt.date(2026, 2, 14), dt.date(2026, 2, 23)),
)
# Orders thin out in the weeks around Chinese new year: people travel before the factories close and return after.
NEW_YEAR_SHUTDOWNS = SHUTDOWNS[1::2]
SEASON = {1: 1.0, 2: 0.9, 3: 1.05, 4: 1.0, 5: 1.0, 6: 1.12, 7: 0.9, 8: 0.93, 9: 1.08, 10: 1.0, 11: 1.08, 12: 1.25}
GROWTH_PER_YEAR = 0.09


def is_working_day(day: dt.date) -> bool:
    """Whether banks and offices work: a weekday outside the long holidays."""
    return day.weekday() < 5 and not any(first <= day <= last for first, last in SHUTDOWNS)


@cache
def next_working_day(day: dt.date) -> dt.date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day


def last_working_day(year: int, month: int) -> dt.date:
    """The last working day of a month."""
    day = dt.date(year, month, calendar.monthrange(year, month)[1])
    while not is_working_day(day):
        day -= dt.timedelta(days=1)
    return day


def order_weight(day: dt.date) -> float:
    """How many invoices a day carries relative to an ordinary day of the first month."""
    if not is_working_day(day):
        return 0.0
    slow = any((day - first).days >= -12 and (day - last).days <= 8 for first, last in NEW_YEAR_SHUTDOWNS)
    years = (day - FIRST_DAY).days / 365.25
    month_end = 1.4 if day.day >= 24 else 1.0
    return float(SEASON[day.month] * (1 + GROWTH_PER_YEAR) ** years * (0.5 if slow else 1.0) * month_end)


def working_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Working days from `first` to `last`, both included."""
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if is_working_day(day)]


def nearest_run(habit: str, run: int, target: dt.date, earliest: dt.date) -> dt.date:
    """The payer's pay run nearest to the day it means to pay, but not before `earliest`.

    `habit`: `month_end` (last working day), `day` (`run` of the month), `weekday` (`run`, Monday is 0), else any day.
    """
    if habit == "weekday":
        ahead = (run - target.weekday()) % 7
        candidates = [next_working_day(target + dt.timedelta(days=ahead + 7 * n)) for n in (-1, 0, 1)]
    elif habit in ("month_end", "day"):
        candidates = [_monthly_run(habit, run, target, shift) for shift in (-1, 0, 1, 2)]
    else:
        candidates = [next_working_day(target)]
    possible = [day for day in candidates if day >= earliest] or [next_working_day(max(target, earliest))]
    return min(possible, key=lambda day: (abs((day - target).days), day))


def _monthly_run(habit: str, run: int, target: dt.date, shift: int) -> dt.date:
    months = target.year * 12 + target.month - 1 + shift
    year, month = months // 12, months % 12 + 1
    return last_working_day(year, month) if habit == "month_end" else next_working_day(dt.date(year, month, run))
