"""What a list of open items says beside the other lists of its customers: what it makes paid, and what it may lack."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_errors import ListOfDays, ListsApart, ListsOfDaysApart
from pipelines.importing.imports_figures import amount_text
from pipelines.importing.imports_order import in_turn, neighbours
from pipelines.importing.imports_reading import Reading
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.literals import literal, parquet
from pipelines.reading.readers_layout import days_in_name
from pipelines.settings import Settings

# The notes to act on: the day is not said, a part is missing, or the list goes on where one of another source ended.
TO_ACT_ON = (
    "list_day_newest",
    "list_day_passed",
    "list_lacks_entity",
    "list_lacks_region",
    "list_lacks_rep",
    "list_lacks_not_due",
    "list_leaves_open",
    "list_of_other_source",
)
# The notes that other imports make true or untrue, so that they are told anew when they are shown.
BESIDE_OTHERS = ("list_pays", "payments_give_way", *(code for code in TO_ACT_ON if not code.startswith("list_day_")))
_PARTS = {"list_lacks_entity": "entity_id", "list_lacks_region": "region", "list_lacks_rep": "rep"}
_FEW = 3  # items of a part that may well all have been paid
_WHOLE = 10  # and of a whole list
_DAYS = 50  # different days that are looked at
_DAY_OF_LIST = re.compile(
    r"as[ _-]?of([ _-]?date)?|(snapshot|report|balance|cut[ -]?off|statement)[ _]date|stichtag|"
    r"(截止|截至|报表|统计|数据|快照|余额)(日期|日|时间)|基准日",
    re.I,
)
_NAMED = 5  # parts that are named
_ITEM = "using (entity_id, invoice_id, instalment_no)"


def day_notes(report: ImportReport, stated: dt.date | None, named: Sequence[dt.date]) -> list[dict[str, Any]]:
    """A note where nothing says the day of a list, so that it is that of its newest document.

    `stated` is the day a person, a title or the file's name says, `named` are all that its name holds.
    """
    if stated or report.as_of is None or not report.is_of_a_day:
        return []
    day = report.as_of.isoformat()
    if named:
        return [{"code": "list_day_passed", "day": day, "named": max(named).isoformat()}]
    return [{"code": "list_day_newest", "day": day}]


def day_of_column(reading: Reading, name: str) -> dt.date | None:
    """The day that a column such as `As of` says in every row, if there is one. Raises ListOfDays for several."""
    for index, label in enumerate(reading.layout.labels):
        if label not in reading.mapping.unmapped or not _DAY_OF_LIST.fullmatch(" ".join(label.split())):
            continue
        texts = reading.con.execute(
            f"select distinct cast(c{index} as varchar) from raw where c{index} is not null order by 1 limit {_DAYS}"
        ).fetchall()
        days = sorted({day for (text,) in texts for day in days_in_name(text)[:1]})
        if len(days) > 1:
            raise ListOfDays(name, label, days[0], days[-1])
        if days:
            return days[0]
    return None


def list_notes(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """What a list of open items makes paid of the one before it, what looks as though it were not the whole, and what
    lists leave open of the invoices beside them. `others` are the imports in force.
    """
    return [
        *_against_before(con, rows, report, others, settings),
        *_left_open(con, rows, report, others, settings),
    ]


def _against_before(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """What a list makes paid of the one before it, and what looks as though it were not the whole."""
    if not report.is_open_list:
        return []
    before, _ = neighbours(report, others)
    new = _items([rows], settings)
    if before is None:
        return _follows(con, new, report, others, settings)
    old = _items([rows_of(settings, before)], settings)
    con.execute(f"create or replace temp table gone as from ({old}) anti join ({new}) {_ITEM}")
    sums = con.execute(
        "select coalesce(currency, ''), sum(coalesce(open_amount, amount)), count(*) from gone group by 1 order by 1"
    ).fetchall()
    if not sums:
        return []
    about = {"file": before.file_name, "day": str(before.as_of), "until": str(report.as_of)}
    pays = {
        "code": "list_pays",
        "count": sum(count for *_, count in sums),
        "all": before.rows_accepted,
        "totals": [amount_text(currency, amount).strip() for currency, amount, _ in sums],
    }
    return [pays | about, *(_lacking(con, new, about) or _without_not_due(con, old, new, about))]


def _lacking(con: duckdb.DuckDBPyConnection, new: str, about: dict[str, str]) -> list[dict[str, Any]]:
    """A note on parts of the list before that are gone as a whole; of a region gone its reps are not named again."""
    for code, column in _PARTS.items():
        parts = con.execute(
            f"""select {column}, count(*) from gone
                where {column} is not null and {column} not in (select {column} from ({new}) where {column} is not null)
                    and exists (select 1 from ({new}) where {column} is not null)
                group by {column} having count(*) >= {_FEW} order by 2 desc, 1"""
        ).fetchall()
        if parts:
            names = [str(name) for name, _ in parts[:_NAMED]]
            more = [f"… ({len(parts)})"] if len(parts) > _NAMED else []
            return [{"code": code, "count": sum(n for _, n in parts), "names": names + more} | about]
    return []


def _without_not_due(con: duckdb.DuckDBPyConnection, old: str, new: str, about: dict[str, str]) -> list[dict[str, Any]]:
    """A note where nothing falls due after the day of the list, as it did in the list before: overdue items only."""
    before, dated, now = con.execute(
        f"""select (select count(*) from ({old}) where due_date > cast($day as date)),
                count(due_date), count(*) filter (due_date > cast($until as date)) from ({new})""",
        {"day": about["day"], "until": about["until"]},
    ).fetchone() or (0, 0, 0)
    return [{"code": "list_lacks_not_due", "count": before} | about] if before >= _FEW <= dated and not now else []


def _follows(
    con: duckdb.DuckDBPyConnection, new: str, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """A note where the first list of a source holds items of the last list of another."""
    until = report.as_of or dt.date.max
    earlier = (each for each in in_turn(others) if each.is_open_list and each.as_of and each.as_of <= until)
    last = {each.source: each for each in earlier if each.source != report.source}
    found = [
        (count, each)
        for each in last.values()
        if (
            count := (
                con.execute(
                    f"select count(*) from ({new}) semi join ({_items([rows_of(settings, each)], settings)}) {_ITEM}"
                ).fetchone()
                or (0,)
            )[0]
        )
    ]
    if not found:
        return []
    count, other = max(found, key=lambda each: each[0])
    return [
        {
            "code": "list_of_other_source",
            "count": count,
            "rows": report.rows_accepted,
            "file": other.file_name,
            "day": str(other.as_of),
            "source": report.source,
            "other": other.source,
        }
    ]


def _left_open(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """A note on invoices of a ledger that no list of their customers holds, where no receipts say who paid."""
    if report.kind != "invoices" or any(each.kind == "receipts" for each in others):
        return []
    every = [(each, rows_of(settings, each)) for each in others if each.kind == "invoices"] + [(report, rows)]
    lists = [path for each, path in every if each.is_open_list]
    ledgers = [path for each, path in every if not each.is_open_list]
    until = max((each.as_of for each, _ in every if each.is_open_list and each.as_of), default=None)
    if not lists or not ledgers or until is None:
        return []
    sums = con.execute(
        f"""with listed as ({_items(lists, settings)})
            select coalesce(currency, ''), sum(amount), count(*)
            from ({_items(ledgers, settings)}) semi join listed using (entity_id, customer_id) anti join listed {_ITEM}
            where issue_date <= cast($until as date) and open_amount is null and settled_date is null
                and coalesce(status, '') not in ('paid', 'void', 'draft')
            group by 1 order by 1""",
        {"until": str(until)},
    ).fetchall()
    if not sums:
        return []
    return [
        {
            "code": "list_leaves_open",
            "day": str(until),
            "count": sum(count for *_, count in sums),
            "totals": [amount_text(currency, amount).strip() for currency, amount, _ in sums],
        }
    ]


def refuse_rest(report: ImportReport, rows: Path, others: Sequence[ImportReport], settings: Settings) -> None:
    """Raise ListsApart or ListsOfDaysApart for open items that share no invoice with the list before or after.

    As a later list they would make all of the other paid, though both may be parts of one list or, where the two are of
    one day, its rows that have been mended. `others` are the imports in force.
    """
    if not report.is_open_list:
        return
    before, after = neighbours(report, others)
    for other, paid in ((before, before), (after, report)):
        if other is None or paid is None or not other.rows_accepted:
            continue
        if other.as_of != report.as_of and paid.rows_accepted < _WHOLE:
            continue
        with duckdb.connect() as con:
            shared = con.execute(
                "select 1 from read_parquet(?) semi join read_parquet(?) using (invoice_id) limit 1",
                [str(rows), str(rows_of(settings, other))],
            ).fetchone()
        if shared is not None:
            continue
        if other.as_of == report.as_of:
            raise ListsApart(report.file_name, other.file_name, report.source)
        raise ListsOfDaysApart(report.file_name, other.file_name, str(other.as_of), paid.rows_accepted, report.source)


def _items(rows: Sequence[Path], settings: Settings) -> str:
    """SQL for the rows of imports, each item with its whole key."""
    return (
        f"select * replace (coalesce(entity_id, {literal(settings.default_entity)}) as entity_id, "
        f"coalesce(instalment_no, 1) as instalment_no) from {parquet(*rows)}"
    )
