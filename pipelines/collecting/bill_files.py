"""A register of bills as people keep it or a bank exports it: its rows as typed values, with what cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines import i18n, scratch
from pipelines.canonical import MONEY, Column
from pipelines.errors import UserError
from pipelines.importing.imports_columns import (
    ColumnPlan,
    Context,
    stated_currency,
    text_column,
    text_facts,
    word_column,
)
from pipelines.importing.imports_errors import HeaderOnly
from pipelines.importing.imports_rejects import LABELLED
from pipelines.reading import mapping as mappings
from pipelines.reading.mapping import Mapping, SourceColumn
from pipelines.reading.mapping_bills import is_register, rank_register, register_columns
from pipelines.reading.mapping_errors import KindUnclear
from pipelines.reading.memory import limited
from pipelines.reading.readers import open_export
from pipelines.reading.readers_dates import located
from pipelines.reading.readers_layout import Layout, is_ruler, is_total
from pipelines.reading.readers_raw import Raw
from pipelines.reading.values_numbers import bare_dollar, is_japanese, stated_unit
from pipelines.reading.values_words import by_table, is_blank
from pipelines.settings import Settings

# In the order in which a row's first fault is said. What names a bill is an id, as a receipt's number is.
COLUMNS = (
    Column("bill_number", "VARCHAR"), Column("part", "VARCHAR"), Column("part_to", "VARCHAR"),
    Column("entity_id", "VARCHAR"), Column("customer_id", "VARCHAR"), Column("customer_name", "VARCHAR"),
    Column("amount", MONEY), Column("currency", "VARCHAR"), Column("due_on", "DATE"), Column("drawn_on", "DATE"),
    Column("received_on", "DATE"), Column("bill_state", "VARCHAR"), Column("state_on", "DATE"),
    Column("discounted_on", "DATE"), Column("endorsed_on", "DATE"), Column("cleared_on", "DATE"),
    Column("bounced_on", "DATE"), Column("invoice_id", "VARCHAR"), Column("drawer", "VARCHAR"),
    Column("drawee", "VARCHAR"),
)  # fmt: skip
REQUIRED = ("bill_number", "customer_name", "amount", "due_on")
# Why a row is none of a bill: what lists hold beside their documents.
NO_BILL = ("total_row", "ruler_row", "repeated_header", "heading_row", "footer_row")
_AS_ID = {"bill_number": "receipt_id"}
_MEMORY = "500MB"
_state = by_table("bill_state")


class BillColumnsMissing(UserError):
    """The header of a register of bills lacks what no bill can be entered without."""

    def __init__(self, file: str, columns: Sequence[str], headers: Sequence[str]) -> None:
        self.file, self.columns, self.headers = file, list(columns), list(headers)
        super().__init__("error.bill_no_customer" if self.columns == ["customer_name"] else "error.bill_columns")

    def text(self, language: str) -> str:
        columns = i18n.listed(language, [i18n.translate(language, f"column.{name}") for name in self.columns])
        headers = i18n.listed(language, self.headers[:30]) or "–"
        return i18n.translate(language, self.code, file=self.file, columns=columns, headers=headers)


class NoBillRegister(UserError):
    """The file is a list of something else, which is loaded elsewhere."""

    def __init__(self, file: str, kind: str) -> None:
        self.file, self.kind = file, kind
        super().__init__("error.no_bill_register")

    def text(self, language: str) -> str:
        kind = i18n.translate(language, f"kind.{self.kind}")
        return i18n.translate(language, self.code, file=self.file, kind=kind)


@dataclass(frozen=True)
class Row:
    """One row of a register: its values by column, or why they cannot be used.

    `raw` is the row as written. `reason` is a reason to be put in words, of the column `column_name` that holds
    `value`; None where the row can be read.
    """

    sheet: str | None
    line_no: int
    values: dict[str, Any]
    raw: str
    reason: dict[str, Any] | None = None
    column_name: str | None = None
    value: str | None = None

    @property
    def place(self) -> str:
        """Where the row stands: its line, after its sheet where several were read."""
        return f"{self.sheet}!{self.line_no}" if self.sheet else str(self.line_no)


@dataclass(frozen=True)
class BillFile:
    """A register as it was read: its rows, the header of each column understood, those left over, and notes."""

    name: str
    rows: list[Row]
    columns: dict[str, str]
    unused: tuple[str, ...]
    notes: list[dict[str, Any]] = field(default_factory=list)


def read(path: Path, settings: Settings) -> BillFile:
    """The rows of a register of bills: CSV or a workbook, whose sheets with the same columns are read together.

    Raises BillColumnsMissing, NoBillRegister, and what the readers raise of a file that cannot be opened.
    """
    with limited(settings.import_memory_mb, path.name), scratch.folder() as folder:
        raw, layout = _located(open_export(path, Path(folder), rank_register))
        columns = _understood(raw, layout, path.name)
        tables, left = [(raw, layout, columns)], list[str]()
        for sheet in raw.beside:
            if sheet.open is None:
                continue  # blank, hidden or without a table
            other, its_layout = _located(sheet.open())
            own = register_columns(its_layout.labels)
            if its_layout.has_rows and _headers(its_layout, own) == _headers(layout, columns):
                tables.append((other, its_layout, own))
            else:
                left.append(sheet.name)
        tables.sort(key=lambda table: raw.sheets.index(table[0].sheet) if table[0].sheet in raw.sheets else 0)
        rows, notes = list[Row](), list[dict[str, Any]]()
        for each, its_layout, own in tables:
            sheet_name = each.sheet if len(tables) > 1 else None
            rows += _rows(each, its_layout, own, settings, sheet_name, notes)
    if not rows:
        raise HeaderOnly(path.name, layout.header_line)
    notes = list({str(note): note for note in notes}.values())
    if len(tables) > 1:
        notes.append(
            {"code": "sheets_together", "count": len(tables), "sheets": [str(each.sheet) for each, *_ in tables]}
        )
    if left:
        notes.append({"code": "bill_sheets_left", "sheets": left})
    used = set(columns.values())
    unused = tuple(label for i, label in enumerate(layout.labels) if label.strip() and i not in used)
    return BillFile(path.name, rows, _headers(layout, columns), unused, notes)


def _located(raw: Raw) -> tuple[Raw, Layout]:
    return located(raw, rank_register, mappings.is_data)


def _headers(layout: Layout, columns: dict[str, int]) -> dict[str, str]:
    return {column.name: layout.labels[columns[column.name]] for column in COLUMNS if column.name in columns}


def _understood(raw: Raw, layout: Layout, name: str) -> dict[str, int]:
    """The columns of a table that is a register of bills. Raises BillColumnsMissing and NoBillRegister."""
    columns = register_columns(layout.labels)
    sample = [cells for line, cells in raw.head if line >= layout.first_line]
    titles = [*layout.titles, raw.sheet or "", name]
    told = is_register(columns, layout.labels, titles, sample)
    if not told and (kind := _other_kind(layout, name)):
        raise NoBillRegister(name, kind)
    missing = [each for each in REQUIRED if each not in columns]
    if "customer_id" in columns and "customer_name" in missing:
        missing.remove("customer_name")
    if missing:
        raise BillColumnsMissing(name, missing, [label for label in layout.labels if label.strip()])
    if not layout.has_rows:
        raise HeaderOnly(name, layout.header_line)
    return columns


def _other_kind(layout: Layout, name: str) -> str | None:
    """The kind of export a table is that could be imported as it stands; None where it is none."""
    try:
        return mappings.choose(layout.labels, name, titles=layout.titles).kind
    except KindUnclear as unclear:
        return unclear.kinds[0]
    except UserError:
        return None


def _rows(
    raw: Raw,
    layout: Layout,
    columns: dict[str, int],
    settings: Settings,
    sheet: str | None,
    notes: list[dict[str, Any]],
) -> list[Row]:
    """The rows of one table, each with its values or its first fault."""
    with duckdb.connect(config={"memory_limit": _MEMORY}) as con:
        raw.load(con, "raw", layout.first_line, len(layout.labels), {})
        plans = _plans(con, raw, layout, columns, settings, notes)
        names = [column.name for column in COLUMNS]
        values = ", ".join(f"{plans[name].value} as {name}" for name in names)
        faults = ", ".join(f"{plans[name].fault} as fault_{name}" for name in names)
        joins = " ".join(plan.join for plan in plans.values() if plan.join)
        cells = ", ".join(f"raw.c{i}" for i in range(len(layout.labels)))
        found = con.execute(f"select line_no, {values}, {faults}, extra, {cells} from raw {joins} order by line_no")
        records = found.fetchall()
    shown = tuple(label.strip() for label in layout.labels)
    count, rows = len(names), list[Row]()
    for line, *record in records:
        typed = dict(zip(names, record[:count], strict=True))
        found_faults = dict(zip(names, record[count : 2 * count], strict=True))
        extra, written = record[2 * count], [str(cell or "") for cell in record[2 * count + 1 :]]
        text = " | ".join([*written, *([extra] if extra else [])])
        row = Row(sheet, line, typed, text)
        rows.append(_judged(row, written, extra, found_faults, columns, layout.labels, shown))
    return _ends(rows)


def _plans(
    con: duckdb.DuckDBPyConnection,
    raw: Raw,
    layout: Layout,
    columns: dict[str, int],
    settings: Settings,
    notes: list[dict[str, Any]],
) -> dict[str, ColumnPlan]:
    """How each column is read, as those of exports are: dates first, as they tell each other their order."""
    sources = {name: SourceColumn(i, layout.labels[i], "synonym", 1.0) for name, i in columns.items()}
    kinds = {name: kind for name, kind, *_ in con.execute("describe raw").fetchall()}
    texts = text_facts(
        con, Mapping("bills", {_AS_ID.get(name, name): each for name, each in sources.items()}, ()), kinds, raw.absent
    )
    said: list[dict[str, object]] = []
    context = Context(
        con, {}, settings.two_digit_year_pivot, european=raw.delimiter == ";", zone=settings.timezone, notes=said,
        unit=stated_unit(layout.titles),
    )  # fmt: skip
    plans: dict[str, ColumnPlan] = {}
    for column in sorted(COLUMNS, key=lambda each: (each.sql_type != "DATE", each.sql_type != MONEY)):
        source = sources.get(column.name)
        if source is None:
            plans[column.name] = ColumnPlan(column.name, column.sql_type, False, f"null::{column.sql_type}")
        elif column.sql_type == "DATE":
            plans[column.name] = context.dates(column, source)
        elif column.sql_type == MONEY:
            plans[column.name] = context.numbers(column, source)
        elif column.name == "currency":
            plans[column.name] = word_column(con, column, source, said)
        else:
            as_id = Column(_AS_ID.get(column.name, column.name), column.sql_type)
            plans[column.name] = text_column(as_id, source, texts.get(source.index, (False, False)))
    for column in COLUMNS:
        if plans[column.name].unclear and column.sql_type == "DATE":
            # The other dates may have decided the order in the meantime.
            plans[column.name] = context.dates(column, sources[column.name])
    if "currency" not in sources:
        japanese = raw.encoding == "cp932" or is_japanese("".join([*layout.labels, *layout.titles]))
        dollar = bare_dollar(settings.base_currency)
        plans["currency"] = stated_currency(con, plans, kinds, {}, japanese, dollar)
        said += [each for each in plans["currency"].evidence if each["code"] == "dollar_taken"]
    notes += [dict(each) for each in said]
    if raw.undecodable:
        notes.append({"code": "characters_lost", "count": raw.undecodable})
    if context.unit != 1:
        notes.append({"code": "unit_stated", "factor": context.unit})
    return plans


def _judged(
    row: Row,
    written: Sequence[str],
    extra: str | None,
    faults: dict[str, str | None],
    columns: dict[str, int],
    labels: Sequence[str],
    shown: tuple[str, ...],
) -> Row:
    """The row as it is, or with the first reason for which it is no bill."""

    def faulty(code: str, name: str | None = None, value: str | None = None) -> Row:
        label = labels[columns[name]] if name in columns else None
        reason = {"code": code, "column": label} if name else {"code": code}
        return replace(row, reason=reason, column_name=label, value=value)

    filled = [cell.strip() for cell in written if cell.strip()]
    if tuple(cell.strip() for cell in written) == shown:
        return faulty("repeated_header", value=filled[0])
    if all(map(is_ruler, filled)):
        return faulty("ruler_row", value=filled[0])
    number = row.values["bill_number"]
    if any(map(is_total, filled)) and (number is None or is_total(number)):
        return faulty("total_row", value=next(filter(is_total, filled)))
    if all(re.fullmatch(LABELLED, cell) for cell in filled) or (len(filled) == 1 and not re.search(r"\d", filled[0])):
        return faulty("heading_row", value=filled[0])
    if extra:
        return faulty("too_many_cells", value=extra)
    for name in faults:
        cell = written[columns[name]] if name in columns else None
        if faults[name]:
            return faulty(str(faults[name]), name, cell)
        if name in ("bill_number", "amount", "due_on") and row.values[name] is None:
            return faulty("missing_value", name, cell)
    word = row.values["bill_state"]
    # Banks add in brackets what may come next: 提示付款已拒付（可追索）.
    state = None if word is None or is_blank(word) else _state(word) or _state(re.sub(r"[(（].*", "", word))
    if state is None and word is not None and not is_blank(word):
        return faulty("bill_state_unknown", "bill_state", word)
    number = numbered(row.values["bill_number"], row.values["part"], row.values["part_to"])
    return replace(row, values=row.values | {"bill_number": number, "bill_state": state, "word": word})


def numbered(number: str, part: str | None, part_to: str | None) -> str:
    """The number of a bill, with the range of its sub-bill (子票区间) where it has one, however that is written.

    A range of nothing but noughts is a bill that cannot be parted.
    """
    ends = re.findall(r"\d+", f"{part or ''} {part_to or ''}")
    plain = "".join(number.split())
    if not ends or not any(int(end) for end in ends):
        return plain
    return f"{plain}-{'-'.join(str(int(end)) for end in ends)}"


def _ends(rows: list[Row]) -> list[Row]:
    """The rows, with text below the last bill said to be that and no heading."""
    last = max((i for i, row in enumerate(rows) if row.reason is None), default=-1)
    return [
        replace(row, reason={"code": "footer_row"}) if i > last and row.reason == {"code": "heading_row"} else row
        for i, row in enumerate(rows)
    ]
