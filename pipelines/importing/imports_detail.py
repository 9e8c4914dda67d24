"""What a person wants to know of an import beyond its sums: its rejected rows by reason, and where exports disagree."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_order import in_turn
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import in_force, list_imports, rows_of
from pipelines.literals import literal, parquet
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

LINES = 20  # line numbers named for each reason
_COMPARED = ("customer_id", "doc_type", "issue_date", "due_date", "amount", "currency", "open_amount", "status")


@dataclass(frozen=True)
class Reason:
    """Why rows were not accepted: the reason to be put in words, how many rows, and where the first ones stand."""

    reason: dict[str, Any]
    rows: int
    lines: tuple[int | str, ...]

    @property
    def lines_text(self) -> str:
        """The line numbers as text, with an ellipsis where there are more."""
        return ", ".join(map(str, self.lines)) + ("…" if self.rows > len(self.lines) else "")


def rejected(settings: Settings, import_id: str, limit: int = 1_000_000) -> list[dict[str, Any]]:
    """The rows of an import that were not accepted, in file order: sheet, line_no, column_name, value, reason, raw.

    `sheet` is None where one sheet was read.
    """
    path = Warehouse.of(settings).imports / import_id / "rejected.parquet"
    names = ("sheet", "line_no", "column_name", "value", "reason", "raw")
    with duckdb.connect() as con:
        file = "read_parquet(?, file_row_number = true)"
        held = {name for name, *_ in con.execute(f"describe select * from {file}", [str(path)]).fetchall()}
        # Imports made before sheets were read together do not hold it.
        columns = ", ".join(name if name in held else f"null as {name}" for name in names)
        rows = con.execute(
            f"select {columns} from {file} order by file_row_number limit ?", [str(path), limit]
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def by_reason(rows: Sequence[dict[str, Any]]) -> list[Reason]:
    """The rejected rows by reason, the commonest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(_without_line(row["reason"]), []).append(row)
    ordered = sorted(found.values(), key=lambda alike: -len(alike))
    return [
        Reason(json.loads(alike[0]["reason"]), len(alike), tuple(_place(row) for row in alike[:LINES]))
        for alike in ordered
    ]


def _place(row: dict[str, Any]) -> int | str:
    """A row's line, after the sheet's name where several were read."""
    return f"{row['sheet']}!{row['line_no']}" if row.get("sheet") else int(row["line_no"])


def _without_line(reason: str) -> str:
    """A stored reason with the lines it names left out, so that the like stand together."""
    item = json.loads(reason)
    return json.dumps({k: ("…" if k in ("line", "lines") else v) for k, v in item.items()}, sort_keys=True)


def conflicts(settings: Settings, import_id: str, *, limit: int = 1000) -> list[dict[str, Any]]:
    """Invoices of an import that an earlier export of another source holds otherwise; the later one is used.

    A row a difference: file_name (of the earlier export), key, column, before, after. Empty for other kinds and for a
    retracted import, which counts no more. Raises NoSuchImport.
    """
    reports = list_imports(settings)
    report = next((each for each in reports if each.import_id == import_id), None)
    if report is None:
        raise NoSuchImport(import_id)
    if report.kind != "invoices" or report.retracted_at:
        return []
    turns = in_turn([each for each in reports if each.kind == "invoices" and not each.retracted_at])
    earlier = [each for each in turns[: turns.index(report)] if each.source != report.source]
    return _differences(settings, report, earlier, limit) if earlier else []


def _differences(
    settings: Settings, report: ImportReport, earlier: Sequence[ImportReport], limit: int
) -> list[dict[str, Any]]:
    """Compare column by column with the newest earlier row of each invoice instalment."""
    columns = [column.name for column in KINDS["invoices"] if column.name in _COMPARED]
    own = literal(settings.default_entity)  # rows without an entity are of this one
    entity = f"nullif(coalesce(entity_id, {own}), {own})"
    key = f"concat_ws(' · ', {entity}, invoice_id, nullif(coalesce(instalment_no, 1), 1))"
    plain = ", ".join(columns)
    parts = " union all ".join(
        f"select {place} as place, {key} as key, {plain} from {parquet(rows_of(settings, each))}"
        for place, each in enumerate(earlier)
    )
    differs = " union all ".join(
        f"select place, key, '{name}' as name, cast(old.{name} as varchar), cast(new.{name} as varchar) "
        f"from old join new using (key) where old.{name} is distinct from new.{name} and old.{name} is not null "
        f"and new.{name} is not null"
        for name in columns
    )
    with duckdb.connect() as con:
        con.execute(f"create temp table new as select {key} as key, {plain} from {parquet(rows_of(settings, report))}")
        con.execute(
            f"create temp table old as select * from ({parts}) semi join new using (key) "
            "qualify row_number() over (partition by key order by place desc) = 1"
        )
        rows = con.execute(f"select * from ({differs}) order by key, name limit {int(limit)}").fetchall()
    names = ("file_name", "key", "column", "before", "after")
    return [dict(zip(names, (earlier[row[0]].file_name, *row[1:]), strict=True)) for row in rows]


def layout_before(settings: Settings, source: str, kind: str | None) -> ImportReport | None:
    """The newest standing import of a source and kind: what a new file of that source is compared with."""
    same = [each for each in in_force(settings) if each.source == source]
    return next((each for each in reversed(same) if kind is None or each.kind == kind), None)
