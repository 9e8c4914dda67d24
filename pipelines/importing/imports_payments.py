"""What customers paid as a ledger lists it, where an export of receipts holds it under the same number."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.importing.imports_figures import amount_text
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.literals import parquet
from pipelines.settings import Settings


def payment_notes(
    con: duckdb.DuckDBPyConnection, rows: Path, report: ImportReport, others: Sequence[ImportReport], settings: Settings
) -> list[dict[str, Any]]:
    """A note on payments of a ledger that do not count beside receipts of their number; `others` are those in force."""
    others = [each for each in others if (each.kind == "receipts") != (report.kind == "receipts")]
    ledgers = [(each, rows_of(settings, each)) for each in others] if report.kind == "receipts" else [(report, rows)]
    ledgers = [(each, path) for each, path in ledgers if each.payments]
    receipts = [rows] if report.kind == "receipts" else [rows_of(settings, each) for each in others]
    if not ledgers or not receipts:
        return []
    # A row that several exports hold counts once; entities are compared as the build compares them.
    found = con.execute(
        f"""with paid as (
                select distinct coalesce(entity_id, '') as entity_id, invoice_id as number, issue_date,
                    coalesce(currency, '') as currency, -amount as amount
                from {parquet(*(path for _, path in ledgers))}
                where doc_type = 'payment' and coalesce(status, 'open') not in ('void', 'draft')
            ),
            parts as (
                select distinct coalesce(entity_id, '') as entity_id, receipt_id as number, paid_on, invoice_id, amount
                from {parquet(*receipts)}
            ),
            received as (select entity_id, number, sum(amount) as amount from parts group by entity_id, number)
            select currency, sum(paid.amount), sum(received.amount), count(*)
            from paid join received using (entity_id, number) group by currency order by currency"""
    ).fetchall()
    if not found:
        return []
    totals, instead = ([amount_text(row[0], row[place]).strip() for row in found] for place in (1, 2))
    count = sum(int(n) for *_, n in found)
    return [{"code": "payments_give_way", "rows": count, "totals": totals, "instead": instead}]
