"""A bound on the memory that one import may take, checked before a library is given what would need more."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import duckdb

from pipelines.errors import UserError

_allowed: ContextVar[int | None] = ContextVar("memory_allowed", default=None)


class NeedsMemory(UserError):
    """Reading the file takes more memory than an import may take."""

    def __init__(self, file: str, megabytes: int) -> None:
        super().__init__("error.import_memory", file=file, megabytes=megabytes)


@contextmanager
def limited(megabytes: int, file: str) -> Iterator[None]:
    """Let `check_room` allow so much while the block runs.

    Raises NeedsMemory out of the block when more is wanted, or the system has no more to give.
    """
    token = _allowed.set(megabytes << 20)
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException):
        raise NeedsMemory(file, megabytes) from None
    finally:
        _allowed.reset(token)


def check_room(needed: int) -> None:
    """Raise MemoryError where so many bytes are more than allowed: a library that runs out ends the whole process."""
    allowed = _allowed.get()
    if allowed is not None and needed > allowed:
        raise MemoryError
