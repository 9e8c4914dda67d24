"""Make a build from the imports, check it, and publish it: a new file per build and one pointer to the current one."""

import datetime as dt
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.building import builds, sources, tables, updates, whole
from pipelines.building.renewal import NotPossible
from pipelines.building.worlds import GIVEN, read_from
from pipelines.collecting import policies, sources_care, sources_decisions, sources_journal
from pipelines.errors import UserError
from pipelines.importing import imports_damage
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import list_imports
from pipelines.literals import literal
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse, remove, sync_folder, write_text_atomically

Progress = Callable[[str, int, int], None]
# What makes the scored table: given the build's connection, the as-of date and the settings, it creates the table and
# returns the id of the model it used.
Score = Callable[[duckdb.DuckDBPyConnection, dt.date, Settings], str]
BUILD = "build"  # what the file of a build is called in the connection that makes it
LOG = logging.getLogger(__name__)
SCORED = "fct_late_risk"  # the one table that no statement makes
SCORED_READS = frozenset(
    {
        "imports",
        "int_instalments",
        "int_applications",
        "int_accounts",
        "fct_open_items",
        "fct_promises",
        "dim_customers",
    }
)


class NothingImported(UserError):
    """There is no import to build from."""

    def __init__(self) -> None:
        super().__init__("error.nothing_imported")


class AsOfInFuture(UserError):
    """The as-of date lies after today's business date."""

    def __init__(self, as_of: dt.date, today: dt.date) -> None:
        super().__init__("error.as_of_in_future", as_of=as_of, today=today)


class TimeNotRead(UserError):
    """What a build should be known at is no time."""

    def __init__(self, value: str) -> None:
        super().__init__("error.time_not_read", value=value)


class AmountsBeyond(UserError):
    """Amounts come to more digits in base currency than the tables hold; the largest: (file, number, it, currency)."""

    def __init__(self, found: list[tuple[str, str, Decimal, str]], base: str) -> None:
        amounts = " · ".join(f"{number} {amount:,.2f} {currency} ({file})" for file, number, amount, currency in found)
        super().__init__("error.amounts_beyond", amounts=amounts, base=base, digits=sources.WHOLE_DIGITS)


class NoDocuments(UserError):
    """No invoice or receipt is dated on or before the as-of date."""

    def __init__(self, as_of: dt.date) -> None:
        super().__init__("error.no_documents", as_of=as_of)


@dataclass(frozen=True)
class BuildInfo:
    """One published build: the row of `build_info`."""

    build_id: str
    as_of: dt.date
    known_at: str
    settings: str
    started_at: str
    seconds: float
    model_id: str
    journal_id: int  # the last entry of the journal up to which it surely knows all
    statements: str  # fingerprint of the statements that made it
    based_on: str = ""  # the build it went on from; empty for a whole one
    updates: int = 0  # how many builds since the last whole one


def build(
    settings: Settings,
    *,
    score: Score,
    as_of: dt.date | None = None,
    known_at: str | None = None,
    progress: Progress | None = None,
    wait: bool = False,
    whole: bool = False,
) -> BuildInfo:
    """Build every table as of a date from the imports known at a time, check it and publish it.

    `as_of` defaults to the newest export date; `known_at` is an ISO time (UTC) and leaves out what was imported or
    retracted later. Where only exports were added to a large book since the published build, it goes on from that one
    and computes what they touch, unless `whole` is true. Raises WarehouseBusy, NothingImported, AsOfInFuture,
    TimeNotRead, ImportDamaged, AmountsBeyond, MissingRates and ChecksFailed; whatever is raised, the build published
    before stays.
    """
    warehouse = Warehouse.of(settings)
    with warehouse.lock("build", wait=wait):
        # Before the moment up to which the journal is read, so that no entry falls between the two; a build as known
        # earlier read less of it than there is.
        last_entry = 0 if known_at else _last_entry(settings)
        started = dt.datetime.now(dt.UTC)
        earlier = _moment(known_at) if known_at else None
        known = _known(settings, earlier)
        if not known:
            raise NothingImported
        day = _as_of(settings, known, as_of)
        moment = earlier or started
        begun = BuildInfo(
            build_id=f"{day:%Y%m%d}-{started:%Y%m%dT%H%M%S%f}",
            as_of=day,
            known_at=moment.isoformat(),
            settings=policies.in_force(settings, moment).model_dump_json(exclude={"home", "people"}),
            started_at=started.isoformat(),
            seconds=0,
            model_id="",
            journal_id=last_entry,
            statements=updates.fingerprint(),
        )
        if not (whole or known_at):
            try:
                since = updates.base(builds.current(settings), known, begun.settings, day)
                return _write(settings, known, begun, moment, score, progress, since)
            except (NotPossible, builds.PublishedBuildMissing) as reason:
                LOG.info("a whole build: %s", reason)
        return _write(settings, known, begun, moment, score, progress, None)


