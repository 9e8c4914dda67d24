"""One export to `imports/<id>/`: the original, typed rows, rejected rows and a manifest, all or nothing."""

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines import scratch
from pipelines.errors import UserError
from pipelines.importing.imports_entity import entity_notes
from pipelines.importing.imports_errors import NothingAccepted
from pipelines.importing.imports_figures import money_text
from pipelines.importing.imports_held import held_notes
from pipelines.importing.imports_lists import day_notes, day_of_column, list_notes, refuse_rest
from pipelines.importing.imports_notes import notes_now
from pipelines.importing.imports_payments import payment_notes
from pipelines.importing.imports_reading import Reading, column_views, problem_preview, read_export
from pipelines.importing.imports_report import (
    LEDGER,
    NO_DAY,
    OPEN_ITEMS,
    ColumnView,
    ImportReport,
    Preview,
    columns_of,
    format_of,
    ledger_of,
    source_name,
)
from pipelines.importing.imports_rows import write_rows
from pipelines.importing.imports_sheets import refuse_days, refuse_parts, refuse_repeats
from pipelines.importing.imports_store import (
    clean_up,
    copying,
    free_id,
    in_force,
    list_imports,
    locked,
    now,
    retract,
    store,
    stored,
)
from pipelines.reading import mapping as mappings
from pipelines.reading import mapping_saved
from pipelines.reading.cancel import cancellable, check
from pipelines.reading.memory import limited
from pipelines.reading.readers_layout import as_of_date, days_in_name
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

__all__ = [
    "ColumnView",
    "ImportReport",
    "Preview",
    "clean_up",
    "import_file",
    "list_imports",
    "preview",
    "retract",
    "source_name",
]

Progress = Callable[[str, int, int], None]
MappingInput = Dict[str, Any] | Path | None
_REJECTED_SHOWN = 200


def preview(
    path: Path,
    settings: Settings,
    *,
    kind: str | None = None,
    source: str | None = None,
    as_of: dt.date | None = None,
    mapping: MappingInput = None,
    sheet: str | None = None,
) -> Preview:
    """Read an export as an import would and show what was understood; writes nothing to the warehouse.

    A file that cannot be imported gives a Preview with its `problem`.
    """
    path, found = Path(path), dict[str, Any]()
    with scratch.folder() as name:
        folder = Path(name)
        try:
            options = _options(mapping)
            reading = read_export(
                path, folder, settings, kind=kind, source=source, options=options, sheet=sheet, found=found
            )
        except UserError as error:
            return problem_preview(path, error, found)
        with reading.con as con:
            report, problem = None, None
            try:
                others = in_force(settings)
                report = _write(reading, path, folder, "preview", as_of, others, settings, options)
                if source is None:
                    refuse_parts(report, folder / "rows.parquet", others, settings)
                    refuse_rest(report, folder / "rows.parquet", others, settings)
            except UserError as error:
                problem = error
            return Preview(
                path.name,
                problem,
                report,
                column_views(reading),
                tuple(h for h in reading.layout.labels if h.strip()),
                reading.mapping.unmapped,
                _first_rejected(con, folder / "rejected.parquet"),
                format_of(reading.raw, reading.layout),
                reading.mapping.kind,
                reading.mapping.scores,
            )


