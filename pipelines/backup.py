"""Keep a warehouse in one file, and put it back."""

import gzip
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from contextlib import closing
from pathlib import Path

from pipelines import scratch
from pipelines.errors import UserError, disk_full
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, JournalDamaged, JournalUnusable, Warehouse

FOLDERS = ("imports", "mappings", "model")


class NothingToBackUp(UserError):
    """The warehouse holds no import, no mapping, no model and no journal."""

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

    The file appears whole or not at all. Raises NothingToBackUp, JournalDamaged, JournalUnusable and WarehouseBusy.
    """
    warehouse = Warehouse.of(settings)
    if not (warehouse.journal.exists() or any(_holds_any(warehouse.home / name) for name in FOLDERS)):
        raise NothingToBackUp(warehouse.home)
    unfinished = file.with_name(f"{UNFINISHED}{os.getpid()}-{file.name}")
    with (
        warehouse.lock("import"),
        warehouse.lock("retraction", wait=True),
        warehouse.lock("model", wait=True),
        scratch.folder() as beside,
    ):
        # Without this folder a file would be no backup; entries may be older than the first import.
        warehouse.imports.mkdir(exist_ok=True)
        try:
            with tarfile.open(unfinished, "w:gz") as archive:
                for name in FOLDERS:
                    if (warehouse.home / name).exists():
                        archive.add(warehouse.home / name, name, filter=_finished)
                if warehouse.journal.exists():
                    copy = Path(beside) / "journal.db"
                    _copy_journal(warehouse.journal, copy)
                    archive.add(copy, "journal.db")
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return file


def _copy_journal(journal: Path, target: Path) -> None:
    """Copy the journal, whole although others may be writing."""
    try:
        with closing(sqlite3.connect(journal)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            # Pages are copied as they are: a copy of a damaged journal would be no backup.
            said = str(copy.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as reason:
        # What reads a journal writes an index beside it; the copy lies on the disk of temporary files.
        full = disk_full(reason, target if reason.sqlite_errorname == "SQLITE_FULL" else journal)
        raise full or JournalUnusable("error.journal_unreachable", url=journal.name, reason=str(reason)) from None
    except sqlite3.DatabaseError as reason:
        raise JournalDamaged(journal.name, str(reason)) from None
    if said != "ok":
        raise JournalDamaged(journal.name, said.splitlines()[-1])


def _holds_any(folder: Path) -> bool:
    """Whether a folder holds anything; what is being written, or was when its process was killed, is nothing yet."""
    return folder.is_dir() and any(not path.name.startswith(UNFINISHED) for path in folder.iterdir())


def _finished(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if UNFINISHED in member.name else member


def restore(settings: Settings, file: Path) -> Path:
    """Put a backup into an empty warehouse folder; build afterwards.

    Raises NotABackup, WarehouseNotEmpty and WarehouseBusy.
    """
    warehouse = Warehouse.of(settings)
    # What a killed restore leaves in the folder is cleaned up by whoever holds the lock of builds.
    with warehouse.lock("build"), warehouse.lock("import"):
        if _holds_any(warehouse.imports) or warehouse.journal.exists():
            raise WarehouseNotEmpty(warehouse.home)
        opened = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=warehouse.home))
        try:
            _open_archive(file, opened)
            # The imports come last: a warehouse without them counts as empty, so that a killed restore can be repeated.
            for part in sorted(opened.iterdir(), key=lambda path: path.name == "imports"):
                target = warehouse.home / part.name
                if target.is_dir():
                    shutil.rmtree(target)
                part.replace(target)
        finally:
            shutil.rmtree(opened, ignore_errors=True)
    return warehouse.home


def _open_archive(file: Path, folder: Path) -> None:
    """Unpack a backup into a folder, all of it or nothing that counts. Raises NotABackup."""
    try:
        # What a torn archive holds before the tear would be unpacked without a word.
        with gzip.open(file) as whole:
            while whole.read(1 << 20):
                pass
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotABackup(file) from error
    if not (folder / "imports").is_dir():
        raise NotABackup(file)
