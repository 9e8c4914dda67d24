"""Whether what was stored of the imports still lies there as it was stored."""

from pathlib import Path

import duckdb

from pipelines.importing import imports_store
from pipelines.importing.imports_errors import ImportDamaged
from pipelines.importing.imports_figures import AMOUNTS
from pipelines.importing.imports_report import ImportReport, load_report
from pipelines.literals import parquet
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse


def damages(settings: Settings) -> list[ImportDamaged]:
    """What is lost, cannot be read or is not what was accepted, one error an import; every stored value is read."""
    found = []
    for folder in sorted(imports_store.folders(Warehouse.of(settings))):
        try:
            _refuse_damaged(folder, load_report(folder))
        except ImportDamaged as damage:
            found.append(damage)
    return found


def _refuse_damaged(folder: Path, report: ImportReport) -> None:
    if not any(folder.glob("original*")):
        raise ImportDamaged(report.import_id, "original")
    amount = AMOUNTS.get(report.kind)
    # A row of a list by age bucket is stored as one for each bucket.
    counted = "count(distinct line_no)" if report.kind == "aged_summary" else "count(*)"
    total = f"coalesce(sum({amount}), 0) = {report.accepted_total}" if amount else "true"
    _refuse_other(folder, "rows.parquet", f"{counted} = {report.rows_accepted} and {total}")
    if report.rows_rejected:
        _refuse_other(folder, "rejected.parquet", f"count(*) = {report.rows_rejected}")


def _refuse_other(folder: Path, name: str, holds: str) -> None:
    """Read every value of a file of an import, of whose rows the condition holds."""
    try:
        # What is hashed is read.
        ((as_stored, _),) = duckdb.execute(
            f"select {holds}, bit_xor(hash(each)) from {parquet(folder / name)} as each"
        ).fetchall()
    except duckdb.Error:
        as_stored = False
    if not as_stored:
        raise ImportDamaged(folder.name, name)
