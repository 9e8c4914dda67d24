"""Dates as exports write them: the style of a column is decided from all its values, never from one."""

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

FIRST, LAST = dt.date(1970, 1, 1), dt.date(2099, 12, 31)
ORDERS = ("DMY", "MDY", "YMD")
BLANKS = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "–",
        "/",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
        "nat",
        "(blank)",
        "(null)",
        "无",
        "空",
        "tbd",
        "tba",
        "\\n",
        "nil",
    }
    | {
        "0000-00-00",
        "00.00.0000",
        "00/00/0000",
        "0000-00-00 00:00:00",
        "00000000",
        "1900-01-00",
        "1900/1/0",
        "1/0/1900",
    }
)
# What systems store where a date is empty: the first and last days that they, spreadsheets and databases know.
NO_DATES = frozenset(
    (
        *(dt.date(1, 1, 1), dt.date(1753, 1, 1), dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1900, 1, 1)),
        *(dt.date(1970, 1, 1), dt.date(2099, 12, 31), dt.date(9999, 12, 31)),
    )
)
_DOMINANT = 20  # values that only fit one order, for each that only fits another, to call the others mistakes

_TIME = r"(?:[T ,]\s*\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:[AP]\.?M\.?)?\s*(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT)?)?"
_YMD = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*日?{_TIME}", re.I)
_YMD_HAN = re.compile(r"(\d{4})\s*년\s*(\d{1,2})\s*월\s*(\d{1,2})\s*일")
_COMPACT = re.compile(r"(\d{8})(?:\.0)?")
_FIGURES = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.I)
_DAY_MONTH = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?(\d{{1,2}})(?:st|nd|rd|th)?[-\s./]*([^\W\d_]{{3,10}})\.?[-\s,./]*(\d{{4}}|\d{{2}}){_TIME}",
    re.I,
)
_MONTH_DAY = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?([^\W\d_]{{3,10}})\.?[-\s]*(\d{{1,2}})(?:st|nd|rd|th)?[-\s,]+(\d{{4}}|\d{{2}}){_TIME}", re.I
)
_ERA = re.compile(r"(令和|平成|R|H)\s*(\d{1,2}|元)[.年/-](\d{1,2})[.月/-](\d{1,2})日?")
_ROC = re.compile(r"(?:民[國国])?\s*(1[0-3]\d)\s*[./年-]\s*(\d{1,2})\s*[./月-]\s*(\d{1,2})\s*日?")  # years of Taiwan
_SERIAL = re.compile(r"([2-6]\d{4})(?:\.\d+)?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_TIMES_ONLY = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s*[AP]M)?", re.I)
_STAMP = re.compile(
    r"\d{4}-(?:0\d|1[0-2])-(?:0[1-9]|[12]\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-]\d{2}:\d{2})"
)
_NO_YEAR = re.compile(
    r"(\d{1,2})(\d\d)|(\d{1,2})[./-](\d{1,2})\.?|(\d{1,2})月(\d{1,2})日?"
)  # DDMM, day.month and the like
_HASHES = re.compile(r"#{3,}")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
WITHOUT_YEAR = "M月D日"
_FAULTS = {
    "times": "date_destroyed",
    "hashes": "date_destroyed",
    "DDMM": "date_without_year",
    WITHOUT_YEAR: "date_without_year",
}
_SERIAL_ZERO = dt.date(1899, 12, 30)
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janeiro january ene",
            "feb february februar fev fevereiro",
            "mar march märz maerz mrz março marco",
            "apr april abr abril",
            "may mai maio",
            "jun june juni junho",
            "jul july juli julho",
            "aug august ago agosto",
            "sep sept september set setembro",
            "oct october okt oktober out outubro",
            "nov november novembro",
            "dec december dez dezember dezembro",
        ),
        1,
    )
    for word in words.split()
}


@dataclass(frozen=True)
class DateColumn:
    """What a column's distinct texts mean: a date, or the code of why there is none; and the evidence for the style.

    `unclear` counts values that several orders fit and nothing decides between, `empty` those of a day that stands for
    an empty date.
    """

    dates: dict[str, dt.date | None]
    faults: dict[str, str]
    evidence: list[dict[str, object]]
    orders: dict[str, str | None]
    unclear: int
    destroyed: int
    total: int
    empty: dict[dt.date, int]


