"""The databases in memory in which a build computes what it does not keep, and the order in which it goes.

Several statements run at a time, each on a connection of its own, which sees no temporary table of another: what they
share lies in these databases.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from graphlib import TopologicalSorter

import duckdb

from pipelines.building import tables

GIVEN = "given"  # what statements read and none of them makes
ITEMS = "items"  # what documents and receipt lines come to now
BEFORE = "before"  # what they came to in the earlier build
TOUCHED = "touched"  # everything of the touched customers

AT_A_TIME = 2  # small statements spend as long in being planned, on one core, as in running
_ASKED_AGAIN = 0.1  # seconds between two interruptions of what has not ended yet


@contextmanager
def attached(con: duckdb.DuckDBPyConnection, *worlds: str) -> Iterator[None]:
    """These databases, empty, for as long as a build needs them."""
    for world in worlds:
        con.execute(f"attach ':memory:' as {world}")
    yield
    for world in worlds:
        con.execute(f"detach {world}")


def read_from(con: duckdb.DuckDBPyConnection, *databases: str) -> None:
    """Let names without a database mean the tables of these, the first first."""
    path = ",".join(f'"{database}".main' for database in (*databases, GIVEN))
    con.execute(f"set search_path = '{path}'")


def create(con: duckdb.DuckDBPyConnection, table: tables.Table, parameters: Mapping[str, object], world: str) -> None:
    """Make a table in a database, in place of one that stands there."""
    if table.make:
        table.make(con)
    else:
        sql = f'create or replace table "{world}".main.{table.name} as {table.sql}'
        con.execute(sql, tables.used(table.sql, parameters))


def at_a_time(
    con: duckdb.DuckDBPyConnection,
    every: Sequence[tables.Table],
    make: Callable[[duckdb.DuckDBPyConnection, tables.Table], None],
    progress: Callable[[str, int, int], None] | None = None,
    release: Callable[[tables.Table], None] | None = None,
) -> None:
    """Call `make` with a cursor for each table once all it reads is made, for some of them at the same time.

    In the thread that called this, `progress(name, done, total)` is called for each, and `release` for a table once all
    that read it are made. What the first that fails raises, or what stops this thread, ends those that run and is
    raised here.
    """
    by_name = {table.name: table for table in every}
    reads = {table.name: sorted(table.reads & by_name.keys()) for table in every}
    unread = Counter(name for names in reads.values() for name in names)
    sorter = TopologicalSorter(reads)
    sorter.prepare()
    behind = _behind(reads)
    ready: list[str] = []
    running: dict[Future[None], str] = {}
    cursors: dict[str, duckdb.DuckDBPyConnection] = {}
    done = 0

    def work(name: str) -> None:
        with con.cursor() as cursors[name]:
            make(cursors[name], by_name[name])

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            while sorter.is_active():
                # What most others wait for comes first, so that none of them is left over for the end.
                ready = sorted([*ready, *sorter.get_ready()], key=behind.__getitem__)
                while ready and len(running) < AT_A_TIME:
                    name = ready.pop()
                    running[pool.submit(work, name)] = name
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    ended.result()
                    name = running.pop(ended)
                    sorter.done(name)
                    unread.subtract(reads[name])
                    if release:
                        for released in (name, *reads[name]):
                            if not unread[released]:
                                release(by_name[released])
                    if progress:
                        progress(name, done, len(by_name))
                    done += 1
        except BaseException:
            _end(running, cursors.values())
            raise


def _behind(reads: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many tables wait for each, directly or not."""
    waiting: dict[str, set[str]] = {name: set() for name in reads}
    for name in reversed(list(TopologicalSorter(reads).static_order())):
        for read in reads[name]:
            waiting[read] |= {name, *waiting[name]}
    return {name: len(names) for name, names in waiting.items()}


def _end(running: Collection[Future[None]], cursors: Collection[duckdb.DuckDBPyConnection]) -> None:
    """Interrupt what runs until it has ended: a table may take several statements, an interruption ends one of them."""
    while wait(running, timeout=_ASKED_AGAIN).not_done:
        for cursor in list(cursors):
            with suppress(duckdb.ConnectionException):  # its table is made, or it was ended
                cursor.interrupt()