def _write(
    settings: Settings,
    known: list[ImportReport],
    begun: BuildInfo,
    moment: dt.datetime,
    score: Score,
    progress: Progress | None,
    since: updates.Base | None,
) -> BuildInfo:
    """Make a build's file, from the start or going on from an earlier one, and publish it."""
    clock = time.perf_counter()
    warehouse = Warehouse.of(settings)
    warehouse.builds.mkdir(parents=True, exist_ok=True)
    unfinished = warehouse.builds / f"{UNFINISHED}{os.getpid()}-{begun.build_id}.duckdb"
    try:
        with _copied(since, unfinished) as copied, _opened(unfinished) as con:
            in_force = policies.in_force(settings, moment)
            try:
                months = _give(con, in_force, known, begun.as_of, moment)
                copied()
                # Nothing is logged: a log would cost a wait for the disk with every statement, and left beside a
                # published file it would make it unopenable.
                con.execute(f"attach {literal(unfinished)} as {BUILD} (recovery_mode no_wal_writes)")
                read_from(con, BUILD)
                if since:
                    updates.refuse_other_base(con, months)
                sources.keep(con, GIVEN, BUILD)
                if since is None and updates.is_large(known):
                    # Memory that one statement has used serves the next, and goes back with the connection: to ask the
                    # system for each page anew takes a twentieth of the time. Where little is computed it gains
                    # nothing, and set earlier it gains less.
                    con.execute("set block_allocator_memory = '50%'")
                model_id = _make_tables(con, in_force, begun.as_of, months, score, progress, since)
            except duckdb.Error as error:
                # The engine stumbles over the rows of a damaged import, and cannot say whose they are.
                if damages := imports_damage.damages(settings):
                    raise damages[0] from None
                base = in_force.base_currency
                is_too_large = isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException))
                if is_too_large and (beyond := sources.amounts_beyond(con, base)):
                    raise AmountsBeyond(beyond, base) from None
                raise
            # Nearly all of what is to be written, so that the seconds count it.
            con.execute(f"checkpoint {BUILD}")
            info = replace(
                begun,
                seconds=round(time.perf_counter() - clock, 3),
                model_id=model_id,
                based_on=since.build_id if since else "",
                updates=since.updates + 1 if since else 0,
            )
            _write_info(con, info)
            con.execute(f"checkpoint {BUILD}")
            # The file is closed at once; to give back what was in memory beside it takes a while.
            con.execute("use memory")
            con.execute(f"detach {BUILD}")
            _publish(warehouse, unfinished, info.build_id, settings.builds_kept)
    finally:
        for leftover in warehouse.builds.glob(f"{unfinished.name}*"):
            remove(leftover)
    return info


