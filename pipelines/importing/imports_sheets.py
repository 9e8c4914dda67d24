"""Sheets of one workbook: read together where they are parts of one list, else named with why they are left out."""

import datetime as dt
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import UserError
from pipelines.importing.imports_errors import SheetsApart, SheetsOfDays, SheetsRepeat
from pipelines.importing.imports_figures import KEYS
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.importing.imports_table import Table, fill_customers, understand
from pipelines.reading import mapping as mappings
from pipelines.reading.mapping_errors import BillRegister
from pipelines.reading.readers_dates import located
from pipelines.reading.readers_layout import stated_day
from pipelines.reading.readers_raw import SHEET_LINES
from pipelines.reading.values_dates import dates_in_text
from pipelines.reading.values_numbers import stated_unit
from pipelines.settings import Settings

_FEW = 10  # of so many rows one may stand on two sheets of movements: the days where two periods meet
_NAMED = 12  # sheets named in a note


def together(
    main: Table, name: str, *, kind: str | None, said: Dict[str, Any], kept: list[str]
) -> tuple[list[Table], list[dict[str, Any]]]:
    """The tables to be read as one list, in the order of their sheets, and notes on the sheets that are not.

    A sheet belongs to it that is of the same kind and has the same columns with a meaning, wherever they stand.
    """
    name_of_main = main.raw.sheet or ""
    tables, left = {name_of_main: main}, dict[tuple[Any, ...], list[str]]()
    for sheet in main.raw.beside:
        if sheet.open is None:
            left.setdefault((sheet.why,), []).append(sheet.name)
            continue
        raw, layout = located(sheet.open(), mappings.rank_header, mappings.is_data)
        try:
            table = understand(raw, layout, name, kind=kind, said=said, kept=kept)
        except BillRegister:
            left.setdefault(("sheet_bills",), []).append(sheet.name)
            continue
        except UserError:
            left.setdefault(("sheet_other_columns", *_columns_apart(main, layout.labels)), []).append(sheet.name)
            continue
        if not layout.has_rows:
            left.setdefault(("sheet_empty",), []).append(sheet.name)
        elif table.mapping.kind != main.mapping.kind:
            left.setdefault(("sheet_other_kind", table.mapping.kind), []).append(sheet.name)
        elif _meaning(table) != _meaning(main):
            left.setdefault(("sheet_other_columns", *_columns_apart(main, _used(table))), []).append(sheet.name)
        elif _shape(table) != _shape(main):
            left.setdefault(("sheet_other_layout",), []).append(sheet.name)
        else:
            tables[sheet.name] = table
    names = [each for each in main.raw.sheets if each in tables] or [name_of_main]
    notes = [_left_out(reason, sheets, main.mapping.kind) for reason, sheets in left.items()]
    if len(names) > 1:
        notes.insert(0, {"code": "sheets_together", "count": len(names), "sheets": _named(names)})
    return [tables[each] for each in names], notes


def _used(table: Table) -> list[str]:
    sources = [*table.mapping.columns.values(), *(source for source, _ in table.mapping.buckets)]
    return list(dict.fromkeys(source.header for source in sources if source.how != "group"))


def _meaning(table: Table) -> dict[str, str]:
    """Canonical column → its header, in small letters."""
    columns = {column: source.header.casefold() for column, source in table.mapping.columns.items()}
    return columns | {f"{bucket}": source.header.casefold() for source, bucket in table.mapping.buckets}


def _shape(table: Table) -> tuple[object, ...]:
    """What else decides what a cell means: the unit stated above, and how customers stand over their rows."""
    groups = table.groups and (table.groups.is_shared, table.groups.is_labelled)
    return stated_unit(table.layout.titles), groups, len(table.merged)


