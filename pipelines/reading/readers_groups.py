"""Reports in groups: the customer stands on a row of its own above its documents."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from pipelines.reading.mapping_buckets import bucket_of
from pipelines.reading.readers_layout import is_ruler
from pipelines.reading.readers_raw import Cells, Raw

Test = Callable[[str], bool]

_TOTAL_OF = re.compile(
    r"(?:sub)?totals?(?:\s+for)?\s*[-:：–]?\s*(?P<name>.+)|(?P<name2>.+?)\s*(?:total|小计|合计)", re.I
)


# A customer's name or number after the word for it: `Customer: 1001 - Ash Works`, `客户名称：青禾贸易`.
_LABELLED = re.compile(
    r"(?:核算项目\s*[:：]\s*)?[\[【]?(?P<label>(?:a/c|customer|client|debtor|kunde|debitor|cliente|客户|往来单位|购货单位|得意先|取引先|거래처)"
    r"\s*(?:no|nr|number|name|code|id|名称|编码|编号|代码|コード|名|명|코드)?)\.?(?:\s*[:：]\s*|\s*[\]】]\s*[:：]?\s*|\s{2,}|(?<=客户)\s*[-—]\s*)(?P<name>\S.*)",
    re.I,
)
_PAIR = re.compile(r"[^:：\d]{1,20}[:：]\s*\S")
# What stands there where a report was asked for several: `All`, `0001 to 0999`.
_SEVERAL = re.compile(
    r"(all|alle|todos|any|全部|所有|すべて|전체|[*%-]+)( .*)?|.*(\bto\b|\bbis\b|至|~|～|\.\.|,|、).*", re.I
)


@dataclass(frozen=True)
class Groups:
    """The column that holds the headings; `first` is the customer named above the table.

    Where `is_labelled`, customers stand after the word for them, in whatever column; where `is_shared`, the rows of
    documents have dates or numbers in the column of the headings.
    """

    column: int
    is_shared: bool = False
    is_labelled: bool = False
    first: str | None = None


def find_groups(
    raw: Raw, first_line: int, is_data: Test, is_total: Test, *, is_named: bool = False, width: int = 0
) -> Groups | None:
    """Whether the first records are grouped: headings alone on their row, rows below that leave that column blank.

    `is_named` says that the header has a column for the customer. Only where it has none, of the `width` columns, a
    customer may also stand after the word for it, above the table or within, or above a column of dates or numbers.
    """
    if not is_named:
        above = _named_last([(line, cells) for line, cells in raw.head if line < first_line])
        if above or any(labelled(cells) for line, cells in raw.head if line >= first_line):
            return Groups(width, is_labelled=True, first=above)
    stripped = [[c.strip() for c in cells] for line, cells in raw.head if line >= first_line]
    plain = [[c for c in cells if c] for cells in stripped]
    rows = [
        cells
        for cells, texts in zip(stripped, plain, strict=True)
        if texts and not all(map(is_ruler, texts)) and not (len(texts) > 1 and any(map(is_total, texts)))
    ]
    votes: dict[int, int] = {}
    details = [cells for cells in rows if sum(1 for c in cells if c) >= 3]
    for upper, below in pairwise(rows):
        column = _alone(upper, is_data, is_total)
        if column is None:
            continue
        nested = _alone(below, is_data, is_total) == column
        details_below = _filled(below) >= 3 and _is_free(below, column, is_data, is_named)
        if nested or details_below:
            votes[column] = votes.get(column, 0) + 1
    if not votes or not details:
        return None
    column = max(votes, key=lambda c: votes[c])
    free = sum(1 for cells in details if _is_free(cells, column, is_data, is_named))
    blank = sum(1 for cells in details if column >= len(cells) or not cells[column])
    return Groups(column, is_shared=blank < 0.8 * len(details)) if free >= 0.8 * len(details) else None


def labelled(cells: Sequence[str]) -> tuple[str, str] | None:
    """The label and the customer that a row names, in one cell or in two; behind them other labels may follow."""
    texts = [c.strip() for c in cells if c and c.strip()]
    if len(texts) > 2 and texts[0].endswith((":", "：")) and re.search("[:：]", texts[2]):
        texts = texts[:2]
    elif len(texts) > 1 and all(map(_PAIR.match, texts)):  # `A/C: A1 | Name: Ash | Tel: 1`
        texts = texts[:1]
    if not 1 <= len(texts) <= 2:
        return None
    found = _LABELLED.fullmatch(texts[0] if len(texts) == 1 else f"{texts[0].rstrip(' :：')}: {texts[1]}")
    return None if found is None or _SEVERAL.fullmatch(found["name"]) else (found["label"], found["name"].strip())


def _named_last(rows: Sequence[tuple[int, Sequence[str]]]) -> str | None:
    """The customer named last in rows."""
    return next((name for _, name in reversed(_named_rows(rows))), None)


def _named_rows(rows: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[int, str]]:
    """(line, customer) of every row that names one; of two in a row, as name and number, the first."""
    found: list[tuple[int, str, str]] = []
    for line, cells in rows:
        if named := labelled(cells):
            label, name = named
            if found and found[-1][0] == line - 1 and found[-1][1] != label:
                found[-1] = (line, label, found[-1][2])
            else:
                found.append((line, label, name))
    return [(line, name) for line, _, name in found]


def _is_free(cells: Cells, column: int, is_data: Test, is_named: bool) -> bool:
    """Whether a row of a document leaves the column of the headings to them."""
    return column >= len(cells) or not cells[column] or (not is_named and is_data(cells[column]))


def _filled(cells: Cells) -> int:
    return sum(1 for c in cells if c)


def _alone(cells: Cells, is_data: Test, is_total: Test) -> int | None:
    """The column of the only cell of a row, where that is a name and not a figure or a total."""
    if _filled(cells) != 1:
        return None
    column = next(i for i, c in enumerate(cells) if c)
    text = cells[column]
    return None if _is_no_name(text, is_data, is_total) else column


def _is_no_name(text: str, is_data: Test, is_total: Test) -> bool:
    """Whether a cell alone on its row is something else than a customer: a figure, a total, a line, a bucket's name."""
    return is_data(text) or is_total(text) or is_ruler(text) or bucket_of(text) is not None