@contextmanager
def _opened(unfinished: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that holds what a build is given, and puts what memory cannot hold beside the unfinished file."""
    with duckdb.connect() as con:
        con.execute(f"attach ':memory:' as {GIVEN}")
        read_from(con)
        con.execute(f"set temp_directory = {literal(f'{unfinished}.tmp')}")
        con.execute("set preserve_insertion_order = false")
        # One checkpoint at the end is enough.
        con.execute("set wal_autocheckpoint = '1TB'")
        yield con


@contextmanager
def _copied(since: updates.Base | None, unfinished: Path) -> Iterator[Callable[[], object]]:
    """Begin a build's file as a copy of the one it goes on from, if there is one; what is yielded waits for the copy.

    It is made while the exports are opened. The first write of the engine would wait until it is on disk, too: it gets
    there while what they touch is found.
    """
    if since is None:
        yield lambda: None
        return
    with ThreadPoolExecutor(1) as pool:
        copied = pool.submit(shutil.copyfile, since.path, unfinished)
        on_disk = pool.submit(_to_disk, unfinished)
        yield copied.result
        on_disk.result()


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _give(
    con: duckdb.DuckDBPyConnection, settings: Settings, known: list[ImportReport], as_of: dt.date, moment: dt.datetime
) -> range:
    """Give the statements what none of them makes: exports, entries, calendar; the months whose ends are kept."""
    sources_journal.attach(con, settings, moment)
    sources_decisions.attach(con, settings, moment)
    sources_care.attach(con, settings, moment)
    sources.attach_imports(con, known, Warehouse.of(settings).imports)
    sources_decisions.apply_merges(con, settings.default_entity)
    first = _first_day(con, as_of)
    sources.create_reference_tables(con, settings, first, as_of)
    return sources.month_numbers(settings, first, as_of)


def _make_tables(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    as_of: dt.date,
    months: range,
    score: Score,
    progress: Progress | None,
    since: updates.Base | None,
) -> str:
    """Make every table and check them; returns the id of the model that scored."""
    model_id = ""

    def make_scored(cursor: duckdb.DuckDBPyConnection) -> None:
        nonlocal model_id
        model_id = score(cursor, as_of, settings)
        if since and model_id != since.model_id:
            raise NotPossible("another model serves")

    every = [*tables.from_files(), tables.Table(SCORED, SCORED_READS, make=make_scored)]
    parameters = sources.parameters(settings, as_of, months)
    if since:
        updates.run(con, every, parameters, since, _entered_since(settings, since.journal_id), progress)
    else:
        whole.run(con, every, parameters, BUILD, progress)
    return model_id


def _last_entry(settings: Settings) -> int:
    """The number of the journal's last entry, 0 where nothing was ever entered."""
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return 0
    # Nobody waits for the journal's libraries where nothing was ever entered.
    from pipelines.collecting import journal_read

    return journal_read.size(settings)[0]


def _entered_since(settings: Settings, entry_id: int) -> set[tuple[str, str]]:
    """The customers that entries of the journal after this one are about."""
    if _last_entry(settings) <= entry_id:
        return set()
    from pipelines.collecting import journal_read

    return set(journal_read.customers_since(settings, entry_id))


def _known(settings: Settings, known_at: dt.datetime | None) -> list[ImportReport]:
    """The imports made by `known_at` and not retracted by then; all that stand now without it."""
    return [
        report
        for report in list_imports(settings)
        if (known_at is None or _moment(report.imported_at) <= known_at)
        and (report.retracted_at is None or (known_at is not None and _moment(report.retracted_at) > known_at))
    ]


def _moment(stated: str) -> dt.datetime:
    """An ISO time of any zone, in UTC; one without zone is UTC. Raises TimeNotRead."""
    try:
        moment = dt.datetime.fromisoformat(stated)
    except ValueError as error:
        raise TimeNotRead(stated) from error
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _first_day(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> dt.date:
    """The day of the first document, rate or aged summary; the calendar starts there."""
    row = con.execute(
        "select least((select min(issue_date) from raw_invoices), (select min(paid_on) from raw_receipts), "
        "(select min(rate_date) from raw_fx_rates), "
        "(select min(coalesce(as_of, ?)) from raw_imports where kind = 'aged_summary')) as first_day",
        [as_of],
    ).fetchone()
    first = row[0] if row else None
    if first is None or first > as_of:
        raise NoDocuments(as_of)
    return first


def _as_of(settings: Settings, known: list[ImportReport], stated: dt.date | None) -> dt.date:
    """The stated date, else the newest export date, never after today's business date."""
    today = dt.datetime.now(ZoneInfo(settings.timezone)).date()
    if stated and stated > today:
        raise AsOfInFuture(stated, today)
    newest = max((report.as_of for report in known if report.as_of), default=today)
    return stated or min(newest, today)


def _write_info(con: duckdb.DuckDBPyConnection, info: BuildInfo) -> None:
    con.execute(
        "create or replace table build_info (build_id VARCHAR, as_of DATE, known_at VARCHAR, settings VARCHAR, "
        "started_at VARCHAR, seconds DOUBLE, model_id VARCHAR, journal_id BIGINT, statements VARCHAR, "
        "based_on VARCHAR, updates INTEGER)"
    )
    values = list(asdict(info).values())
    con.execute(f"insert into build_info values ({', '.join('?' * len(values))})", values)


def _publish(warehouse: Warehouse, unfinished: Path, build_id: str, keep: int) -> None:
    """Give the finished file its name, point CURRENT at it, and drop the oldest builds beyond `keep`."""
    _to_disk(unfinished)
    unfinished.rename(warehouse.builds / f"{build_id}.duckdb")
    sync_folder(warehouse.builds)
    write_text_atomically(warehouse.current, build_id + "\n")
    for old in builds.finished(warehouse)[:-keep]:
        (warehouse.builds / f"{old}.duckdb").unlink()


def as_json(info: BuildInfo) -> str:
    """The build as one JSON object."""
    return json.dumps({**asdict(info), "as_of": info.as_of.isoformat(), "settings": json.loads(info.settings)})
