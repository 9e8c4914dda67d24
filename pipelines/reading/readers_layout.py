"""Where the table is inside a sheet or text: the header, what stands above it, and where the rows begin."""

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.reading.mapping_buckets import bucket_of
from pipelines.reading.readers_raw import Cells, Raw
from pipelines.reading.values_dates import dates_in_text, month_named

HeaderRank = Callable[[Cells], float]
# Words for totals, for lower-cased text; written so that both Python and SQL can use them.
TOTAL = (
    r"((grand|sub|net|report|overall|running|page|invoice|customer|account|balance)?[ -]*totals?([ :：-].*)?"
    r"|.*[^a-z](sub)?total:?|percent(age)? of total|sum:?|balance due"
    r"|.*(小计|合计|总计|共计|累计|总和|合計|小計|総計|總計|共計|累計|합계|소계|총계|누계)[:：]?"
    r"|(小计|合计|总计|本页|共计|累计)[ :：(（].*|过次页|承前页|转次页|接前页|接上页|转下页"
    r"|(gesamt|summe|zwischensumme|endsumme)[a-zü]*([ :].*)?|.* (summe|gesamt)|soma([ :].*)?|total geral|[*]{1,3}"
    r"|(итого|всего)([ :].*)?|.* итого)"
)
GRAND_TOTAL = (
    r"((grand|report|overall) ?total:?|totals?:?|(总计|合计|総合計|総計|總計|合計|총계|합계)[:：]?"
    r"|gesamt(summe)?:?|endsumme:?|total geral:?|[*]{2,3}|(итого|всего):?)"
)
for _word in (
    "小计",
    "合计",
    "总计",
    "共计",
    "累计",
    "合計",
    "小計",
    "総計",
    "總計",
):  # as often written with a blank between
    _wide = f"{_word[0]}[ \u3000]*{_word[1]}"
    TOTAL, GRAND_TOTAL = TOTAL.replace(_word, _wide), GRAND_TOTAL.replace(_word, _wide)
KNOWN = 2  # what a row must at least rank to be taken for a header
_TOTAL = re.compile(TOTAL)
_WIDEST = 1000  # columns a table may have; rows with cells further out are rejected
RULER = r"[-=_*+~. |]{3,}"
_RULER = re.compile(RULER)
_SHARE = re.compile(r"[%％]|比|share|percent", re.I)
_AS_OF = re.compile(
    r"as\s+(of|at|on)\b|截至|截止|时点|基准日|编制日期|stand\b|stichtag|現在|基準日|기준|data[- ]base|posição em", re.I
)


@dataclass(frozen=True)
class Layout:
    """The header's labels by column, the line it ends on, the first line of data and the title texts above."""

    labels: tuple[str, ...]
    header_line: int
    first_line: int
    titles: tuple[str, ...]
    has_rows: bool
    found: bool  # False where no record looks like a known header


def locate(raw: Raw, rank: HeaderRank, is_data: Callable[[str], bool]) -> Layout:
    """Find the header among the first records: one row, or two rows read together."""
    rows = [(line, [" ".join(c.split()) for c in cells]) for line, cells in raw.head]
    filled = [i for i, (_, cells) in enumerate(rows) if any(cells) and not _is_comment(cells)]
    if not filled:
        return Layout((), 0, 1, (), False, False)
    best = max(filled, key=lambda i: (rank(rows[i][1]), -i))
    found = rank(rows[best][1]) >= KNOWN
    if not found:
        best = _first_wide(rows, filled)
    labels, last = _with_neighbours(rows, filled, best, rank, is_data)
    after = [cells for _, cells in rows[last + 1 :] if any(cells)]
    width = max(len(labels), _usual_width(after, len(labels), delimited=raw.delimiter is not None))
    titles = tuple(c for i in filled if i < best for c in rows[i][1] if c and c not in labels)
    first = rows[last + 1][0] if last + 1 < len(rows) else rows[last][0] + 1
    named = (_unique(labels) + [""] * (width - len(labels)))[:_WIDEST]
    return Layout(tuple(named), rows[last][0], first, titles, bool(after), found)


def _unique(labels: Sequence[str]) -> list[str]:
    """Labels with a number in brackets behind those that occur again, so that each can be named."""
    seen: Counter[str] = Counter()
    unique = []
    for label in labels:
        seen[label] += 1
        unique.append(f"{label} ({seen[label]})" if label and seen[label] > 1 else label)
    return unique


