"""Features of the calendar: weekday, distance to the month end, working days left, rest days at the due date."""

import datetime as dt
from functools import lru_cache

import numpy as np

_EPOCH = np.datetime64("2000-01-01", "D")
_WEEKDAY_OF_EPOCH = 5  # 2000-01-01 was a Saturday, Monday is 0


def columns(day: np.ndarray, issue_day: np.ndarray, due_day: np.ndarray, country: str) -> dict[str, np.ndarray]:
    """Calendar features from day numbers counted from 2000-01-01."""
    if not len(day):
        return {name: np.empty(0) for name in ("work_days_left", *_PLAIN)}
    first = int(min(day.min(), due_day.min()))
    last = int(max(day.max(), due_day.max()))
    working = _working(first, last + 15, country)
    passed = np.concatenate([[0], np.cumsum(working)])
    next_working = _next_working(working)
    return {
        "work_days_left": np.clip((passed[due_day - first] - passed[day - first]).astype("float64"), -90, 180),
        "due_weekday": ((due_day + _WEEKDAY_OF_EPOCH) % 7).astype("float64"),
        "due_month_left": _days_to_month_end(due_day),
        "due_rest_days": next_working[due_day - first].astype("float64"),
        "issue_month_left": _days_to_month_end(issue_day),
    }


_PLAIN = ("due_weekday", "due_month_left", "due_rest_days", "issue_month_left")


def _days_to_month_end(day: np.ndarray) -> np.ndarray:
    date = _EPOCH + day
    next_month = (date.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return next_month.astype("float64") - date.astype("float64") - 1


def _next_working(working: np.ndarray) -> np.ndarray:
    """Days from each day to the next working day, 0 on a working day."""
    positions = np.arange(len(working))
    following = np.where(working, positions, len(working))
    return np.minimum.accumulate(following[::-1])[::-1] - positions


@lru_cache(maxsize=8)
def _working(first: int, last: int, country: str) -> np.ndarray:
    """Whether each day from `first` to `last` is a working day of the country, make-up days included."""
    from pipelines.working_days import calendar_of  # a tenth of a second of import that the baseline does without

    days = [_EPOCH + number for number in range(first, last + 1)]
    book = calendar_of(country)
    return np.array([book.is_working_day(day.astype(dt.date)) for day in days])