def read_dates(
    counts: Mapping[str, int],
    *,
    pivot: int = 69,
    order: str | None = None,
    hints: Mapping[str, str | None] | None = None,
    zone: str | None = None,
    period: tuple[dt.date, dt.date] | None = None,
    may_be_empty: bool = False,
) -> DateColumn:
    """Decide the styles of a date column from its distinct texts and how often each occurs.

    `order` (DMY, MDY or YMD) is a person's word and wins; `hints` are orders found in the other date columns of the
    export and decide a style that its own values leave open. `pivot`: two-digit years up to it are 20xx. `zone`: the
    time zone of the business; time stamps that are its midnights, written in UTC, are dates of that zone. `period`:
    first and last day of what the export states to hold, which gives dates of DDMM alone their year. `may_be_empty`:
    what systems store where a date is empty is none, as a row is one without this date too.
    """
    shifted = _midnights(counts, zone) if zone else {}
    dates: dict[str, dt.date | None] = {}
    faults: dict[str, str] = {}
    groups: dict[str, list[tuple[str, dict[str, dt.date | None]]]] = {}
    styles: Counter[str] = Counter()
    empty: Counter[dt.date] = Counter()
    for text in counts:
        clean = unicodedata.normalize("NFKC", text).strip().strip("'\"").strip()
        if clean.casefold() in BLANKS:
            dates[text] = None
            continue
        if may_be_empty and (no_date := _no_date(clean, pivot)):
            dates[text] = None
            empty[no_date] += counts[text]
            continue
        if without_year := _NO_YEAR.fullmatch(clean):
            style, found = WITHOUT_YEAR if without_year[5] else "DDMM", _in_period(without_year, period)
        else:
            style, found = (f"UTC → {zone}", shifted[text]) if text in shifted else _plain(clean, pivot)
        if style == "figures":
            key, fits = _in_orders(clean, pivot)
            groups.setdefault(key, []).append((text, fits))
            continue
        dates[text] = found if found and FIRST <= found <= LAST else None
        if dates[text] is None:
            faults[text] = _FAULTS.get(style, "date_not_read")
            if found:
                faults[text] = "date_out_of_range"
        else:
            styles[style] += counts[text]
    plain = sum(styles.values()) + sum(counts[text] for text in faults)  # what cannot be read counts among the values
    evidence = [{"code": "date_style", "style": s, "values": plain, "fits": n} for s, n in styles.most_common()]
    orders: dict[str, str | None] = {}
    for key, members in groups.items():
        chosen, proof = _decide(members, counts, order or (hints or {}).get(key), stated=order is not None)
        orders[key] = chosen
        evidence.append({**proof, "style": _style(key, str(proof["style"]))})
        _settle(members, chosen, dates, faults)
    total = sum(n for text, n in counts.items() if dates.get(text) is not None or text in faults)
    return DateColumn(
        dates,
        faults,
        evidence,
        orders,
        unclear=sum(counts[t] for t, code in faults.items() if code == "date_unclear"),
        destroyed=sum(counts[t] for t, code in faults.items() if code == "date_destroyed"),
        total=total,
        empty=dict(empty),
    )


def _no_date(text: str, pivot: int) -> dt.date | None:
    """The day that a text writes, with its year in full, where systems store it for an empty date."""
    style, found = _plain(text, pivot)
    if style == "figures" and (parts := _FIGURES.fullmatch(text)) and len(parts[4]) == 4:
        found = next((day for day in _in_orders(text, pivot)[1].values() if day in NO_DATES), None)
    return found if found in NO_DATES else None


def _in_period(parts: re.Match[str], period: tuple[dt.date, dt.date] | None) -> dt.date | None:
    """The only date of a period on a day written DDMM, or with the words for month and day."""
    if not period or not (parts[1] or parts[5]):
        return None
    month, day = (int(parts[2]), int(parts[1])) if parts[1] else (int(parts[5]), int(parts[6]))
    years = range(period[0].year, period[1].year + 1)
    found = [d for year in years if (d := _date(year, month, day)) and period[0] <= d <= period[1]]
    return found[0] if len(found) == 1 else None


