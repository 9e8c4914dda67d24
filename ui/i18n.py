"""Whom the page speaks to: the language and the currency of what is shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines import i18n

LANGUAGE_NAMES = {"en": "English", "zh_CN": "中文"}


@dataclass(frozen=True)
class Reader:
    """The reader of a page: every text and figure is put into this language and base currency."""

    language: str
    currency: str
    zone: dt.tzinfo = dt.UTC  # the business's, for moments

    def t(self, key: str, **params: object) -> str:
        """The text of `key`; raises KeyError for a key the catalogue does not hold."""
        return i18n.translate(self.language, key, **params)

    def code(self, kind: str, value: object) -> str:
        """The word for a stored code such as bucket `1-30`; a code the catalogue lacks is shown as it is stored."""
        return i18n.catalogue(self.language).get(
            f"code.{kind}.{str(value).lower()}", "" if value is None else str(value)
        )

    def person(self, who: str) -> str:
        """The name of who wrote or does something, or the word for the role where only that is known."""
        return i18n.person(self.language, who)

    def reasons(self, stored: str | None) -> list[str]:
        """Sentences of a stored `reason` or `reasons` column."""
        return i18n.reasons(self.language, stored if isinstance(stored, str) else None)

    def reason(self, item: Mapping[str, Any]) -> str:
        """One sentence for `{"code": ..., parameters}`."""
        return i18n.reason(self.language, item)