def fill_groups(
    con: duckdb.DuckDBPyConnection,
    groups: Groups,
    width: int,
    is_data: Test,
    is_total: Test,
) -> None:
    """Add to the table `raw` the column `c<width>`: the heading each row stands under; headings themselves get none.

    Headings directly below one another nest: rows stand under the innermost, until a total row of its name ends it.
    """
    cells = ", ".join(f"c{i}" for i in range(width))
    filled = f"list_filter([{cells}], lambda x: x is not null and trim(x) <> '')"
    last = con.execute("select max(line_no) from raw").fetchone()
    if groups.is_labelled:
        few = f"select line_no, texts from (select line_no, {filled} as texts from raw)"
        few += " where len(texts) <= 2 or regexp_matches(texts[1], '[:：]')"
        named = _named_rows(con.execute(f"{few} order by line_no").fetchall())
        starts = ([(0, groups.first)] if groups.first else []) + named
        ends = [line - 1 for line, _ in starts[1:]] + [last[0] if last else 0]
        spans = [(start, end, name) for (start, name), end in zip(starts, ends, strict=True)]
    else:
        marks = con.execute(
            f"""select line_no, texts[1], len(texts), headed
                from (select line_no, c{groups.column} is not null as headed, {filled} as texts from raw)
                where len(texts) = 1 or headed order by line_no"""
        ).fetchall()
        spans = _spans(marks, last, is_data, is_total)
    con.execute("create or replace temp table spans (first_line bigint, last_line bigint, name varchar)")
    con.executemany("insert into spans values (?, ?, ?)", spans or [(0, 0, "")])
    _replace_raw(
        con,
        f"""select r.line_no, {cells}, case when len({filled}) > 1 then s.name end as c{width}, r.extra
            from raw r left join spans s on r.line_no between s.first_line and s.last_line""",
    )


def is_merged(rows: Sequence[Cells], column: int) -> bool:
    """Whether a column is only filled on the first row of each run, as merged cells come out in text."""
    details = [cells for cells in rows if _filled(cells) >= 3 and column < len(cells)]
    values = [cells[column].strip() for cells in details]
    if len(values) < 3 or not values[0]:
        return False
    named = [v for v in values if v]
    return len(set(named)) == len(named) and len(values) - len(named) >= 0.3 * len(values)


def fill_down(con: duckdb.DuckDBPyConnection, columns: Sequence[int], width: int) -> None:
    """Add to the table `raw` a column for each of `columns` in which blank cells repeat the one above."""
    cells = ", ".join(f"c{i}" for i in range(width))
    filled = f"len(list_filter([{cells}], lambda x: x is not null and trim(x) <> '')) >= 3"
    made = ", ".join(
        f"case when {filled} then last_value(c{c} ignore nulls) over (order by line_no) end as c{width + k}"
        for k, c in enumerate(columns)
    )
    _replace_raw(con, f"select line_no, {cells}, {made}, extra from raw")


def _replace_raw(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    con.execute(f"create table replacement as {sql}")
    drop_raw(con)
    con.execute("alter table replacement rename to raw")


def drop_raw(con: duckdb.DuckDBPyConnection) -> None:
    """Drop `raw`, whether it is a table or a view."""
    row = con.execute("select table_type from information_schema.tables where table_name = 'raw'").fetchone()
    con.execute("drop view raw" if row and row[0] == "VIEW" else "drop table raw")


def path_of(name: str, indent: int, above: Sequence[tuple[str, int]]) -> str:
    """A name with those it is indented below before it, `parent:child:grandchild`; `above` are (path, indent)."""
    parent = next((path for path, depth in reversed(above) if depth < indent), None)
    return f"{parent}:{name}" if parent else name


def _spans(
    marks: Sequence[tuple[int, str, int, bool]],
    last: tuple[int] | None,
    is_data: Test,
    is_total: Test,
) -> list[tuple[int, int, str]]:
    """(first line, last line, name) of every stretch of rows under one heading; indented ones with their path."""
    stack: list[tuple[str, str, int]] = []  # name, path of indented names down to it, indent
    spans: list[tuple[int, int, str]] = []
    start, previous_heading, ended_by_total = 0, -1, False
    for line, text, filled, in_column in marks:
        name = text.strip()
        if not in_column or is_data(name) or is_ruler(name) or bucket_of(name):
            continue
        if stack and line > start:
            spans.append((start, line - 1, stack[-1][1]))
        if is_total(name):
            ended = _TOTAL_OF.fullmatch(name)
            label = ((ended["name"] or ended["name2"]) if ended else "").strip().casefold()
            while stack and label in (name.casefold() for name, _, _ in stack):
                ended_by_total = True
                if stack.pop()[0].casefold() == label:
                    break
        elif filled == 1:
            if stack and not ended_by_total and previous_heading != line - 1:
                stack.pop()
            indent = len(text) - len(text.lstrip())
            stack.append((name, path_of(name, indent, [(path, depth) for _, path, depth in stack]), indent))
            previous_heading, ended_by_total = line, False
        start = line + 1
    if stack and last and last[0] >= start:
        spans.append((start, last[0], stack[-1][1]))
    return spans