def _midnights(texts: Iterable[str], zone: str) -> dict[str, dt.date]:
    """Dates of the time stamps with an offset, where all of them are midnights of the zone and not all of UTC."""
    stamps = {text: dt.datetime.fromisoformat(text.strip()) for text in texts if _STAMP.fullmatch(text.strip())}
    local = {text: stamp.astimezone(ZoneInfo(zone)) for text, stamp in stamps.items()}
    if any(stamp.time() != dt.time() for stamp in local.values()):
        return {}
    if all(stamp.time() == dt.time() for stamp in stamps.values()):
        return {}
    return {text: stamp.date() for text, stamp in local.items()}


def _plain(text: str, pivot: int) -> tuple[str, dt.date | None]:
    """Style and date of a text whose order of day, month and year is plain to see; "figures" where it is not."""
    if m := _YMD.fullmatch(text) or _YMD_HAN.fullmatch(text):
        return "YYYY-MM-DD", _date(int(m[1]), int(m[2]), int(m[3]))
    if _FIGURES.fullmatch(text):
        return "figures", None
    if m := _COMPACT.fullmatch(text):
        found = _date(int(m[1][:4]), int(m[1][4:6]), int(m[1][6:]))
        return ("YYYYMMDD", found) if found and FIRST <= found <= LAST else ("figures", None)
    if m := _DAY_MONTH.fullmatch(text):
        return "D Mon YYYY", _named(m[1], m[2], m[3], pivot)
    if m := _MONTH_DAY.fullmatch(text):
        return "Mon D YYYY", _named(m[2], m[1], m[3], pivot)
    if m := _ERA.fullmatch(text):
        return "era", _date(_ERAS[m[1]] + (1 if m[2] == "元" else int(m[2])), int(m[3]), int(m[4]))
    if m := _ROC.fullmatch(text):
        return "ROC", _date(1911 + int(m[1]), int(m[2]), int(m[3]))
    if m := _SERIAL.fullmatch(text):
        return "Excel serial", _SERIAL_ZERO + dt.timedelta(days=int(m[1]))
    if _EPOCH.fullmatch(text):
        return "Unix time", dt.datetime.fromtimestamp(int(text[:10]), dt.UTC).date()
    if _TIMES_ONLY.fullmatch(text):
        return "times", None
    if _HASHES.fullmatch(text):
        return "hashes", None
    return "unknown", None


def _in_orders(text: str, pivot: int) -> tuple[str, dict[str, dt.date | None]]:
    """The shape of a date in figures and the date it would be in each order."""
    if m := _FIGURES.fullmatch(text):
        a, b, c = int(m[1]), int(m[3]), int(m[4])
        if len(m[4]) == 4:
            return f"n{m[2]}n{m[2]}YYYY", {"DMY": _date(c, b, a), "MDY": _date(c, a, b)}
        return f"n{m[2]}n{m[2]}YY", {
            "DMY": _date(_year(c, pivot), b, a),
            "MDY": _date(_year(c, pivot), a, b),
            "YMD": _date(_year(a, pivot), b, c),
        }
    return "nnYYYY", {
        "DMY": _date(int(text[4:8]), int(text[2:4]), int(text[:2])),
        "MDY": _date(int(text[4:8]), int(text[:2]), int(text[2:4])),
    }


def _decide(
    members: list[tuple[str, dict[str, dt.date | None]]], counts: Mapping[str, int], hint: str | None, *, stated: bool
) -> tuple[str | None, dict[str, object]]:
    """The order of one shape of dates, None when the values contradict or leave it open; and the evidence."""
    only: Counter[str] = Counter()
    fits: Counter[str] = Counter()
    for text, options in members:
        valid = [order for order in ORDERS if options.get(order)]
        fits.update(dict.fromkeys(valid, counts[text]))
        if len({options[order] for order in valid}) == 1:
            only.update({valid[0]: counts[text]} if len(valid) == 1 else {})
    total = sum(counts[text] for text, _ in members)

    def proof(code: str, order: str | None) -> dict[str, object]:
        fitting = fits[order] if order else 0
        return {"code": code, "style": order or "", "values": total, "fits": fitting, "only": only[order or ""]}

    if stated and hint:
        return hint, proof("date_style_stated", hint)
    ranked = only.most_common(2)
    if ranked and (len(ranked) == 1 or ranked[0][1] >= _DOMINANT * ranked[1][1]):
        best = ranked[0][0]
        return best, proof("date_style_only", best)
    if ranked:
        return None, proof("date_style_mixed", None)
    agreed = [o for o in ORDERS if fits[o] == total and all(m[1].get(o) for m in members)]
    if hint in agreed:
        return hint, proof("date_style_hint", hint)
    if all(len({d for d in options.values() if d}) <= 1 for _, options in members):
        return None, proof("date_style_same", None)
    if members[0][0].count(".") >= 2 and "DMY" in agreed:  # dotted dates are day first wherever they are used
        return "DMY", proof("date_style_dotted", "DMY")
    return None, proof("date_style_unclear", None)


