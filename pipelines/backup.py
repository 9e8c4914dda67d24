"""Keep a warehouse in one file, and put it back."""

import os
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from pipelines.errors import UserError
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

FOLDERS = ("imports", "mappings", "model")


class NothingToBackUp(UserError):
    """The warehouse folder holds nothing."""

    def __init__(self, home: Path) -> None:
        super().__init__("error.nothing_to_back_up", home=str(home))


class NotABackup(UserError):
    """The file is not a backup of a warehouse."""

    def __init__(self, file: Path) -> None:
        super().__init__("error.not_a_backup", file=file.name)


class WarehouseNotEmpty(UserError):
    """A backup is only put into a warehouse that holds nothing yet."""

    def __init__(self, home: Path) -> None:
        super().__init__("error.warehouse_not_empty", home=str(home))


def backup(settings: Settings, file: Path) -> Path:
    """Write imports, mappings, model and journal to one compressed file; builds are made again from them.

    The file appears whole or not at all. Raises NothingToBackUp and WarehouseBusy.
    """
    warehouse = Warehouse.of(settings)
    if not warehouse.imports.exists():
        raise NothingToBackUp(warehouse.home)
    unfinished = file.with_name(f"{UNFINISHED}{os.getpid()}-{file.name}")
    with (
        warehouse.lock("import"),
        warehouse.lock("retraction", wait=True),
        warehouse.lock("model", wait=True),
        tempfile.TemporaryDirectory() as scratch,
    ):
        try:
            with tarfile.open(unfinished, "w:gz") as archive:
                for name in FOLDERS:
                    if (warehouse.home / name).exists():
                        archive.add(warehouse.home / name, name, filter=_finished)
                if warehouse.journal.exists():
                    copy = Path(scratch) / "journal.db"
                    with sqlite3.connect(warehouse.journal) as source, sqlite3.connect(copy) as target:
                        source.backup(target)
                    archive.add(copy, "journal.db")
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return file


def _finished(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if UNFINISHED in member.name else member


def restore(settings: Settings, file: Path) -> Path:
    """Put a backup into an empty warehouse folder; build afterwards. Raises NotABackup and WarehouseNotEmpty."""
    warehouse = Warehouse.of(settings)
    if warehouse.imports.exists() or warehouse.journal.exists():
        raise WarehouseNotEmpty(warehouse.home)
    warehouse.home.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=warehouse.home.parent))
    try:
        try:
            with tarfile.open(file, "r:*") as archive:
                archive.extractall(scratch, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise NotABackup(file) from error
        if not (scratch / "imports").is_dir():
            raise NotABackup(file)
        with warehouse.lock("import"):
            # The imports come last: a warehouse without them counts as empty, so that a killed restore can be repeated.
            for part in sorted(scratch.iterdir(), key=lambda path: path.name == "imports"):
                target = warehouse.home / part.name
                if target.is_dir():
                    shutil.rmtree(target)
                part.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return warehouse.home
