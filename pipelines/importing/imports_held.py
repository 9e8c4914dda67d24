"""Rows that another import holds under another entity, where both would count: said, never left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import list_imports
from pipelines.literals import literal, parquet
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

HELD = "held_elsewhere"  # the note
# What two rows of one document agree in, whatever entity they are booked under. A number alone is no sign: entities
# number their documents alike.
_SAME = {
    "invoices": ("invoice_id", "coalesce(instalment_no, 1)", "customer_id", "issue_date", "amount"),
    "receipts": (
        *("receipt_id", "invoice_id", "coalesce(instalment_no, 1)", "customer_id", "paid_on", "amount"),
        "coalesce(kind, 'payment')",
    ),
    "aged_summary": ("customer_id", "bucket", "open_amount"),
}
_COUNTING = {"invoices": "true", "receipts": "true", "aged_summary": "open_amount <> 0"}
# A row without any number may be like another by chance: such rows tell only where they are most of the file.
_NUMBERED = {"invoices": "true", "receipts": "coalesce(receipt_id, invoice_id) is not null", "aged_summary": "true"}
_NAMED = 3  # imports that are named, each in a note of its own


def held_notes(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, settings: Settings
) -> list[dict[str, Any]]:
    """A note for each import in force that holds rows of this file under another entity, the fullest first.

    Nothing is read of imports that name no entity where this one names none either, nor of those of other days.
    """
    if report.kind not in _SAME:
        return []
    others = [each for each in list_imports(settings) if not each.retracted_at and _may_hold(each, report)]
    if not others:
        return []
    keys = ", ".join(f"{key} as k{place}" for place, key in enumerate(_SAME[report.kind]))
    entity = f"coalesce(entity_id, {literal(settings.default_entity)}) as entity_id"
    folder = Warehouse.of(settings).imports
    stored = " union all ".join(
        f"select {place} as place, {entity}, {keys} from {parquet(folder / each.import_id / 'rows.parquet')} "
        f"where {_COUNTING[report.kind]}"
        for place, each in enumerate(others)
    )
    same = " and ".join(f"old.k{place} is not distinct from new.k{place}" for place in range(len(_SAME[report.kind])))
    found = con.execute(
        f"""with new as (
                select line_no, {_NUMBERED[report.kind]} as is_numbered, {entity}, {keys}
                from {parquet(rows)} where {_COUNTING[report.kind]}),
            old as ({stored})
            select old.place, old.entity_id, count(distinct new.line_no) as n
            from new join old on {same} and old.entity_id <> new.entity_id
            group by old.place, old.entity_id
            having bool_or(new.is_numbered) or 2 * count(distinct new.line_no) > {report.rows_accepted}
            order by n desc, old.place, old.entity_id limit {_NAMED}"""
    ).fetchall()
    return [
        {
            "code": HELD,
            "rows": report.rows_accepted,
            "count": count,
            "entity": entity,
            "id": others[place].import_id,
            "file": others[place].file_name,
        }
        for place, entity, count in found
    ]


def standing(notes: Sequence[Mapping[str, Any]], reports: Sequence[ImportReport]) -> list[dict[str, Any]]:
    """The notes of an import without those on imports that have been retracted since."""
    gone = {each.import_id for each in reports if each.retracted_at}
    return [dict(note) for note in notes if note["code"] != HELD or note["id"] not in gone]


def _may_hold(other: ImportReport, report: ImportReport) -> bool:
    """Whether rows of an import may be rows of this file under another entity."""
    if other.kind != report.kind or not ("entity_id" in other.columns or "entity_id" in report.columns):
        return False
    days = (report.date_from, report.date_to, other.date_from, other.date_to)
    if any(day is None for day in days):
        return True
    return other.date_from <= report.date_to and report.date_from <= other.date_to  # type: ignore[operator]