def _usual_width(rows: Sequence[Cells], labels: int, *, delimited: bool) -> int:
    """How many cells rows have; in delimited text cells beyond the labels only count while they are blank."""
    widths = Counter(len(cells) for cells in rows)
    usual = widths.most_common(1)[0][0] if widths else 0
    if delimited and any(any(cells[labels:]) for cells in rows):
        return labels  # something stands beyond the last label: a delimiter inside a cell, not a column
    return usual


def is_ruler(cell: str) -> bool:
    """Whether a cell is a line drawn with characters."""
    return bool(_RULER.fullmatch(cell.strip()))


def is_total(cell: str) -> bool:
    """Whether a cell names a total."""
    return bool(_TOTAL.fullmatch(cell.strip().lower()))


def _is_comment(cells: Cells) -> bool:
    first = next((c for c in cells if c), "")
    return first.startswith("#") and first != "#"  # which alone is the name of a column of numbers


def _first_wide(rows: Sequence[tuple[int, Cells]], filled: Sequence[int]) -> int:
    """The first record as wide as most are."""
    counts = Counter(sum(1 for c in rows[i][1] if c) for i in filled)
    usual = max(counts, key=lambda n: (counts[n] * (n > 1), n))
    return next(i for i in filled if sum(1 for c in rows[i][1] if c) >= usual)


def _with_neighbours(
    rows: Sequence[tuple[int, Cells]],
    filled: Sequence[int],
    best: int,
    rank: HeaderRank,
    is_data: Callable[[str], bool],
) -> tuple[list[str], int]:
    """The labels, joined with a second header row below or above where that names more; and the last header row."""
    header = rows[best][1]
    below = next((i for i in filled if i > best), None)
    if below is not None and rows[below][0] == rows[best][0] + 1:
        under = rows[below][1]
        named = [c for c in under if c]
        joined = _joined(header, under, rank)
        # A label merged over both rows stands in each of them.
        pairs = zip(_padded(header, under), _padded(under, header), strict=True)
        leaves = any(a and (not b or a == b) for a, b in pairs)
        plain = not any(is_data(c) or is_ruler(c) for c in named)
        # Groups may have parts throughout; then their names together must say more.
        least = rank(header) - 1 if leaves else rank(header) + 1
        if len(named) >= 2 and plain and len(joined) and rank(joined) >= least:
            return joined, below
    above = rows[best - 1][1] if best - 1 in filled else []
    named = [c for c in header if c]
    if sum(1 for c in above if c) >= 2 and not any(map(is_data, above)):
        # The same word stands below several groups, 编号 below 客户 and below 单据, or one is known by its group alone.
        grouped = _joined(above, header, rank)
        least = rank(header) - 1 if len(set(named)) < len(named) else rank(header) + 1
        if grouped and len(set(grouped)) == len(grouped) and rank(grouped) >= least:
            return grouped, best
    if above and any(not c for c in header):
        joined = [b or a for a, b in zip(_padded(above, header), _padded(header, above), strict=True)]
        if sum(1 for c in above if c) >= 2 and rank(joined) > rank(header):
            return joined, best
    return list(header), best


def _joined(header: Cells, under: Cells, rank: HeaderRank) -> list[str]:
    """Two header rows as one; a label above several of the lower row belongs to each. Empty if they do not fit.

    A group and its part are named in the order that is known: 日期 over 开票 is 开票日期, 金额 over 应收金额 is that.
    """
    joined, group = [], ""
    for above, below in zip(_padded(header, under), _padded(under, header), strict=True):
        group = above or (group if below else "")
        if below and not group:
            return []
        over = (above or group if below else above) if above != below else ""
        if below and over and bucket_of(over):  # its amount has the name of the bucket, its share is none
            joined.append(f"{over} {below}" if _SHARE.search(below) else over)
            continue
        ways = (f"{over} {below}".strip(), f"{below}{over}", below)
        joined.append(next((way for way in ways if over and below and rank([way]) >= 1), ways[0]))
    return joined


def _padded(cells: Sequence[str], other: Sequence[str]) -> list[str]:
    return list(cells) + [""] * (max(len(cells), len(other)) - len(cells))


def as_of_date(
    titles: Sequence[str], name: str, newest: dt.date | None, latest: dt.date | None = None
) -> dt.date | None:
    """The date a report says it was made for, in a title or the file's `name`; None where nothing says so.

    A title that speaks of one says so; then comes the end of a period in a title; then a date alone, unless documents
    are younger. With `latest`, also the last day of a month that one of them names, if it is no later than that.
    """
    if spoken := stated_day(titles):
        return spoken
    dated = [(title, dates_in_text(title)) for title in titles]
    for dates in (dates for _, dates in dated if len(dates) > 1):
        return dates[-1]
    alone = [date for _, dates in dated for date in dates] + days_in_name(name)
    if latest is not None:
        alone += [day for text in (*titles, name) if (day := _end_of_month_in(text)) and day <= latest]
    return next((date for date in alone if newest is None or date >= newest), None)


