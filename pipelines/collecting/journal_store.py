"""The journal's database: its one table, opened so that an acknowledged entry survives and none can be changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.errors import disk_full
from pipelines.settings import Settings
from pipelines.warehouse import JournalDamaged, JournalUnusable, Warehouse

BUSY_SECONDS = 60  # how long a writer waits for the others before it says that the journal is busy

METADATA = sa.MetaData()
ENTRIES = sa.Table(
    "entries",
    METADATA,
    # BigInteger alone would lose SQLite's automatic numbering.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("at", sa.DateTime(), nullable=False),  # UTC
    sa.Column("who", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("entity_id", sa.Text(), nullable=False),
    sa.Column("customer_id", sa.Text(), nullable=False),
    sa.Column("invoice_id", sa.Text()),
    sa.Column("instalment_no", sa.Integer()),
    sa.Column("payload", sa.JSON(none_as_null=True)),  # empty: the entry is withdrawn
    # The version this one takes the place of (a version has one successor at most), and the first of them all.
    sa.Column(
        "corrects", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("entries.id"), unique=True
    ),
    sa.Column("root", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("entries.id")),
    sa.Column("closes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("entries.id")),
    sa.Index("entries_customer", "customer_id", "entity_id"),
    sa.Index("entries_root", "root"),
    sa.Index("entries_closes", "closes"),
    sqlite_autoincrement=True,
)

APPEND_ONLY = {
    "sqlite": [
        f"create trigger if not exists entries_no_{verb} before {verb} on entries "
        "begin select raise(abort, 'the journal is append-only'); end"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "create or replace function entries_append_only() returns trigger language plpgsql as "
        "$$ begin raise exception 'the journal is append-only'; end $$",
        "create or replace trigger entries_append_only before update or delete or truncate on entries "
        "for each statement execute function entries_append_only()",
    ],
}


@contextmanager
def transaction(settings: Settings, *, writes: bool = False) -> Iterator[sa.Connection]:
    """A transaction on the journal, whose table is made on first use; what it wrote is on disk when it has ended.

    One that writes holds the lock from its start. Raises JournalUnusable, JournalDamaged and SystemRefused (no space
    left) when the database cannot be used, with the reason; nothing of the transaction is stored then.
    """
    shown = _without_password(settings.journal_url) if settings.journal_url else Warehouse.of(settings).journal.name
    try:
        with _engine(settings).connect().execution_options(writes=writes) as con, con.begin():
            yield con
    except sa.exc.OperationalError as reason:
        if full := disk_full(reason.orig, Warehouse.of(settings).journal):
            raise full from None
        raise JournalUnusable("error.journal_unreachable", url=shown, reason=_first_line(reason)) from None
    except sa.exc.DatabaseError as reason:
        # What the file itself provokes has no class of its own; each fault of a statement has one.
        if type(reason) is not sa.exc.DatabaseError:
            raise
        raise JournalDamaged(shown, str(reason.orig)) from None


def refuse_damaged(settings: Settings) -> None:
    """Read the whole journal, if there is one; raises JournalUnusable, JournalDamaged and SystemRefused."""
    if not exists(settings):
        return
    with transaction(settings) as con:
        if con.dialect.name == "sqlite":
            said = con.exec_driver_sql("pragma quick_check(1)").scalar_one()
            if said != "ok":
                raise JournalDamaged(Warehouse.of(settings).journal.name, str(said).splitlines()[-1])


def exists(settings: Settings) -> bool:
    """Whether there is a journal to read: a PostgreSQL one always, a SQLite one once something was written."""
    return bool(settings.journal_url) or Warehouse.of(settings).journal.exists()


def _engine(settings: Settings) -> sa.Engine:
    if settings.journal_url:
        return _postgresql(settings.journal_url)
    path = Warehouse.of(settings).journal.absolute()
    if not path.exists():
        _sqlite.cache_clear()
    return _sqlite(path)


@cache
def _sqlite(path: Path) -> sa.Engine:
    # No pool: a connection that lives on would keep a replaced file (a restored backup) open.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), poolclass=sa.NullPool, connect_args={"timeout": BUSY_SECONDS}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    # WAL mode is switched on while nobody else has the file open: SQLite does not wait for others there.
    with Warehouse(path.parent).lock("journal", wait=True):
        _create(engine, before=lambda con: None)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}").fetchall()


def _begin_sqlite(con: sa.Connection) -> None:
    # Writers take the lock at once: taking it in the middle fails without waiting.
    con.exec_driver_sql("begin immediate" if con.get_execution_options().get("writes") else "begin")


@cache
def _postgresql(url: str) -> sa.Engine:
    shown = _without_password(url)
    if sa.make_url(url).get_backend_name() != "postgresql":
        raise JournalUnusable("error.journal_url", url=shown)
    try:
        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        # Two programs starting at once would both find no table: one of them waits here.
        _create(engine, before=lambda con: con.exec_driver_sql("select pg_advisory_xact_lock(715517)"))
    except ModuleNotFoundError:
        raise JournalUnusable("error.journal_driver") from None
    except sa.exc.OperationalError as reason:
        raise JournalUnusable("error.journal_unreachable", url=shown, reason=_first_line(reason)) from None
    return engine


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        raise JournalUnusable("error.journal_url", url=url) from None


def _first_line(reason: sa.exc.OperationalError) -> str:
    return (str(reason.orig).strip() or "?").splitlines()[0]


def _create(engine: sa.Engine, before: Callable[[sa.Connection], object]) -> None:
    with engine.connect().execution_options(writes=True) as con, con.begin():
        before(con)
        METADATA.create_all(con, checkfirst=True)
        for statement in APPEND_ONLY[engine.dialect.name]:
            con.exec_driver_sql(statement)
