"""A bound on the memory that one import may take, so that a monstrous file ends itself and not the machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipelines.errors import UserError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]


class NeedsMemory(UserError):
    """Reading the file takes more memory than an import may take."""

    def __init__(self, file: str, megabytes: int) -> None:
        super().__init__("error.import_memory", file=file, megabytes=megabytes)


@contextmanager
def limited(megabytes: int, file: str) -> Iterator[None]:
    """Let this process hold so much while the block runs; without a limit where the platform knows none.

    Raises NeedsMemory out of the block when it wants more.
    """
    before = _set(megabytes << 20) if resource else None
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException):
        raise NeedsMemory(file, megabytes) from None
    finally:
        if before is not None:
            resource.setrlimit(resource.RLIMIT_DATA, before)


def _set(limit: int) -> tuple[int, int]:
    """Set the limit on what the process writes to, below one that is set already; what it was before."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = [value for value in (limit, soft, hard) if value != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(allowed), hard))
    return before


def check_room(needed: int) -> None:
    """Raise MemoryError where so many bytes more go beyond the limit: a library that runs into it ends the process."""
    if not resource:
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    if soft != resource.RLIM_INFINITY and held + needed > soft:
        raise MemoryError