def days_in_name(name: str) -> list[dt.date]:
    """The days that the name of a file holds."""
    return dates_in_text(_spaced(name))


_MONTHS_NAMED = (
    (re.compile(r"(?<!\d)(20\d\d)\s*(?:年|[-_./])?\s*(1[0-2]|0[1-9]|[1-9](?=\s*月))(?!\d|[-_./]\d)"), (1, 2)),
    (re.compile(r"(?<![\d.\-/])(1[0-2]|0?[1-9])[-./](20\d\d)(?!\d)"), (2, 1)),
    (re.compile(r"(?<![^\W_])([^\W\d_]{3,9})(?:[\s_.\-']*(?=20\d\d)|[-']?)(20\d\d|\d\d)(?!\d)"), (2, 1)),
)


def _end_of_month_in(text: str) -> dt.date | None:
    """The last day of the month that a text names with its year, such as `2026年3月`, `2026-03` or `March 2026`."""
    for pattern, (year, month) in _MONTHS_NAMED:
        for found in pattern.finditer(unicodedata.normalize("NFKC", text)):
            word = found[month]
            number = int(word) if word.isdigit() else month_named(word)
            if number:
                return _month_end(int(found[year]) + (0 if len(found[year]) == 4 else 2000), number)
    return None


def stated_day(titles: Sequence[str]) -> dt.date | None:
    """The day that a title names as the one the list was made for, or None."""
    spoken = [dates for title in titles if _AS_OF.search(title) and (dates := dates_in_text(title))]
    return spoken[0][-1] if spoken else None


_MONTHS_STATED = re.compile(
    r"(20\d\d)\s*[年.\-/]?\s*(0?[1-9]|1[0-2])\s*月?\s*(?:-|–|—|~|～|至|到)\s*(?:(20\d\d)\s*[年.\-/]?\s*)?(0?[1-9]|1[0-2])\s*月?(?![\d.年\-/])"
)
_MONTH_STATED = re.compile(r"(?<!\d)(20\d\d)\s*年\s*(1[0-2]|0?[1-9])\s*月(?!\s*\d)")
_YEAR_STATED = re.compile(r"(?<!\d)(20\d\d)\s*年度?(?!\s*\d)")


def titled_period(titles: Sequence[str]) -> tuple[dt.date, dt.date] | None:
    """First and last day of the only period that the titles name, of a year at most: two days, months, or a year."""
    found: set[tuple[dt.date, dt.date]] = set()
    for title in titles:
        text = unicodedata.normalize("NFKC", title)
        if _AS_OF.search(text):
            continue
        days = dates_in_text(text)
        if len(days) == 2:
            found.add((days[0], days[1]))
        elif days:
            continue
        elif m := _MONTHS_STATED.search(text):
            first = dt.date(int(m[1]), int(m[2]), 1)
            found.add((first, _month_end(int(m[3] or m[1]), int(m[4]))))
        elif m := _MONTH_STATED.search(text):
            found.add((dt.date(int(m[1]), int(m[2]), 1), _month_end(int(m[1]), int(m[2]))))
        elif m := _YEAR_STATED.search(text):
            found.add((dt.date(int(m[1]), 1, 1), dt.date(int(m[1]), 12, 31)))
    if len(found) != 1:
        return None
    first, last = found.pop()
    return (first, last) if first <= last < first + dt.timedelta(days=366) else None


def titled_year(titles: Sequence[str]) -> int | None:
    """The year of the period that the titles name, where it lies within one."""
    period = titled_period(titles)
    return period[0].year if period and period[0].year == period[1].year else None


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def stated_period(cells: Sequence[str]) -> tuple[dt.date, dt.date] | None:
    """First and last day of a DATEV batch by its first record: of the batch, else of its financial year."""
    if not cells or cells[0].strip() not in ("EXTF", "DTVF"):
        return None
    year, first, last = ([*map(_compact_date, cells[12:16]), *[None] * 4][i] for i in (0, 2, 3))
    if first and last and first <= last < first + dt.timedelta(days=366):
        return first, last
    return (year, year + dt.timedelta(days=364)) if year else None


def _compact_date(cell: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(cell.strip(), "%Y%m%d").date()
    except ValueError:
        return None


def _spaced(name: str) -> str:
    """A file name with its parts apart and figures such as 20260331 written as a date."""
    return re.sub(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", r"\1-\2-\3", name.replace("_", " "))
