"""Folders outside the warehouse for what is not kept: customers' data, which goes with the process that wrote it."""

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path

PREFIX = "firstpaid-scratch-"  # of the one folder that a process has; it holds a lock on it as long as it lives

_making = threading.Lock()
_own: list[tuple[Path, int]] = []  # the folder of this process, and the open file by which it is locked


def folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder, removed when it is closed, and at the latest when the process ends.

    What a process that was killed has left is removed first, the first time that this one needs a folder.
    """
    return tempfile.TemporaryDirectory(dir=_of_this_process(), ignore_cleanup_errors=True)


def clean_up() -> list[Path]:
    """Remove what killed processes of this user left; the paths removed. What belongs to a living one stays."""
    return [path for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")) if _removed(path)]


def _removed(path: Path) -> bool:
    """Whether a folder was nobody's any more, and is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def _of_this_process() -> Path:
    with _making:
        if not _own or not _own[0][0].is_dir():
            clean_up()
            _own[:] = [_made()]
        return _own[0][0]


def _made() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.is_dir():  # before it was locked, another process may have taken it for one that was left
            atexit.register(shutil.rmtree, path, ignore_errors=True)
            return path, descriptor
        os.close(descriptor)
