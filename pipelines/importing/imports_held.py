"""Rows that another import holds too, where both would count: said, never left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.literals import literal, parquet
from pipelines.settings import Settings

# The notes: under another entity, without a number that would tell the two apart, and under a number that has lost the
# zeros before it, as spreadsheets do to numbers.
ELSEWHERE, UNNUMBERED, RENUMBERED = HELD = ("held_elsewhere", "held_unnumbered", "held_renumbered")
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
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """A note for each of the imports in force that holds rows of this file in a way that both count, the fullest first.

    Nothing is read of imports of other kinds and days.
    """
    if report.kind not in _SAME:
        return []
    others = [each for each in others if _is_beside(each, report)]
    return [
        *_elsewhere(
            con, rows, report, settings, [each for each in others if _names_entity(each) or _names_entity(report)]
        ),
        *(_unnumbered(con, rows, report, settings, others) if report.kind == "receipts" else ()),
        *(_renumbered(con, rows, report, settings, others) if report.kind == "invoices" else ()),
    ]


def _renumbered(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, settings: Settings, others: Sequence[ImportReport]
) -> list[dict[str, Any]]:
    """The notes on invoices of one day and amount that others hold under a number with other zeros before it."""
    if not _begins_with_zero(con, rows):
        others = [each for each in others if _begins_with_zero(con, rows_of(settings, each))]
    if not others:
        return []
    figures = "regexp_full_match(invoice_id, '[0-9]+')"
    found = con.execute(
        f"""with new as (select * from ({_keyed(rows, "invoices", settings)}) where {figures}),
            old as (select * from ({_all(others, "invoices", settings)}) where {figures})
            select old.place, count(distinct new.line_no) as n, min(new.invoice_id || ' / ' || old.invoice_id)
            from new join old on ltrim(old.invoice_id, '0') = ltrim(new.invoice_id, '0')
                and old.entity_id = new.entity_id and old.k1 = new.k1 and old.issue_date = new.issue_date
                and old.amount = new.amount and old.invoice_id <> new.invoice_id
            group by old.place order by n desc, old.place limit {_NAMED}"""
    ).fetchall()
    return [_note(RENUMBERED, count, report, others[place]) | {"example": pair} for place, count, pair in found]


def _begins_with_zero(con: duckdb.DuckDBPyConnection, rows: Path) -> bool:
    """Whether the number of any invoice may begin with a zero."""
    (least,) = con.execute(f"select min(invoice_id) from {parquet(rows)}").fetchone() or (None,)
    return least is not None and str(least) < "1"


def _unnumbered(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, settings: Settings, others: Sequence[ImportReport]
) -> list[dict[str, Any]]:
    """The notes on receipts that other imports hold, where either knows no number: only by it does the later one count.

    They are the same where payer, day and amount are, and no two invoices are named.
    """
    if not _lacks_numbers(con, rows):
        others = [each for each in others if _lacks_numbers(con, rows_of(settings, each))]
    if not others:
        return []
    found = con.execute(
        f"""with new as ({_keyed(rows, "receipts", settings)}),
            old as ({_all(others, "receipts", settings)})
            select old.place, count(distinct new.line_no) as n
            from new join old on old.entity_id = new.entity_id and old.customer_id is not distinct from new.customer_id
                and old.paid_on = new.paid_on and old.amount = new.amount
                and (old.receipt_id is null or new.receipt_id is null)
                and coalesce(old.invoice_id = new.invoice_id, true)
            group by old.place order by n desc, old.place limit {_NAMED}"""
    ).fetchall()
    return [_note(UNNUMBERED, count, report, others[place]) for place, count in found]


def _elsewhere(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, settings: Settings, others: Sequence[ImportReport]
) -> list[dict[str, Any]]:
    """The notes on rows that others hold under another entity."""
    if not others:
        return []
    kind = report.kind
    same = " and ".join(f"old.k{place} is not distinct from new.k{place}" for place in range(len(_SAME[kind])))
    found = con.execute(
        f"""with new as ({_keyed(rows, kind, settings)}),
            old as ({_all(others, kind, settings)})
            select old.place, old.entity_id, count(distinct new.line_no) as n
            from new join old on {same} and old.entity_id <> new.entity_id
            group by old.place, old.entity_id
            having bool_or(new.is_numbered) or 2 * count(distinct new.line_no) > {report.rows_accepted}
            order by n desc, old.place, old.entity_id limit {_NAMED}"""
    ).fetchall()
    return [_note(ELSEWHERE, count, report, others[place]) | {"entity": entity} for place, entity, count in found]


def _note(code: str, count: int, report: ImportReport, other: ImportReport) -> dict[str, Any]:
    return {
        "code": code,
        "rows": report.rows_accepted,
        "count": count,
        "id": other.import_id,
        "file": other.file_name,
    }


def _keyed(rows: Path, kind: str, settings: Settings) -> str:
    """SQL for the rows that count, with their entity and what tells them apart as k0, k1 and so on."""
    keys = ", ".join(f"{key} as k{place}" for place, key in enumerate(_SAME[kind]))
    return f"""select * replace (coalesce(entity_id, {literal(settings.default_entity)}) as entity_id),
            {_NUMBERED[kind]} as is_numbered, {keys}
        from {parquet(rows)} where {_COUNTING[kind]}"""


def _all(others: Sequence[ImportReport], kind: str, settings: Settings) -> str:
    """SQL for the rows of several imports, each with the import's place among them."""
    return " union all by name ".join(
        f"select {place} as place, * from ({_keyed(rows_of(settings, each), kind, settings)})"
        for place, each in enumerate(others)
    )


def _lacks_numbers(con: duckdb.DuckDBPyConnection, rows: Path) -> bool:
    """Whether any receipt has no number."""
    (lacks,) = con.execute(f"select count(*) > count(receipt_id) from {parquet(rows)}").fetchone() or (False,)
    return bool(lacks)


def standing(notes: Sequence[Mapping[str, Any]], reports: Sequence[ImportReport]) -> list[dict[str, Any]]:
    """The notes of an import without those on imports that have been retracted since."""
    gone = {each.import_id for each in reports if each.retracted_at}
    return [dict(note) for note in notes if note["code"] not in HELD or note["id"] not in gone]


def _is_beside(other: ImportReport, report: ImportReport) -> bool:
    """Whether an import may hold rows of this file: of its kind, and not of other days."""
    days = (report.date_from, report.date_to, other.date_from, other.date_to)
    if other.kind != report.kind or any(day is None for day in days):
        return other.kind == report.kind
    return other.date_from <= report.date_to and report.date_from <= other.date_to  # type: ignore[operator]


def _names_entity(report: ImportReport) -> bool:
    return "entity_id" in report.columns