def _columns_apart(main: Table, headers: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that only a sheet has, and those with a meaning that it lacks."""
    here, there = [h for h in headers if h.strip()], _used(main)
    known = {header.casefold() for header in here}, {header.casefold() for header in main.layout.labels}
    own = [header for header in here if header.casefold() not in known[1]]
    lacking = [header for header in there if header.casefold() not in known[0]]
    return tuple(_named(own or ["–"])), tuple(_named(lacking or ["–"]))


def _left_out(reason: tuple[Any, ...], sheets: list[str], kind: str) -> dict[str, Any]:
    code, *details = reason
    note: dict[str, Any] = {"code": code, "sheets": _named(sheets)}
    if code == "sheet_other_kind":
        return note | {"code_kind": details[0]}
    return note | ({"own": list(details[0]), "lacking": list(details[1])} if details else {})


def _named(names: Sequence[str]) -> list[str]:
    """The first of many names, and how many there are."""
    return [*names[:_NAMED], *([f"… ({len(names)})"] if len(names) > _NAMED else [])]


def joined(tables: Sequence[Table]) -> Table:
    """The tables as one, with the columns of the first; its lines are those of its sheets, told apart by thousands."""
    first = tables[0]
    if len(tables) == 1:
        return replace(first, raw=replace(first.raw, beside=()))
    names = tuple(str(table.raw.sheet) for table in tables)
    titles = tuple(dict.fromkeys(title for table in tables for title in table.layout.titles))
    unmapped = tuple(dict.fromkeys(header for table in tables for header in table.mapping.unmapped))
    return replace(
        first,
        raw=replace(first.raw, sheet=None, together=names, beside=(), pick=None),
        layout=replace(first.layout, titles=titles),
        mapping=replace(first.mapping, unmapped=unmapped),
    )


def load_together(con: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """Load all tables as the one table `raw`, all cells as text."""
    first, parts = tables[0], []
    added = 1 if first.groups else len(first.merged)
    for number, table in enumerate(tables):
        labels = table.layout.labels
        table.raw.load(con, "raw", table.layout.first_line, len(labels), {})
        fill_customers(con, table)
        con.execute(f"alter table raw rename to part_{number}")
        cells = [
            *(_cell(table, first, index) for index in range(len(first.layout.labels))),
            *(f"c{len(labels) + extra}" for extra in range(added)),
        ]
        named = ", ".join(f"{cell} as c{index}" for index, cell in enumerate(cells))
        parts.append(f"select {number * SHEET_LINES} + line_no as line_no, {named}, extra from part_{number}")
    con.execute(f"create table raw as {' union all '.join(parts)}")
    for number in range(len(tables)):
        con.execute(f"drop table part_{number}")


def _cell(table: Table, first: Table, index: int) -> str:
    """Where a table holds a column of the first: the one of the same meaning, else of the same header."""
    if table is first:
        return f"c{index}"
    for name, source in first.mapping.columns.items():
        if source.index == index:
            return f"c{table.mapping.columns[name].index}"
    label = first.layout.labels[index].casefold()
    places = {header.casefold(): place for place, header in enumerate(table.layout.labels) if header.strip()}
    return f"c{places[label]}" if label in places else "null::varchar"


def refuse_repeats(
    con: duckdb.DuckDBPyConnection, name: str, kind: str, tables: Sequence[Table], *, strict: bool
) -> None:
    """Raise SheetsRepeat for sheets that hold the same rows, and so are no parts of one list.

    A list of open items or a summary has none twice (`strict`), movements a few.
    """
    key = {"aged_summary": ("customer_id",), "invoices": KEYS["invoices"]}.get(kind)
    if kind == "receipts":
        key = ("entity_id", "receipt_id", "customer_id", "invoice_id", "paid_on", "amount")
    if key is None:
        return
    told = ", ".join(f"coalesce(cast({column} as varchar), '')" for column in key)
    shown = {"invoices": "invoice_id", "receipts": "coalesce(receipt_id, invoice_id, customer_id)"}
    con.execute(
        f"""create or replace temp table on_sheets as
            select line_no // {SHEET_LINES} as sheet, concat_ws('\x1f', {told}) as key,
                any_value({shown.get(kind, "customer_id")}) as shown
            from valued where fault is null group by all"""
    )
    worst = con.execute(
        """with sizes as (select sheet, count(*) as n from on_sheets group by sheet)
            select a.sheet, b.sheet, count(*) as n, min(a.shown), least(any_value(s.n), any_value(t.n))
            from on_sheets a join on_sheets b on a.key = b.key and a.sheet < b.sheet
                join sizes s on s.sheet = a.sheet join sizes t on t.sheet = b.sheet
            group by a.sheet, b.sheet order by n desc, 1, 2 limit 1"""
    ).fetchone()
    if worst and (strict or _FEW * worst[2] > worst[4]):
        one, other = (str(tables[place].raw.sheet) for place in worst[:2])
        raise SheetsRepeat(name, one, other, worst[2], str(worst[3]))


def refuse_days(report: ImportReport, tables: Sequence[Table]) -> None:
    """Raise SheetsOfDays for sheets with open items that name different days as their own."""
    days = {day: str(table.raw.sheet) for table in tables if (day := _day(table))}
    if report.is_open_list and len(days) > 1:
        (day, sheet), (other_day, other) = min(days.items()), max(days.items())
        raise SheetsOfDays(report.file_name, sheet, day, other, other_day)


def _day(table: Table) -> dt.date | None:
    """The day a sheet names as its own, in its titles or as its name."""
    named = dates_in_text(str(table.raw.sheet))
    return stated_day(table.layout.titles) or (named[0] if len(named) == 1 else None)


def refuse_parts(report: ImportReport, rows: Path, others: Sequence[ImportReport], settings: Settings) -> None:
    """Raise SheetsApart for a sheet with open items that shares no invoice with another of its workbook loaded before.

    `rows` is its Parquet file, `others` are the imports in force. As a later list of the same source it would make
    every invoice of the other sheet paid, though both may be parts of one list; as it would all other sheets, where
    they were loaded together.
    """
    sheet = report.format.get("sheet")
    if not report.is_open_list or not sheet:
        return
    for other in others:
        if not other.is_open_list or (other.source, other.file_name) != (report.source, report.file_name):
            continue
        parts = other.format.get("together") or []
        if sheet in parts:
            raise SheetsApart(report.file_name, str(sheet), ", ".join(p for p in parts if p != sheet), report.source)
        if (loaded := other.format.get("sheet")) == sheet or sheet not in other.format.get("sheets", ()):
            continue
        with duckdb.connect() as con:
            shared = con.execute(
                "select 1 from read_parquet(?) semi join read_parquet(?) using (invoice_id) limit 1",
                [str(rows), str(rows_of(settings, other))],
            ).fetchone()
        if shared is None:
            raise SheetsApart(report.file_name, str(sheet), str(loaded), report.source)
