"""Rows of an entity in a book whose other imports know their customers in another: said, never moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.literals import literal, parquet
from pipelines.settings import Settings

_KNOWING = ("invoices", "customers", "aged_summary")  # money may come from anybody: receipts make no customer known
_NAMED = 5  # entities that are named


@dataclass(frozen=True)
class _Sought:
    """What tells whose the rows are: the column of the file, where it is looked for, and the code of the note."""

    column: str
    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    code: str  # of rows without an entity
    code_named: str  # of rows with one


@dataclass(frozen=True)
class _Asked:
    """The import whose rows are asked about, and the other imports that may know whose they are."""

    con: duckdb.DuckDBPyConnection
    rows: Path
    report: ImportReport
    settings: Settings
    others: Sequence[ImportReport]


_CUSTOMERS = _Sought("customer_id", _KNOWING, ("customer_id", "customer_name"), "entity_not_stated", "entity_new")
_INVOICES = _Sought(
    "invoice_id", ("invoices",), ("invoice_id",), "entity_not_stated_of_invoices", "entity_new_of_invoices"
)


def entity_notes(
    con: duckdb.DuckDBPyConnection,
    rows: Path,
    report: ImportReport,
    others: Sequence[ImportReport],
    settings: Settings,
    *,
    stated: str | None,
    remembered: str | None,
) -> list[dict[str, Any]]:
    """The notes that rows look like those of another entity than the one they go to, by whom or what they name.

    `others` are the imports in force, `stated` is the entity that a person has stated of this file: of its rows without
    one nothing is then said. `remembered` is the one stated of an earlier export of this source; without it rows that
    name none go to the default entity. Nothing is read where neither this import nor another names an entity.
    """
    if report.kind not in (*_KNOWING, "receipts"):
        return []
    others = [each for each in others if each.kind in _KNOWING]
    asked = _Asked(con, rows, report, settings, others)
    notes: list[dict[str, Any]] = []
    if stated is None and any("entity_id" in each.columns for each in others):
        entity = remembered or settings.default_entity
        unnamed = "entity_id is null" if remembered is None else f"entity_id = {literal(entity)}"
        notes += _unnamed(asked, unnamed, entity)
    if "entity_id" in report.columns and any("entity_id" not in each.columns for each in others):
        own = settings.default_entity if stated or not remembered else remembered
        named = f"entity_id not in ({literal(own)}, {literal(settings.default_entity)})"
        notes += _named(asked, named)
    return notes


def _unnamed(asked: _Asked, unnamed: str, entity: str) -> list[dict[str, Any]]:
    """The note on the rows that name no entity, where more of their customers are known in another than theirs."""
    count, sought = _told(asked, unnamed)
    stored = _stored(asked, sought)
    if sought is None or stored is None:
        return []
    found = asked.con.execute(
        f"""with sought as materialized (
                select distinct {sought.column} as name from {parquet(asked.rows)}
                where {unnamed} and {sought.column} is not null),
            known as materialized (select distinct entity_id, name from ({stored})),
            own as (select name from known where entity_id = {literal(entity)})
            select entity_id, (select count(*) from sought), count(*), (select count(*) from own),
                count(*) filter (where name not in (select name from own))
            from known where entity_id <> {literal(entity)} group by entity_id order by count(*) desc, entity_id"""
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


def _named(asked: _Asked, named: str) -> list[dict[str, Any]]:
    """The note on the rows of an entity, where more of their customers were loaded without one than in theirs."""
    count, sought = _told(asked, named)
    stored = _stored(asked, sought)
    if sought is None or stored is None:
        return []
    default = literal(asked.settings.default_entity)
    (all_, own, elsewhere, entities) = asked.con.execute(
        f"""with sought as materialized (
                select entity_id, {sought.column} as name, count(*) as n from {parquet(asked.rows)}
                where {named} and {sought.column} is not null group by all),
            known as materialized (select distinct entity_id, name from ({stored})),
            told as (
                select *, (entity_id, name) in (select (entity_id, name) from known) as is_own,
                    name in (select name from known where entity_id = {default}) as is_there
                from sought)
            select count(*), count(*) filter (is_own), count(*) filter (is_there and not is_own),
                (select list(entity_id order by n desc, entity_id)
                    from (select entity_id, sum(n) as n from told group by entity_id))
            from told"""
    ).fetchone() or (0, 0, 0, [])
    if elsewhere <= own:
        return []
    return [
        {
            "code": sought.code_named,
            "rows": count,
            "count": all_,
            "own": own,
            "known": elsewhere,
            "entities": entities[:_NAMED] + (["…"] if len(entities) > _NAMED else []),
            "entity": asked.settings.default_entity,
        }
    ]


def _told(asked: _Asked, which: str) -> tuple[int, _Sought | None]:
    """How many rows there are, and what tells whose they are."""
    (count, with_customer, with_invoice) = asked.con.execute(
        f"""select count(*), count(customer_id),
                {"count(invoice_id)" if asked.report.kind == "receipts" else "0"}
            from {parquet(asked.rows)} where {which}"""
    ).fetchone() or (0, 0, 0)
    return count, _CUSTOMERS if with_customer else _INVOICES if with_invoice else None


def _stored(asked: _Asked, sought: _Sought | None) -> str | None:
    """SQL for the entities of all that is sought, by the other imports; None where none of them knows any."""
    files = [rows_of(asked.settings, each) for each in asked.others if sought and each.kind in sought.kinds]
    if sought is None or not files:
        return None
    return " union all ".join(
        f"select coalesce(entity_id, {literal(asked.settings.default_entity)}) as entity_id, {column} as name "
        f"from {parquet(*files)} "
        f"where {column} in (select name from sought)"
        for column in sought.columns
    )
