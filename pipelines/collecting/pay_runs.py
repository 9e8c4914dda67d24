"""Pay runs of a customer on the working-day calendar: the next one after a day, and how far away it is."""

import bisect
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from pipelines.working_days import calendar_of

AHEAD = dt.timedelta(days=70)  # the next run of any pattern lies within two months and a long holiday
BEFORE = dt.timedelta(days=20)  # a run may have been moved past a day by a long holiday before it


@lru_cache(maxsize=20)
def working_days(country: str, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """The working days from a holiday before `first` until well after `last`, by holidays and make-up days."""
    calendar = calendar_of(country)
    first -= BEFORE
    days = (first + dt.timedelta(days=offset) for offset in range((last + AHEAD - first).days + 1))
    return tuple(day for day in days if calendar.is_working_day(day))


def next_run(
    working: Sequence[dt.date], pattern: str, run_day: float | None, run_weekday: float | None, after: dt.date
) -> dt.date:
    """The first run after a day: `month_end`, `day_of_month` (1 to 31) or `weekday` (1 = Monday).

    A nominal day on which nobody works moves to the next working day; a month end is the last working day of a month.
    """
    if pattern == "month_end":
        return next(day for day, following in pairwise(working) if day > after and day.month != following.month)
    nominal = after - BEFORE + dt.timedelta(days=5)
    while True:
        hits = nominal.day == run_day if pattern == "day_of_month" else nominal.isoweekday() == run_weekday
        if hits:
            run = working[bisect.bisect_left(working, nominal)]
            if run > after:
                return run
        nominal += dt.timedelta(days=1)


def days_between(working: Sequence[dt.date], start: dt.date, end: dt.date) -> int:
    """Working days after `start` up to and with `end`."""
    return bisect.bisect_right(working, end) - bisect.bisect_right(working, start)