def _style(shape: str, order: str) -> str:
    """A shape written out in an order: `n/n/YYYY` in DMY is DD/MM/YYYY."""
    separator = shape[1] if shape.startswith("n") and len(shape) > 2 and shape[1] != "n" else ""
    year = "YYYY" if shape.endswith("YYYY") else "YY"
    return separator.join({"D": "DD", "M": "MM", "Y": year}[part] for part in order) or shape


def _settle(
    members: list[tuple[str, dict[str, dt.date | None]]],
    order: str | None,
    dates: dict[str, dt.date | None],
    faults: dict[str, str],
) -> None:
    """Write down each text's date: in the order decided, else the only date it can be."""
    for text, options in members:
        possible = {d for d in options.values() if d}
        if order:
            found = options.get(order)
            fault = "date_not_read"
        else:
            found = possible.pop() if len(possible) == 1 else None
            fault = "date_unclear" if possible else "date_not_read"
        dates[text] = found if found and FIRST <= found <= LAST else None
        if dates[text] is None:
            faults[text] = "date_out_of_range" if found else fault


def order_of(style: str) -> dict[str, str | None]:
    """The order of day and month in a style of `strptime` with the year last, by shape, as a hint for other columns."""
    shape, _ = _in_orders(dt.date(2026, 3, 5).strftime(style), 69)
    return {shape: "DMY" if style.startswith("%d") else "MDY"}


def dates_in_text(text: str) -> list[dt.date]:
    """The dates with a plain order inside a longer text, such as a report's title, in the order they stand."""
    clean = unicodedata.normalize("NFKC", text)
    found: list[tuple[int, dt.date]] = []
    for pattern in (_YMD, _DAY_MONTH_IN, _MONTH_DAY_IN):
        for m in pattern.finditer(clean):
            if pattern is _YMD:
                if clean[m.end() : m.end() + 1].isdigit():
                    continue  # the months of a period, 2026.01-2026.03, and no day 20 of the first
                date = _date(int(m[1]), int(m[2]), int(m[3]))
            elif pattern is _DAY_MONTH_IN:
                date = _named(m[1], m[2], m[3], 69)
            else:
                date = _named(m[2], m[1], m[3], 69)
            if date and FIRST <= date <= LAST:
                found.append((m.start(), date))
    if not found:
        for m in re.finditer(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)", clean):
            options = {d for d in _in_orders(m[0], 69)[1].values() if d}
            if len(options) == 1:
                found.append((m.start(), options.pop()))
    return [date for _, date in sorted(found)]


_DAY_MONTH_IN = re.compile(r"(?<!\d)(\d{1,2})[-\s.]*([A-Za-zä]{3,10})\.?[-\s,]*(\d{4}|\d{2})(?!\d)")
_MONTH_DAY_IN = re.compile(r"([A-Za-zä]{3,10})\.?\s+(\d{1,2}),?\s+(\d{4})(?!\d)")


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _year(two: int, pivot: int) -> int:
    return (2000 if two <= pivot else 1900) + two


def month_named(word: str) -> int | None:
    """The number of the month that a word is the name of, or None."""
    return _MONTHS.get(word.casefold().rstrip("."))


def _named(day: str, month: str, year: str, pivot: int) -> dt.date | None:
    number = month_named(month)
    return _date(int(year) if len(year) == 4 else _year(int(year), pivot), number, int(day)) if number else None
