"""Stopping a running import: asked for from outside, noticed between steps and inside a running query."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

import duckdb

from pipelines.errors import UserError

_ASKED_EVERY = 0.1  # seconds between two looks at whether to stop


class ImportCancelled(UserError):
    """Somebody stopped the import; nothing of it was stored."""

    def __init__(self, file: str) -> None:
        super().__init__("error.import_cancelled", file=file)


@dataclass
class _Watch:
    """What is watched: whether to stop, the connections whose queries then end, and the end of the watching."""

    file: str
    cancelled: Callable[[], bool]
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    connections: list[duckdb.DuckDBPyConnection] = field(default_factory=list)

    def is_stopped(self) -> bool:
        if not self.stop.is_set() and self.cancelled():
            self.stop.set()
        return self.stop.is_set()


_current: ContextVar[_Watch | None] = ContextVar("import_watch", default=None)


@contextmanager
def cancellable(cancelled: Callable[[], bool] | None, file: str) -> Iterator[None]:
    """Ask `cancelled` every tenth of a second while the block runs; once it says yes, `check` and queries raise.

    Raises ImportCancelled out of the block. `cancelled` is called from this thread and another.
    """
    if cancelled is None:
        yield
        return
    if cancelled():
        raise ImportCancelled(file)
    watch = _Watch(file, cancelled)
    token = _current.set(watch)
    thread = threading.Thread(target=_ask, args=(watch,), daemon=True)
    thread.start()
    try:
        yield
    except duckdb.InterruptException:
        if watch.stop.is_set():
            raise ImportCancelled(file) from None
        raise
    finally:
        watch.over.set()
        thread.join()
        _current.reset(token)


def _ask(watch: _Watch) -> None:
    while not watch.over.wait(_ASKED_EVERY):
        if watch.is_stopped():
            for con in watch.connections:  # again each time: an interrupt between two queries is lost
                with suppress(duckdb.ConnectionException):  # closed in the meantime
                    con.interrupt()


def interruptible(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, its queries ended when the import is stopped."""
    if watch := _current.get():
        watch.connections.append(con)
    return con


def check() -> None:
    """Raise ImportCancelled if the running import is to stop."""
    watch = _current.get()
    if watch is not None and watch.is_stopped():
        raise ImportCancelled(watch.file)
