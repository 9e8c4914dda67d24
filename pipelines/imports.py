"""One export to `imports/<id>/`: the original, typed rows, rejected rows and a manifest, all or nothing."""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines import mapping as mappings
from pipelines import mapping_saved
from pipelines.cancel import cancellable, check
from pipelines.errors import UserError
from pipelines.imports_errors import NoSuchImport, NothingAccepted
from pipelines.imports_reading import Reading, column_views, problem_preview, read_export
from pipelines.imports_report import (
    ColumnView,
    ImportReport,
    Preview,
    columns_of,
    format_of,
    ledger_of,
    load_report,
    manifest_text,
    money_text,
    source_name,
)
from pipelines.imports_rows import write_rows
from pipelines.readers_layout import as_of_date
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse, WarehouseBusy, sync_folder, write_text_atomically

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
_LOOKED_EVERY = 0.1  # seconds between two tries for the lock of imports


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
    with tempfile.TemporaryDirectory(prefix="firstpaid-") as name:
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
                report = _write(reading, path, folder, "preview", as_of)
            except NothingAccepted as error:
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
    with cancellable(cancelled, path.name), _locked(warehouse):
        warehouse.imports.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=warehouse.imports))
        try:
            say("read", 0, 3)
            with _copying(path, unfinished / f"original{path.suffix.lower()}") as content_hash:
                reading = read_export(
                    path, unfinished, settings, kind=kind, source=source, options=options, sheet=sheet, found={}
                )
                with reading.con:
                    say("convert", 1, 3)
                    import_id = _import_id(content_hash(), reading, as_of, sheet)
                    if done := _stored(warehouse, import_id):
                        return replace(done, already_imported=True)
                    import_id = _free_id(warehouse, import_id)
                    report = _write(reading, path, unfinished, import_id, as_of)
            say("store", 2, 3)
            check()
            _publish(warehouse, unfinished, report)
            mapping_saved.save(
                warehouse.mappings, reading.source, reading.mapping, reading.layout.labels, reading.options
            )
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    say("done", 3, 3)
    return report


def list_imports(settings: Settings) -> list[ImportReport]:
    """All imports, oldest first; retracted ones carry `retracted_at`."""
    imports = Warehouse.of(settings).imports
    folders = [f for f in imports.iterdir() if not f.name.startswith(UNFINISHED)] if imports.is_dir() else []
    reports = [load_report(f) for f in folders if (f / "manifest.json").is_file()]
    return sorted(reports, key=lambda r: (r.imported_at, r.import_id))


def retract(settings: Settings, import_id: str) -> ImportReport:
    """Mark an import as not to be used; nothing is deleted. Raises NoSuchImport."""
    folder = Warehouse.of(settings).imports / import_id
    if not re.fullmatch(r"[0-9a-f-]+", import_id) or not (folder / "manifest.json").is_file():
        raise NoSuchImport(import_id)
    if not (folder / "retracted.json").exists():
        write_text_atomically(folder / "retracted.json", json.dumps({"retracted_at": _now()}))
    return load_report(folder)


def clean_up(settings: Settings) -> list[Path]:
    """Remove what killed imports left unfinished; the paths removed. Does nothing while an import is running."""
    warehouse = Warehouse.of(settings)
    if not warehouse.imports.is_dir():
        return []
    try:
        with warehouse.lock("import"):
            left = sorted(warehouse.imports.glob(f"{UNFINISHED}*"))
            for path in left:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return left
    except WarehouseBusy:
        return []


@contextmanager
def _locked(warehouse: Warehouse) -> Iterator[None]:
    """Hold the lock of imports; while another import holds it, wait, unless this one is stopped."""
    with ExitStack() as held:
        while True:
            check()
            try:
                held.enter_context(warehouse.lock("import"))
            except WarehouseBusy:
                time.sleep(_LOOKED_EVERY)
                continue
            yield
            return


