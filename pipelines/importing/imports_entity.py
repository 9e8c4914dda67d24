"""Rows that name no entity, in a book whose other imports know their customers in another entity: said, never moved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import list_imports
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

_KNOWING = ("invoices", "customers", "aged_summary")  # money may come from anybody: receipts make no customer known
_NAMED = 5  # entities that are named


@dataclass(frozen=True)
class _Sought:
    """What tells whose the rows are: the column of the file, where it is looked for, and the code of the note."""

    column: str
    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    code: str


_CUSTOMERS = _Sought("customer_id", _KNOWING, ("customer_id", "customer_name"), "entity_not_stated")
_INVOICES = _Sought("invoice_id", ("invoices",), ("invoice_id",), "entity_not_stated_of_invoices")


def entity_notes(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, settings: Settings, remembered: str | None
) -> list[dict[str, Any]]:
    """The note that the rows of a file without an entity look like those of another than the one they go to.

    `remembered` is the entity that a person stated for an earlier export of this source; without it rows that name none
    go to the default entity. Nothing is read where no other import names an entity.
    """
    if report.kind not in (*_KNOWING, "receipts"):
        return []
    others = [each for each in list_imports(settings) if not each.retracted_at and each.kind in _KNOWING]
    if not any("entity_id" in each.columns for each in others):
        return []
    entity = remembered or settings.default_entity
    unnamed = "entity_id is null" if remembered is None else f"entity_id = {_text(entity)}"
    (count, with_customer, with_invoice) = con.execute(
        f"""select count(*), count(customer_id),
                {"count(invoice_id)" if report.kind == "receipts" else "0"} from {_file(rows)} where {unnamed}"""
    ).fetchone() or (0, 0, 0)
    sought = _CUSTOMERS if with_customer else _INVOICES if with_invoice else None
    if sought is None:
        return []
    folder = Warehouse.of(settings).imports
    files = [folder / each.import_id / "rows.parquet" for each in others if each.kind in sought.kinds]
    if not files:
        return []
    stored = " union all ".join(
        f"select coalesce(entity_id, {_text(settings.default_entity)}) as entity_id, {column} as name "
        f"from read_parquet([{', '.join(map(_path, files))}], union_by_name = true) "
        f"where {column} in (select name from sought)"
        for column in sought.columns
    )
    found = con.execute(
        f"""with sought as materialized (
                select distinct {sought.column} as name from {_file(rows)}
                where {unnamed} and {sought.column} is not null),
            known as materialized (select distinct entity_id, name from ({stored})),
            own as (select name from known where entity_id = {_text(entity)})
            select entity_id, (select count(*) from sought), count(*), (select count(*) from own),
                count(*) filter (where name not in (select name from own))
            from known where entity_id <> {_text(entity)} group by entity_id order by count(*) desc, entity_id"""
    ).fetchall()
    if not found or max(only_there for *_, only_there in found) <= found[0][3]:
        return []
    return [
        {
            "code": sought.code,
            "rows": count,
            "count": found[0][1],
            "entities": [f"{name} ({known:,})" for name, _, known, *_ in found[:_NAMED]],
            "own": found[0][3],
            "entity": entity,
        }
    ]


def _file(rows: Path) -> str:
    return f"read_parquet({_path(rows)})"


def _path(rows: Path) -> str:
    return _text(str(rows))


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