def import_file(
    path: Path,
    settings: Settings,
    *,
    kind: str | None = None,
    source: str | None = None,
    as_of: dt.date | None = None,
    mapping: MappingInput = None,
    sheet: str | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import one export; the same content with the same mapping again changes nothing and says so.

    `cancelled` is asked all along, from another thread, whether to stop; what `progress` raises stops the import too.

    Raises a UserError that names the file and what to do, ImportCancelled when stopped; then nothing is stored.
    """
    path, options = Path(path), _options(mapping)
    say = progress or (lambda step, done, total: None)
    warehouse = Warehouse.of(settings)
    with cancellable(cancelled, path.name), locked(warehouse), limited(settings.import_memory_mb, path.name):
        warehouse.imports.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=warehouse.imports))
        try:
            say("read", 0, 3)
            with copying(path, unfinished / f"original{path.suffix.lower()}") as content_hash:
                reading = read_export(
                    path, unfinished, settings, kind=kind, source=source, options=options, sheet=sheet, found={}
                )
                with reading.con:
                    say("convert", 1, 3)
                    import_id = _import_id(content_hash(), reading, as_of, sheet)
                    others = in_force(settings)
                    if done := stored(warehouse, import_id):
                        return replace(
                            done, already_imported=True, notes=notes_now(done, list_imports(settings), settings)
                        )
                    import_id = free_id(warehouse, import_id)
                    report = _write(reading, path, unfinished, import_id, as_of, others, settings, options)
            if source is None:
                refuse_parts(report, unfinished / "rows.parquet", others, settings)
                refuse_rest(report, unfinished / "rows.parquet", others, settings)
            say("store", 2, 3)
            check()
            store(warehouse, unfinished, report)
            mapping_saved.save(
                warehouse.mappings, reading.source, reading.mapping, reading.layout.labels, reading.options
            )
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    say("done", 3, 3)
    return report


def _write(
    reading: Reading,
    path: Path,
    folder: Path,
    import_id: str,
    as_of: dt.date | None,
    others: Sequence[ImportReport],
    settings: Settings,
    options: Dict[str, Any],
) -> ImportReport:
    """Write the Parquet files and say what they hold beside the imports in force, `others`.

    `options` is what a person said this time.
    Raises NothingAccepted, ListOfDays, SheetsRepeat and SheetsOfDays.
    """
    kind, several = reading.mapping.kind, len(reading.tables) > 1
    written = write_rows(reading, import_id, path.name, folder)
    if several and not written.accepted:
        refuse_repeats(reading.con, path.name, kind, reading.tables, strict=True)
    if not written.accepted:
        day_of_column(reading, path.name)  # of several days each item comes back, and none is taken
        raise NothingAccepted(path.name, written.rejected, written.commonest)
    found = written.figures
    stated = reading.options.get("control_total")
    control = written.control_total if stated is None else Decimal(str(stated))
    notes, ledger = list(written.notes), None
    if kind == "invoices":
        texts = [*reading.layout.titles, *(table.raw.sheet or "" for table in reading.tables), path.stem]
        ledger, note = ledger_of(found, texts, reading.options.get("ledger"))
        notes.append(note)
    payments = found["payments"] if ledger == LEDGER else 0
    if payments:
        notes.append({"code": "payments_in_ledger", "rows": payments})
    if several:
        strict = ledger == OPEN_ITEMS or kind == "aged_summary"
        refuse_repeats(reading.con, path.name, kind, reading.tables, strict=strict)
    is_balance = ledger == OPEN_ITEMS or kind == "aged_summary"
    latest = dt.datetime.now(ZoneInfo(settings.timezone)).date() if is_balance else None
    named = [[*table.layout.titles, *([table.raw.sheet or ""] if is_balance else [])] for table in reading.tables]
    days = [as_of_date(titles, path.stem, found["newest"], latest) for titles in named]
    said = (
        as_of
        or (day_of_column(reading, path.name) if is_balance else None)
        or max((day for day in days if day), default=None)
    )
    if ledger == LEDGER and found["undated"] and not said:
        notes.append({"code": NO_DAY, "rows": found["undated"]})
    report = ImportReport(
        import_id=import_id,
        source=reading.source,
        kind=kind,
        file_name=path.name,
        as_of=said or found["newest"],
        ledger=ledger,
        rows_read=written.accepted + written.rejected,
        rows_accepted=written.accepted,
        rows_rejected=written.rejected,
        rows_set_aside=written.set_aside,
        accepted_total=str(money_text(found["total"])),
        control_total=None if control is None else str(money_text(control)),
        imported_at=now(),
        retracted_at=None,
        already_imported=False,
        date_from=found["oldest"],
        date_to=found["newest"],
        currencies=tuple(found["currencies"] or ()),
        columns=columns_of(reading.plan),
        notes=notes,
        format=format_of(reading.raw, reading.layout),
        unmapped=reading.mapping.unmapped,
        payments=payments,
    )
    refuse_days(report, reading.tables)
    stated, kept = options.get("entity") or None, reading.options.get("entity") or None
    rows = folder / "rows.parquet"
    whose = entity_notes(reading.con, rows, report, others, settings, stated=stated, remembered=kept)
    listed = [
        *day_notes(report, said, days_in_name(path.stem)),
        *payment_notes(reading.con, rows, report, others, settings),
        *list_notes(reading.con, rows, report, others, settings),
        *held_notes(reading.con, rows, report, others, settings),
    ]
    return replace(report, notes=[*notes, *listed, *whose])


def _first_rejected(con: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    """The first rows not accepted; none where the file was refused before any was written."""
    if not path.exists():
        return []
    cursor = con.execute(
        "select sheet, line_no, column_name, value, reason, raw from read_parquet(?, file_row_number = true) "
        "order by file_row_number limit ?",
        [str(path), _REJECTED_SHOWN],
    )
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _options(mapping: MappingInput) -> dict[str, Any]:
    """A person's words about a file: the mapping as given, or read from a JSON file."""
    return mappings.read_file(mapping) if isinstance(mapping, Path) else dict(mapping or {})


def _import_id(content: str, reading: Reading, as_of: dt.date | None, sheet: str | None) -> str:
    """The same bytes understood in the same way have the same id."""
    columns = {name: column.header for name, column in sorted(reading.mapping.columns.items())}
    words = {k: v for k, v in reading.options.items() if k not in ("columns", "kind")}
    said = [content, reading.mapping.kind, columns, words, reading.source, str(as_of), sheet, *reading.raw.together]
    text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
