"""Numbers, money and dates as the reader's language writes them. A figure that is missing is a dash."""

import datetime as dt
import html
import re
from typing import Any

import pandas as pd
from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent, get_currency_symbol

from pipelines.i18n import unsigned_nought
from ui.i18n import Reader

DASH = "–"
SHORT_FROM = {"en": 1_000, "zh_CN": 10_000}  # amounts below are written out: English has K, Chinese has 万
LONG = re.compile(r"^\d{4,}")
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^=])")
Number = Any  # int, float or Decimal as a query gives them; None and NaN are shown as a dash


def missing(value: Any) -> bool:
    """Whether a value of a query is absent (None, NA, NaN or NaT)."""
    return value is None or value is pd.NA or value != value


def currency_symbol(reader: Reader, currency: str | None = None) -> str:
    """The short sign of a currency; the yuan owns ¥ in both languages, the yen is written JP¥."""
    code = currency or reader.currency
    return {"CNY": "¥", "JPY": "JP¥"}.get(code) or str(get_currency_symbol(code, locale=reader.language))


def money(reader: Reader, value: Number, currency: str | None = None) -> str:
    """A full amount with two decimals, for example ¥1,234,567.80."""
    if missing(value):
        return DASH
    return _with_symbol(reader, value, format_decimal(abs(value), "#,##0.00", locale=reader.language), currency)


def compact(reader: Reader, value: Number, currency: str | None = None) -> str:
    """A short amount: ¥1.2M in English, ¥123.5万 in Chinese."""
    if missing(value):
        return DASH
    if abs(value) < SHORT_FROM[reader.language]:
        text = format_decimal(abs(value), "#,##0", locale=reader.language)
    else:
        text = format_compact_decimal(abs(value), locale=reader.language, fraction_digits=1)
        # In Chinese up to four digits stand before 万, which the library writes without a separator.
        text = LONG.sub(lambda digits: format_decimal(int(digits[0]), "#,##0", locale=reader.language), text)
    return _with_symbol(reader, value, text, currency)


def number(reader: Reader, value: Number, digits: int = 0) -> str:
    """A plain number with separators and a fixed count of decimals."""
    if missing(value):
        return DASH
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return unsigned_nought(format_decimal(value, pattern, locale=reader.language))


def percent(reader: Reader, value: Number, digits: int = 1) -> str:
    """A share of 1 as percent."""
    if missing(value):
        return DASH
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return unsigned_nought(format_percent(value, pattern, locale=reader.language))


def days(reader: Reader, value: Number, digits: int = 0) -> str:
    """A count of days with its unit."""
    return DASH if missing(value) else reader.t("app.days", text=number(reader, value, digits))


def date(reader: Reader, value: object) -> str:
    """A calendar date, year first in both languages so that it sorts and cannot be misread."""
    if missing(value) or not isinstance(value, dt.date):
        return DASH
    return str(format_date(value, "yyyy-MM-dd", locale=reader.language))


def month(reader: Reader, value: object) -> str:
    """A month in words: Mar 2026, 2026年3月."""
    if missing(value) or not isinstance(value, dt.date):
        return DASH
    return str(format_date(value, "yyyy年M月" if reader.language == "zh_CN" else "MMM yyyy", locale=reader.language))


def month_end(reader: Reader, value: dt.date) -> str:
    """The last day of a month where room is short: May 31, 5月末."""
    return str(format_date(value, "M月末" if reader.language == "zh_CN" else "MMM d", locale=reader.language))


def moment(reader: Reader, value: str | dt.datetime | None, timezone: dt.tzinfo | None = None) -> str:
    """A stored UTC moment in the reader's time zone, to the minute."""
    if missing(value) or not value:
        return DASH
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return str(format_datetime(at.astimezone(timezone or dt.UTC), "yyyy-MM-dd HH:mm", locale=reader.language))


def _with_symbol(reader: Reader, value: Number, text: str, currency: str | None) -> str:
    """The written size of an amount with its sign, which stands before that of the currency."""
    sign = "-" if value < 0 and unsigned_nought(f"-{text}") != text else ""
    return f"{sign}{currency_symbol(reader, currency)}{text}"


def plain(text: object) -> str:
    """Text from the data for a place that reads markdown: every mark is shown as it stands."""
    return MARKS.sub(r"\\\1", "" if missing(text) else str(text))


def plain_in_chart(text: object) -> str:
    """Text from the data for a chart, which reads a few tags."""
    return html.escape("" if missing(text) else str(text), quote=False)
