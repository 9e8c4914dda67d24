"""Headers of aging buckets: `1 - 30`, `> 90 days`, `Current`, `未到期`, `3-6个月`, `< 1 Month`."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_DAYS_OF = {"day": 1, "month": 30, "year": 365}
_UNIT = (
    r"(?P<unit>days?|d|天|日|tage?|dias|dagen|dager|dagar|dage|jours|дней|дня|день|months?|mths?|个月|個月|月|monate?|meses"
    r"|years?|yrs?|年|jahre?|anos)?"
)
_LEAD = r"(?:overdue|past due|逾期|超期|过期|账龄|days?|aged|期限超過|überfällig|vencidos?|от)?\s*"
_TAIL = r"\s*(?:overdue|past due|old|内|以内|未満|late)?"
_RANGE = re.compile(
    rf"{_LEAD}(?P<a>\d+)\s*(?:days?|天|日|个月|年)?(?:以上)?\s*(?:-|–|—|~|～|至|到|to|bis|a|t/m|through|до)\s*(?P<b>\d+)\s*{_UNIT}{_TAIL}"
)
_OVER_WORDS = "more than|older than|above|over|大于|超过|über|mehr als|acima de|mas de|plus de|meer dan|более|свыше|\\+"
_OVER = re.compile(rf"{_LEAD}(?:>=?|{_OVER_WORDS})\s*(?P<a>\d+)\s*{_UNIT}.*")
_AND_OVER = re.compile(
    rf"{_LEAD}(?P<a>\d+)\s*{_UNIT}\s*"
    r"(?:\+|(?:and|&) (?:over|above|more)|or (?:more|over)|以上(?!至|到)|plus|超|\bup\b|und mehr|ou mais)"
    rf"{_UNIT.replace('unit', 'unit2')}.*"
)
_UNDER = re.compile(rf"{_LEAD}(?:<=?|≤|under|less than|up to|within|小于|不足|bis|до)\s*(?P<b>\d+)\s*{_UNIT}{_TAIL}")
_WITHIN = re.compile(
    rf"{_LEAD}(?P<b>\d+)\s*(?:(?P<unit>days?|天|日|个月|個月|months?|年|years?)\s*(?:以内|内|以下|or less)|or less)"
)
_NTH = re.compile(r"(?P<n>\d+)\s*(?P<unit>months?|个月|monate?|meses)")
_NOT_DUE = (
    *("current", "not due", "not yet due", "notdue", "within terms", "undue", "not overdue", "at date"),
    *("not yet overdue", "not past due", "not yet past due", "not due yet"),
    *(
        "未到期",
        "未逾期",
        "当前",
        "未到信用期",
        "未到账期",
        "信用期内",
        "账期内",
        "期限内",
        "期日未到来",
        "미도래",
        "만기전",
    ),
    *("nicht fällig", "noch nicht fällig", "a vencer", "niet vervallen", "ikke forfalt", "ikke forfalden"),
    *("ej förfallet", "non échu", "no vencido", "не просрочено", "срок не наступил"),
)
_ON_DAY = re.compile(r" (?:on|as of|at|am) \d[\d./-]*$")
_BOUND = re.compile(r"[(](?:不?含[^)]*|inclusive|incl[.]?)[)]")  # which of two buckets a day on their border belongs to
_HAN_NUMBERS = "零一二三四五六七八九"
_HAN = re.compile(r"([一二三四五六七八九])(?=个月|年|\s*(?:至|到|-|~)\s*[一二三四五六七八九\d](?:个月|年))")
_OLDER = ("older", "oldest", "更早", "以上", "older than all")


class Bucket(NamedTuple):
    """First and last day past due of a bucket; first None = not due, last None = open-ended."""

    first: int | None
    last: int | None


@lru_cache(maxsize=5_000)
def bucket_of(header: str) -> Bucket | None:
    """The bucket a header names, None for any other header. `Older` starts at day 121."""
    text = unicodedata.normalize("NFKC", header).strip().casefold().replace("más", "mas")
    text = _BOUND.sub("", text).replace("半年", "6个月")
    text = _HAN.sub(lambda m: str(_HAN_NUMBERS.index(m[1])), text)
    text = re.sub(r"\s+", " ", re.sub(r"[()\[\]（）:：]", " ", text)).strip()
    if _ON_DAY.sub("", text) in _NOT_DUE:
        return Bucket(None, 0)
    if text in _OLDER:
        return Bucket(121, None)
    if m := _RANGE.fullmatch(text):
        days = _days(m["unit"])
        low, high = int(m["a"]), int(m["b"])
        return Bucket(_start(low, days), high * days) if low < high else None
    if m := _AND_OVER.fullmatch(text):
        days = _days(m["unit"] or m["unit2"])
        return Bucket(int(m["a"]) * days + (1 if days > 1 else 0), None)
    if m := _OVER.fullmatch(text):
        return Bucket(int(m["a"]) * _days(m["unit"]) + (0 if ">=" in text else 1), None)
    if m := _UNDER.fullmatch(text) or _WITHIN.fullmatch(text):
        return Bucket(1, int(m["b"]) * _days(m["unit"]))
    if m := _NTH.fullmatch(text):  # the month-named buckets of some ledgers: "1 Month" is one full month overdue
        return Bucket(int(m["n"]) * 30 + 1, int(m["n"]) * 30 + 30)
    return None


def _start(low: int, days: int) -> int:
    """First day of a range: `31-60` starts at 31, `30-60` and `1-3 months` a day after what the one before ends on."""
    if days == 1:
        return low if low % 5 == 1 or low == 0 else low + 1
    return low * days + 1


def _days(unit: str | None) -> int:
    text = unit or "day"
    if text.startswith(("m", "个月", "個月", "月")):
        return _DAYS_OF["month"]
    if text.startswith(("y", "年", "jahr", "an")):
        return _DAYS_OF["year"]
    return _DAYS_OF["day"]
