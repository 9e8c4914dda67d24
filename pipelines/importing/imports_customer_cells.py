"""Customers whose number and name share one cell, `C001-East Steel`, taken apart where the whole column agrees."""

import re
from collections import Counter
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from pipelines.importing.imports_columns import ColumnPlan
from pipelines.literals import literal
from pipelines.reading.readers_layout import is_total

_LOOKED_AT = 200  # rows that tell whether the column is worth reading as a whole
_AGREED = 0.9  # of the cells, of their numbers' shape, and of numbers and names that go with one of the other
_SPACE = "[ \t\u00a0\u3000]"  # written out, as the database and Python do not mean the same by a class of blanks
_NUMBER = r"([A-Za-z]{0,6}[-_]?[0-9]{2,12})"  # a customer's number where no brackets tell it from a name
_BRACKETED = r"([0-9A-Za-z][0-9A-Za-z._/-]{0,18}[0-9])"
_NAME = "(.*[A-Za-z\u0080-\U0010ffff].*)"  # has a letter of some script


@dataclass(frozen=True)
class _Way:
    """How number and name share a cell: a pattern, which group is which, and the customers needed to believe it."""

    pattern: str
    number: int
    name: int
    fewest: int


# Names of companies may begin with figures, but hardly end in a number in brackets.
_WAYS = (
    _Way(rf"[\[(（【]{_SPACE}*{_BRACKETED}{_SPACE}*[\])）】]{_SPACE}*[-–—:：]?{_SPACE}*(.+)", 1, 2, 1),
    _Way(rf"(.+?){_SPACE}*[\[(（【]{_SPACE}*{_BRACKETED}{_SPACE}*[\])）】]", 2, 1, 2),
    _Way(rf"{_NUMBER}{_SPACE}*[-–—_/|:：、]{_SPACE}*{_NAME}", 1, 2, 3),
    _Way(f"{_NUMBER}{_SPACE}+{_NAME}", 1, 2, 3),
)


def split_customers(
    con: duckdb.DuckDBPyConnection, plans: dict[str, ColumnPlan], said: Dict[str, Any]
) -> list[dict[str, object]]:
    """Take number and name apart in `plans`, where one column holds both; the note on it, also where it is in doubt.

    A person who says that there is no column of numbers, or none of names, keeps the cells whole.
    """
    pair = [plans.get("customer_id"), plans.get("customer_name")]
    held = [plan for plan in pair if plan is not None and plan.source is not None]
    if len(held) != 1 or None in pair or held[0].fault != "null":
        return []
    lacking = "customer_name" if held[0].name == "customer_id" else "customer_id"
    if lacking in (said.get("columns") or {}):
        return []
    column = held[0]
    first = [text for (text,) in con.execute(f"select {column.value} from raw limit {_LOOKED_AT}").fetchall() if text]
    way = _way_of([text for text in first if not is_total(text)])
    if way is None:
        return []
    every = f"select {column.value} as cell, count(*) from raw group by cell having cell is not null"
    counts = dict(con.execute(every).fetchall())
    cells = {text: rows for text, rows in counts.items() if not is_total(text)}
    parts = {text: (m[way.number], m[way.name]) for text in cells if (m := re.fullmatch(way.pattern, text))}
    if len(parts) < _AGREED * len(cells) or sum(cells[text] for text in parts) < _AGREED * sum(cells.values()):
        return []
    if _are_codes({name for _, name in parts.values()}):
        return []
    sample = min(parts, key=lambda text: (-cells[text], text))
    shown = {"column": column.label, "cell": sample, "number": parts[sample][0], "name": parts[sample][1]}
    if not _belong_together(set(parts.values()), way):
        return [{"code": "customer_cells_perhaps", **shown}]
    _take_apart(plans, column, way)
    kept = [text for text in cells if text not in parts]
    notes: list[dict[str, object]] = [{"code": "customer_cells_split", "customers": len(set(parts.values())), **shown}]
    if kept:
        notes.append({"code": "customer_cells_whole", "column": column.label, "names": sorted(kept)[:5]})
    return notes


def _way_of(texts: list[str]) -> _Way | None:
    """The way in which most of these cells hold both."""
    for way in _WAYS:
        if texts and sum(bool(re.fullmatch(way.pattern, text)) for text in texts) >= _AGREED * len(texts):
            return way
    return None


def _are_codes(names: set[str]) -> bool:
    """Whether these are the ends of numbers, `1234-ABCDE`: one token in one case, with figures or all of one length."""
    tokens = [name for name in names if re.fullmatch("[0-9A-Z]+|[0-9a-z]+", name)]
    length = Counter(map(len, tokens)).most_common(1)
    numbered = sum(any(letter.isdigit() for letter in token) for token in tokens)
    return bool(length) and max(length[0][1], numbered) >= _AGREED * len(names)


def _belong_together(pairs: set[tuple[str, str]], way: _Way) -> bool:
    """Whether numbers and names are those of customers: enough of them, of one shape, each going with one other.

    A year, a region or the branch of a company, which may stand in a name as well, goes with several.
    """
    numbers, names = Counter(number for number, _ in pairs), Counter(name for _, name in pairs)
    shapes = Counter(re.sub(r"[A-Za-z]", "A", re.sub(r"[0-9]", "9", number)) for number in numbers)
    single = (sum(times == 1 for times in each.values()) / len(each) for each in (numbers, names))
    one_shape = shapes.most_common(1)[0][1] >= _AGREED * len(numbers)
    return len(numbers) >= way.fewest and one_shape and all(share >= _AGREED for share in single)


def _take_apart(plans: dict[str, ColumnPlan], column: ColumnPlan, way: _Way) -> None:
    """Let `plans` take number and name from the two parts of a cell; one that holds no number is a name as it is."""
    pattern = literal(f"^(?:{way.pattern})$")
    number, name = (f"regexp_extract({column.value}, {pattern}, {group})" for group in (way.number, way.name))
    plans["customer_id"] = replace(column, name="customer_id", value=f"nullif({number}, '')")
    name = f"coalesce(nullif({name}, ''), {column.value})"
    plans["customer_name"] = replace(column, name="customer_name", value=name)
