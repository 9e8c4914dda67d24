"""The drop folder: what appears in it is imported and moved to done/ or failed/ with its report."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UserError
from pipelines.importing.imports import ImportReport, import_file
from pipelines.importing.imports_workbook import report_workbook
from pipelines.settings import Settings

DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Outcome:
    """One file of the drop folder: where it has gone, and its report or the line that says why not."""

    path: Path
    report: ImportReport | None
    problem: str | None


def take_in(folder: Path, settings: Settings, *, language: str = "en") -> list[Outcome]:
    """Import every file that lies in `folder` now, oldest name first, and move it away.

    Beside a file in `done/` lies `<name>.report.xlsx`, beside one in `failed/` `<name>.reason.txt`. Files that begin
    with a dot or end in .part, .tmp or .crdownload are still being written and are left alone.
    """
    return [_take(path, folder, settings, language) for path in sorted(folder.iterdir()) if _is_ready(path)]


def watch(
    folder: Path,
    settings: Settings,
    *,
    stop: threading.Event,
    seconds: float = 2.0,
    language: str = "en",
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> None:
    """Take in what appears in `folder` until `stop` is set; a file is taken once its size has stayed the same."""
    sizes: dict[Path, tuple[int, int]] = {}
    while not stop.is_set():
        seen = {
            path: (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.iterdir()) if _is_ready(path)
        }
        for path in (path for path, size in seen.items() if sizes.get(path) == size):
            tell(_take(path, folder, settings, language))
        sizes = {path: size for path, size in seen.items() if path.exists()}
        stop.wait(seconds)


def _is_ready(path: Path) -> bool:
    unfinished = path.name.startswith((".", "~$")) or path.suffix.lower() in (".part", ".tmp", ".crdownload")
    return path.is_file() and not path.is_symlink() and not unfinished


def _take(path: Path, folder: Path, settings: Settings, language: str) -> Outcome:
    try:
        report = import_file(path, settings)
    except UserError as error:
        text = error.text(language)
        moved = _move(path, folder / FAILED)
        moved.with_name(f"{moved.name}.reason.txt").write_text(f"{text}\n", encoding="utf-8")
        return Outcome(moved, None, text)
    moved = _move(path, folder / DONE)
    moved.with_name(f"{moved.name}.report.xlsx").write_bytes(report_workbook(settings, report.import_id, language))
    return Outcome(moved, report, None)


def _move(path: Path, target: Path) -> Path:
    """Move a file into a folder without overwriting what lies there."""
    target.mkdir(exist_ok=True)
    names = (path.name, *(f"{path.stem}-{n}{path.suffix}" for n in range(2, 100_000)))
    free = next(target / name for name in names if not (target / name).exists())
    shutil.move(path, free)
    return free
