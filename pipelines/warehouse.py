"""The warehouse folder: where imports, builds, the model and the journal lie, and how a file gets there whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UserError
from pipelines.settings import Settings

UNFINISHED = ".unfinished-"  # prefix of files and folders that are still being written


class WarehouseBusy(UserError):
    """Another process is writing the same part of the warehouse."""

    def __init__(self, what: str) -> None:
        super().__init__("error.warehouse_busy", code_lock=what)


class JournalDamaged(UserError):
    """The journal's file cannot be read, or not whole."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__("error.journal_damaged", file=file, reason=reason)


class JournalUnusable(UserError):
    """The journal's database cannot be opened: driver missing, address wrong, server not there or file locked."""


@dataclass(frozen=True)
class Warehouse:
    """Paths of one warehouse folder; nothing is created before it is needed."""

    home: Path

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        return cls(settings.home)

    @property
    def imports(self) -> Path:
        return self.home / "imports"

    @property
    def builds(self) -> Path:
        return self.home / "builds"

    @property
    def current(self) -> Path:
        return self.home / "CURRENT"

    @property
    def model(self) -> Path:
        return self.home / "model"

    @property
    def mappings(self) -> Path:
        return self.home / "mappings"

    @property
    def journal(self) -> Path:
        return self.home / "journal.db"

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[None]:
        """Hold the lock `name` (`build`, `import`, `retraction`, `model`, ...); a process that dies drops it.

        Raises WarehouseBusy when another process holds it and `wait` is false.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f".{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise WarehouseBusy(name) from None
            yield


def write_text_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` so that a reader sees the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{UNFINISHED}{os.getpid()}-{path.name}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(warehouse: Warehouse, lock: str, *folders: Path) -> list[Path]:
    """Remove what is unfinished in these folders, not below them; the paths removed.

    Whoever writes there holds the lock `lock`: while somebody does, nothing is removed.
    """
    try:
        with warehouse.lock(lock):
            left = sorted(path for folder in folders for path in folder.glob(f"{UNFINISHED}*"))
            for path in left:
                remove(path)
            return left
    except WarehouseBusy:
        return []


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
