"""When a payer pays, in words, from its learned pay calendar."""

from collections.abc import Mapping
from typing import Any

from babel.dates import get_day_names

from ui.formats import date, missing, number
from ui.i18n import Reader


def pays_on(reader: Reader, calendar: Mapping[Any, Any]) -> str:
    """The day on which a payer pays: month end, a day of the month, a weekday, or none that repeats."""
    pattern = calendar.get("pattern")
    if pattern == "month_end":
        return reader.t("habit.month_end")
    if pattern == "day_of_month" and not missing(calendar.get("run_day")):
        return reader.t("habit.day_of_month", line_day=int(calendar["run_day"]))
    if pattern == "weekday" and not missing(calendar.get("run_weekday")):
        names = get_day_names("wide", locale=reader.language)
        return reader.t("habit.weekday", day=names[int(calendar["run_weekday"]) - 1])
    return reader.t("habit.none")


def in_words(reader: Reader, calendar: Mapping[Any, Any]) -> str:
    """The habit with its evidence and the next day it points to; empty for a payer nothing is known of."""
    if not calendar:
        return ""
    parts = [pays_on(reader, calendar)]
    if calendar.get("pattern") != "none":
        parts.append(reader.t("habit.support", text=number(reader, calendar["support"])))
        if not missing(calendar.get("next_run_on")):
            parts.append(reader.t("habit.next", date=date(reader, calendar["next_run_on"])))
    return " · ".join(parts)
