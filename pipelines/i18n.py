"""Words in English and Simplified Chinese, from the catalogues in `locales/`."""

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("en", "zh_CN")
FOLDER = Path(__file__).resolve().parent.parent / "locales"
ROLE = "role:"  # what a stored writer begins with of whom only the role is known


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of one language by key, merged from every `.po` file of its folder."""
    return _texts(language, "*.po")


@cache
def _texts(language: str, files: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob(files)):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    texts[str(message.id)] = str(message.string)
    return texts


def _text(language: str, key: str) -> str:
    """The text of a key, looked for first in the files named like it: a command needs few of all the words."""
    return _texts(language, f"{key.split('.')[0]}*.po").get(key) or catalogue(language)[key]


def language_of(locale_name: str | None) -> str:
    """The supported language closest to a locale name such as `zh-CN`, `zh_TW.UTF-8` or `en`."""
    return "zh_CN" if (locale_name or "").lower().startswith("zh") else "en"


def terminal_language() -> str:
    """The language of command-line messages: FIRSTPAID_LANGUAGE, else the terminal's locale."""
    for name in ("FIRSTPAID_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return language_of(os.environ[name])
    return "en"


class _Written(str):
    """A value as the language writes it; `{items:invoice|invoices}` gives the word that goes with it, one or many."""

    def __format__(self, spec: str) -> str:
        one, several, many = spec.partition("|")
        return str.__format__(self, spec) if not several else one if self in ("1", "-1") else many


def translate(language: str, key: str, **params: object) -> str:
    """The text of `key` with its placeholders filled, values formatted the way the language writes them.

    Raises KeyError for a key the catalogue does not hold: a missing word is a defect, not a blank.
    """
    return _text(language, key).format(
        **{name: _Written(_shown(language, name, value)) for name, value in params.items()}
    )


def reasons(language: str, stored: str | None) -> list[str]:
    """Sentences for a stored `reason` or `reasons` column: a JSON object, or a list of them, each with its `code`."""
    return [reason(language, item) for item in stored_reasons(stored)]


def stored_reasons(stored: str | None) -> list[dict[str, Any]]:
    """The reasons of a stored column as they are: each its `code` and its parameters."""
    if not stored:
        return []
    parsed = json.loads(stored)
    return parsed if isinstance(parsed, list) else [parsed]


def reason(language: str, item: Mapping[str, Any]) -> str:
    """One sentence for `{"code": ..., parameters}` by the catalogue key `reason.<code>`."""
    params = {name: value for name, value in item.items() if name != "code"}
    return translate(language, f"reason.{item['code']}", **params)


def listed(language: str, names: Iterable[object]) -> str:
    """Names as the language writes them one after another."""
    return ("、" if language == "zh_CN" else ", ").join(map(str, names))


def person(language: str, who: str) -> str:
    """The name of who wrote or does something, or the word for the role where only that is known."""
    return catalogue(language).get(f"role.{who.removeprefix(ROLE)}", who) if who.startswith(ROLE) else who


def mistake(language: str, found: Mapping[str, Any]) -> str:
    """What is wrong with a setting, from one of pydantic's errors; its own words where the catalogue has none."""
    key, params = f"setting.{found['type']}", found.get("ctx") or {}
    return translate(language, key, **params) if key in catalogue(language) else str(found["msg"])


def unsigned_nought(text: str) -> str:
    """A written number without its minus where it rounds to nothing."""
    return text if any(digit in text for digit in "123456789") else text.removeprefix("-")


def _shown(language: str, name: str, value: object) -> str:
    """A placeholder's value: shares as percent, dates and numbers as the language writes them, the rest as text.

    One named `code_<kind>` is a stored code, shown as the word for it, and `who` a person or a role.
    """
    if name.startswith("code_"):
        return catalogue(language).get(f"code.{name.removeprefix('code_')}.{value}", str(value))
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, dt.date):
        return format_date(value, "yyyy-MM-dd", locale=language)
    if isinstance(value, int | float | Decimal):
        if name.startswith(("share", "p_", "rate")):
            return unsigned_nought(format_percent(value, "#,##0%", locale=language))
        if name.startswith(("year", "line", "id")):
            return str(value)
        pattern = "#,##0.00" if name.startswith("cents") else "#,##0.##"
        return unsigned_nought(format_decimal(value, pattern, locale=language))
    if name == "who":
        return person(language, str(value))
    if isinstance(value, list | tuple):
        return listed(language, value)
    return str(value)