def _write(
    reading: Reading,
    path: Path,
    folder: Path,
    import_id: str,
    as_of: dt.date | None,
) -> ImportReport:
    """Write the Parquet files and say what they hold. Raises NothingAccepted."""
    kind = reading.mapping.kind
    written = write_rows(reading, import_id, path.name, folder)
    if not written.accepted:
        raise NothingAccepted(path.name, written.rejected, written.commonest)
    found = written.figures
    stated = reading.options.get("control_total")
    control = written.control_total if stated is None else Decimal(str(stated))
    notes, ledger = list(written.notes), None
    if kind == "invoices":
        texts = [*reading.layout.titles, reading.raw.sheet or "", path.stem]
        ledger, note = ledger_of(found, texts, reading.options.get("ledger"))
        notes.append(note)
    return ImportReport(
        import_id=import_id,
        source=reading.source,
        kind=kind,
        file_name=path.name,
        as_of=as_of or as_of_date(reading.layout.titles, path.stem, found["newest"]),
        ledger=ledger,
        rows_read=written.accepted + written.rejected,
        rows_accepted=written.accepted,
        rows_rejected=written.rejected,
        rows_set_aside=written.set_aside,
        accepted_total=str(money_text(found["total"])),
        control_total=None if control is None else str(money_text(control)),
        imported_at=_now(),
        retracted_at=None,
        already_imported=False,
        date_from=found["oldest"],
        date_to=found["newest"],
        currencies=tuple(found["currencies"] or ()),
        columns=columns_of(reading.plan),
        notes=notes,
        format=format_of(reading.raw, reading.layout),
        unmapped=reading.mapping.unmapped,
    )


def _first_rejected(con: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    cursor = con.execute(
        "select line_no, column_name, value, reason, raw from read_parquet(?) order by line_no limit ?",
        [str(path), _REJECTED_SHOWN],
    )
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _options(mapping: MappingInput) -> dict[str, Any]:
    """A person's words about a file: the mapping as given, or read from a JSON file."""
    return mappings.read_file(mapping) if isinstance(mapping, Path) else dict(mapping or {})


@contextmanager
def _copying(path: Path, target: Path) -> Iterator[Callable[[], str]]:
    """Copy the original byte for byte beside the block, synced to disk; gives a function that waits for its SHA-256."""
    found, over = list[str | OSError](), threading.Event()

    def copy() -> None:
        digest = hashlib.sha256()
        try:
            with path.open("rb") as source, target.open("wb") as out:
                while (chunk := source.read(1 << 20)) and not over.is_set():
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            found.append(digest.hexdigest())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=copy, daemon=True)

    def content_hash() -> str:
        while thread.is_alive():
            thread.join(_LOOKED_EVERY)
            check()
        if isinstance(found[0], OSError):
            raise found[0]
        return found[0]

    thread.start()
    try:
        yield content_hash
    finally:
        over.set()
        thread.join()


def _import_id(content: str, reading: Reading, as_of: dt.date | None, sheet: str | None) -> str:
    """The same bytes understood in the same way have the same id."""
    columns = {name: column.header for name, column in sorted(reading.mapping.columns.items())}
    words = {k: v for k, v in reading.options.items() if k not in ("columns", "kind")}
    said = [content, reading.mapping.kind, columns, words, reading.source, str(as_of), sheet]
    text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _stored(warehouse: Warehouse, import_id: str) -> ImportReport | None:
    """An import with this id that is in force."""
    for folder in sorted(warehouse.imports.glob(f"{import_id}*")):
        if (folder / "manifest.json").is_file() and not (folder / "retracted.json").exists():
            return load_report(folder)
    return None


def _free_id(warehouse: Warehouse, import_id: str) -> str:
    """The id, with a number after it when retracted imports of the same content hold it already."""
    taken = {folder.name for folder in warehouse.imports.glob(f"{import_id}*")}
    numbered = (f"{import_id}-{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (import_id, *numbered) if name not in taken)


def _publish(warehouse: Warehouse, unfinished: Path, report: ImportReport) -> None:
    """Sync every file and rename the folder: from then on the import is there, whole."""
    (unfinished / "manifest.json").write_text(manifest_text(report), encoding="utf-8")
    for path in unfinished.iterdir():
        if path.name in ("manifest.json", "rows.parquet", "rejected.parquet"):
            with path.open("rb") as file:
                os.fsync(file.fileno())
        elif not path.name.startswith("original"):  # decoded copies and what was spilled while reading
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    sync_folder(unfinished)
    unfinished.chmod(0o755)
    unfinished.rename(warehouse.imports / report.import_id)
    sync_folder(warehouse.imports)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
