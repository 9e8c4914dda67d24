"""Where imports lie: their folders, the lock they are written under, and what is done to one afterwards."""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_report import ImportReport, load_report, manifest_text
from pipelines.reading.cancel import check
from pipelines.settings import Settings
from pipelines.warehouse import (
    Warehouse,
    WarehouseBusy,
    remove_unfinished,
    sync_folder,
    write_text_atomically,
)

IMPORT_ID = re.compile(r"[0-9a-f]+(-\d+)?")  # of content and mapping, and a number where it was retracted before
_LOOKED_EVERY = 0.1  # seconds between two looks at whether to stop, or tries for the lock of imports


def list_imports(settings: Settings) -> list[ImportReport]:
    """All imports, oldest first; retracted ones carry `retracted_at`. Raises ImportDamaged."""
    reports = [load_report(folder) for folder in folders(Warehouse.of(settings))]
    return sorted(reports, key=lambda r: (r.imported_at, r.import_id))


def in_force(settings: Settings) -> list[ImportReport]:
    """The imports that have not been retracted, oldest first. Raises ImportDamaged."""
    return [each for each in list_imports(settings) if not each.retracted_at]


def rows_of(settings: Settings, report: ImportReport) -> Path:
    """The file with the rows of an import."""
    return Warehouse.of(settings).imports / report.import_id / "rows.parquet"


def folders(warehouse: Warehouse) -> list[Path]:
    """The folders of the imports, also of those that have lost their manifest since they were stored."""
    found = warehouse.imports.iterdir() if warehouse.imports.is_dir() else ()
    return [folder for folder in found if IMPORT_ID.fullmatch(folder.name)]


def retract(settings: Settings, import_id: str) -> ImportReport:
    """Mark an import as not to be used; nothing is deleted. Raises NoSuchImport and ImportDamaged."""
    warehouse = Warehouse.of(settings)
    folder = warehouse.imports / import_id
    if not IMPORT_ID.fullmatch(import_id) or not folder.is_dir():
        raise NoSuchImport(import_id)
    with warehouse.lock("retraction", wait=True):  # not that of imports: one may run for long
        if not load_report(folder).retracted_at:
            write_text_atomically(folder / "retracted.json", json.dumps({"retracted_at": now()}))
    return load_report(folder)


def clean_up(settings: Settings) -> list[Path]:
    """Remove what killed imports and retractions left unfinished; the paths removed. What is being written stays."""
    warehouse = Warehouse.of(settings)
    return [
        *remove_unfinished(warehouse, "import", warehouse.imports, warehouse.mappings),
        *remove_unfinished(warehouse, "retraction", *folders(warehouse)),
    ]


@contextmanager
def locked(warehouse: Warehouse) -> Iterator[None]:
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


@contextmanager
def copying(path: Path, target: Path) -> Iterator[Callable[[], str]]:
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


def stored(warehouse: Warehouse, import_id: str) -> ImportReport | None:
    """An import with this id that is in force."""
    for folder in sorted(warehouse.imports.glob(f"{import_id}*")):
        if (folder / "manifest.json").is_file() and not (folder / "retracted.json").exists():
            return load_report(folder)
    return None


def free_id(warehouse: Warehouse, import_id: str) -> str:
    """The id, with a number after it when retracted imports of the same content hold it already."""
    taken = {folder.name for folder in warehouse.imports.glob(f"{import_id}*")}
    numbered = (f"{import_id}-{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (import_id, *numbered) if name not in taken)


def store(warehouse: Warehouse, unfinished: Path, report: ImportReport) -> None:
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


def now() -> str:
    """This moment in UTC, as ISO text."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
