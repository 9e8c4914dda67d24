"""Words of exports to codes: document types, statuses, methods, yes and no, terms, currencies."""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipelines.reading.values_dates import BLANKS

_NET = re.compile(
    r"(?:net|nett|netto|nt|ntp|ne|n|in|within|z|月结|票到|货到|发票后|验收后|账期)?\s*(\d{1,3})"
    r"\s*(?:days?|d|天|日|tage?n?|dias?|日以内|天内|日内)?\s*(?:net|netto|付款)?",
    re.I,
)
_DISCOUNT_NET = re.compile(r".*\b(?:net|n|netto)\s*/?\s*(\d{1,3})\b.*", re.I)
_MONTHS = re.compile(r"(\d{1,2})\s*(?:个月|個月|months?|monate?|meses|mês)", re.I)
# What a spreadsheet writes where a formula has no result, in English and German: for upper-cased text, in either
# Python or SQL.
FORMULA_ERROR = (
    r"#(N/A|NV|(REF|BEZUG|VALUE|WERT|NUM|ZAHL|NULL|DIV/0|SPILL|CALC|BLOCKED|CONNECT|FIELD|UNKNOWN)!|NAME[?]"
    r"|GETTING_DATA)|ERR:5[0-9][0-9]"
)
# Terms that run from the end of the month of an invoice; for lower-cased text, in either Python or SQL.
MONTH_END = (
    r"月结[^0-9]{0,3}[0-9]|月[末底]|(^|[^a-z])eom([^a-z]|$)|end of (the )?month|month[ -]?end|fin de mes|fin de mois"
    r"|fim do m[eê]s|monatsende|fine mese|einde (van de )?maand"
)
_HAN = "一二三四五六七八九"


def _fold(word: str) -> str:
    return re.sub(r"[\s_\-./]+", "", unicodedata.normalize("NFKC", word).casefold())


@cache
def words_of(table: str) -> dict[str, str]:
    """Folded word → code of one table of `values_words.toml`; each code stands for itself too."""
    with (Path(__file__).parent / "values_words.toml").open("rb") as file:
        codes = tomllib.load(file)[table]
    return {_fold(word): code for code, words in codes.items() for word in (code, *words)}


def by_table(table: str) -> Callable[[str], str | None]:
    """A parser that looks a folded word up; None for a word not in the table.

    Where the whole is not known, its last part counts: `Invoice : Open`, and the words of a picture, `@5B\\QOpen@`.
    """

    def look_up(text: str) -> str | None:
        words = words_of(table)
        parts = re.split(r"\s:\s|\\Q", text.strip().removesuffix("@"))
        return words.get(_fold(text)) or (words.get(_fold(parts[-1])) if len(parts) > 1 else None)

    return look_up


def currency(text: str) -> str | None:
    """The ISO code of a currency's code, symbol or name; None for a `$` alone and for unknown words."""
    if found := words_of("currency").get(_fold(text)):
        return found
    bare = re.sub(r"[(\[【（].*", "", text).strip()
    if re.fullmatch(r"[A-Za-z]{3}", bare):
        return bare.upper()
    inner = re.search(r"\b([A-Z]{3})\b", text)
    return inner[1] if inner else None


def terms(text: str) -> str | None:
    """Days of payment terms (`Net 30`, `2/10 net 30`, `30天`, `月结60天`, `3个月`); None without a number of days.

    Of terms that run from the end of the month (`EOM+30`) the days after it, none for the end of the month itself.
    """
    clean = unicodedata.normalize("NFKC", text).strip()
    if found := words_of("terms").get(_fold(clean)):
        return found
    if re.search(MONTH_END, clean.lower()):
        days = re.findall(r"\d{1,3}", clean)
        return (days or ["0"])[0] if len(days) < 2 else None
    if m := _NET.fullmatch(clean.removesuffix(".0")):
        return m[1]
    if m := _MONTHS.fullmatch(clean):
        return str(int(m[1]) * 30)
    if m := _DISCOUNT_NET.fullmatch(clean):
        return m[1]
    numbers = re.findall(r"(\d{1,3})\s*(?:days|天|日|tage|dias)", clean, re.I)
    return numbers[0] if len(numbers) == 1 else None


def whole_number(text: str) -> str | None:
    """A small whole number, also where it is written `2.0`, `1/3` (the first of three), `第2期` or `第二期`."""
    clean = unicodedata.normalize("NFKC", text).strip()
    if m := re.fullmatch(rf"第?([{_HAN}]?十[{_HAN}]?|[{_HAN}])[期笔次]", clean):
        tens, ten, ones = m[1].rpartition("十")
        return str(10 * (_HAN.index(tens) + 1 if tens else 1) * bool(ten) + (_HAN.index(ones) + 1 if ones else 0))
    m = re.fullmatch(r"(?:#|第)?\s*(\d{1,6})(?:\.0+)?(?:\s*(?:/|of)\s*\d+)?\s*[期笔次]?", clean)
    return m[1] if m else None


def is_formula_error(text: str) -> bool:
    """Whether a spreadsheet says so of a formula without a result: `#REF!`, `#N/A`."""
    return bool(re.fullmatch(FORMULA_ERROR, text.strip().upper()))


def is_blank(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).strip().casefold() in BLANKS
