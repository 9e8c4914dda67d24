"""Go on from the published build when exports were added: only what they touch is computed again.

The same statements make the same tables once more, of little: what documents and money come to from the touched ones
alone, what is said of a customer from all of its own, once those are in their place. The rows take the place of what
stood there. Whatever makes more than that differ (another as-of date, other settings, a retracted import, new rates, an
open-items list, which speaks about all its customers) asks for a whole build.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb

from pipelines.building import checks, merging, renewal, tables, touched
from pipelines.building.merging import Home
from pipelines.building.renewal import NotPossible
from pipelines.building.worlds import BEFORE, ITEMS, TOUCHED, at_a_time, attached, create, read_from
from pipelines.importing.imports_order import told_until
from pipelines.importing.imports_report import ImportReport

LARGE = 1_000_000  # accepted rows; a smaller book is built from scratch in seconds
MOST_TOUCHED = 0.2  # of the instalments; more of them are computed faster from scratch
MOST_IN_A_ROW = 20  # then a whole build puts every table in order again
KINDS = frozenset({"invoices", "receipts", "customers", "aged_summary"})
# Checks that compare sums: they are quick on the whole build and run there.
OF_THE_WHOLE = frozenset(
    {
        "buckets_add_up",
        "cash_forecast_adds_up",
        "month_end_is_as_of",
        "receivables_are_aged",
        "rolls_start_from_balances",
    }
)
CHECKS = tuple(checks.names())

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Base:
    """The published build that another one may go on from."""

    path: Path
    build_id: str
    model_id: str
    journal_id: int  # the last entry of the journal up to which it surely knew all
    updates: int  # builds since the last whole one
    imports: int  # how many imports it was made from


@cache
def fingerprint() -> str:
    """What the statements of a build, and the code that feeds them, come to: a build made by others is no base."""
    digest = hashlib.sha256()
    code = tables.FOLDER.parent
    for path in sorted([*code.glob("sql/*/*.sql"), *code.glob("*/sources*.py"), code / "working_days.py"]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def statements_of(con: duckdb.DuckDBPyConnection) -> str:
    """The fingerprint of the statements that made a build; '' where it does not say."""
    columns = {column for column, *_ in con.execute("describe build_info").fetchall()}
    if "statements" not in columns:
        return ""
    found: str = con.execute("select statements from build_info").fetchall()[0][0]
    return found


def is_large(known: Sequence[ImportReport]) -> bool:
    """Whether the book of these imports is so large that its build takes more than seconds."""
    return sum(report.rows_accepted for report in known) >= LARGE


def base(path: Path | None, known: Sequence[ImportReport], settings: str, as_of: object) -> Base:
    """The build at `path`, if a build as of the same day from `known` imports may go on from it; else NotPossible."""
    if path is None:
        raise NotPossible("no build is published")
    if not is_large(known):
        raise NotPossible("the book is small")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            if statements_of(con) != fingerprint():
                raise NotPossible("the statements have changed")
            ((build_id, model_id, journal_id, updates, its_settings, its_day),) = con.execute(
                "select build_id, model_id, journal_id, updates, settings, as_of from build_info"
            ).fetchall()
            held = con.execute("select import_id, retracted_at from imports order by import_no").fetchall()
    except duckdb.Error as reason:
        raise NotPossible("the published build cannot be read") from reason
    if json.loads(its_settings) != json.loads(settings):
        raise NotPossible("the settings have changed")
    if its_day != as_of:
        raise NotPossible("the as-of date is another")
    if updates >= MOST_IN_A_ROW:
        raise NotPossible("many builds have gone on from one another")
    if held != [(report.import_id, report.retracted_at) for report in known[: len(held)]]:
        raise NotPossible("earlier imports have changed")
    if any(told_until(report, known) != report.as_of for report in known):
        raise NotPossible("all receipts together tell the day of a ledger that states none")
    if any(report.kind not in KINDS for report in known[len(held) :]):
        raise NotPossible("a new import speaks about every customer")
    if any(report.payments for report in known):
        raise NotPossible("payments stand among the documents of an export")
    if any(report.ledger == "open_items" for report in known):
        raise NotPossible("an open-items list speaks about every customer")
    return Base(path, build_id, model_id, journal_id, updates, len(held))


def refuse_other_base(con: duckdb.DuckDBPyConnection, months: range) -> None:
    """Raise NotPossible where the earlier build that `con` uses kept other months, other merges or no contacts yet."""
    kept = con.execute("select min(month_no), max(month_no) from ref_months").fetchall()[0]
    if kept != ((months.start, months.stop - 1) if months else (None, None)):
        raise NotPossible("the history begins on another day")
    merged = "select entity_id, customer_id, into_id from"
    for one, other in (("raw_merges", "dim_customer_merges"), ("dim_customer_merges", "raw_merges")):
        if con.execute(f"{merged} {one} except {merged} {other}").fetchone():
            raise NotPossible("customers were merged or parted")
    ((now, then),) = con.execute(
        "select (select count(*) > 0 from raw_touches), (select count(kept) > 0 from int_payer_care)"
    ).fetchall()
    if now != then:
        raise NotPossible("contacts are recorded for the first time")


def run(
    con: duckdb.DuckDBPyConnection,
    every: Sequence[tables.Table],
    parameters: Mapping[str, object],
    since: Base,
    entered: Collection[tuple[str, str]],
    progress: Progress | None = None,
) -> None:
    """Bring the copy of the earlier build that `con` uses up to date; `entered` are customers with newer entries.

    Raises NotPossible when more is touched than is worth it, and ChecksFailed.
    """
    parameters = {**parameters, "last_import": since.imports}
    home = merging.home_of(con)
    with attached(con, ITEMS, BEFORE, TOUCHED):
        read_from(con, home.name)
        touched.find(con, parameters, entered, MOST_TOUCHED)
        touched.give(con)
        looked_up = _make_before(con, every, parameters, home)

        failures: list[checks.Failure] = []

        def make(cursor: duckdb.DuckDBPyConnection, table: tables.Table) -> None:
            if table.name in CHECKS:
                failures.extend(_failures(cursor, table.name, home))
            elif not table.is_view:
                _make(cursor, table, parameters, home, table.name in looked_up)

        steps = [tables.Table(name, tables.read_by(checks.statement(name))) for name in CHECKS]
        at_a_time(con, [*map(_of_touched, every), *steps], make, progress)
        read_from(con, ITEMS, TOUCHED, home.name)
        checks.refuse(con, str(parameters["base_currency"]), failures)
        con.execute(f'use "{home.name}"')


def _of_touched(table: tables.Table) -> tables.Table:
    """The table by the statement of `updates` that makes it, if one does: it waits for what that one reads."""
    if not (made_by := renewal.of(table.name).made_by):
        return table
    sql = touched.statement(made_by)
    return replace(table, sql=sql, reads=tables.read_by(sql))


def _make(
    con: duckdb.DuckDBPyConnection,
    table: tables.Table,
    parameters: Mapping[str, object],
    home: Home,
    is_looked_up: bool,
) -> None:
    """Compute what is touched of a table, and bring the table itself up to date where a build keeps it."""
    how = renewal.of(table.name)
    if how.rows == renewal.ALL:
        read_from(con, home.name, ITEMS, TOUCHED)
        create(con, table, parameters, home.name if table.kept else ITEMS)
    elif how.rows == renewal.DOCUMENTS:
        read_from(con, ITEMS, home.name)
        create(con, table, parameters, ITEMS)
        if table.kept:
            merging.merge(con, table.name, ITEMS, home, is_looked_up)
            _show_all_of_the_touched(con, table.name, home)
    elif how.rows == renewal.CUSTOMERS:
        read_from(con, TOUCHED, ITEMS, home.name)
        create(con, table, parameters, TOUCHED)
        if table.kept:
            merging.merge(con, table.name, TOUCHED, home, is_looked_up)
    if how.ranked_by:
        merging.correct(con, table.name, f"{ITEMS}.main.{how.ranked_by}", home)
    if how.ranks_itself_by:
        read_from(con, home.name)
        touched.make(con, (how.ranks_itself_by,), parameters)
        merging.correct(con, table.name, how.ranks_itself_by, home)


def _show_all_of_the_touched(con: duckdb.DuckDBPyConnection, name: str, home: Home) -> None:
    """Let the tables about customers read all rows that the touched ones have now."""
    if renewal.of(name).is_looked_up:
        con.execute(f"alter table {TOUCHED}.main.{name} drop column row_id")
        con.execute(f"delete from {TOUCHED}.main.{name} where {merging.among_touched(merging.key_of(name, home))}")
        con.execute(f"insert into {TOUCHED}.main.{name} by name from {ITEMS}.main.{name}")
    elif theirs := merging.customers_key_of(name, home):
        con.execute(
            f"create view {TOUCHED}.main.{name} as select rows.* from {home.table(name)} as rows inner join "
            f"(select distinct {theirs} from {ITEMS}.main.int_accounts) as keys on rows.{theirs} = keys.{theirs}"
        )


def _make_before(
    con: duckdb.DuckDBPyConnection, every: Sequence[tables.Table], parameters: Mapping[str, object], home: Home
) -> set[str]:
    """What the touched documents brought to the sums of the earlier build, by its own tables and the older imports.

    Returns the tables of that build in which they are looked up.
    """
    older = f"create table {BEFORE}.main.raw_imports as from raw_imports where import_no <= ?"
    con.execute(older, [parameters["last_import"]])
    sums = {table.name for table in every if renewal.of(table.name).sums_by}
    needed = list(_needed_for(sums, tables.in_order(every)))
    looked_up = {table.name for table in needed if table.kept and table.name not in sums}

    def make(cursor: duckdb.DuckDBPyConnection, table: tables.Table) -> None:
        read_from(cursor, *((home.name, BEFORE) if _is_of_all(table) else (BEFORE, home.name)))
        if table.name in looked_up:
            _look_up(cursor, table.name, home)
        else:
            create(cursor, table, parameters, BEFORE)

    at_a_time(con, needed, make)
    return looked_up


def _is_of_all(table: tables.Table) -> bool:
    return renewal.of(table.name).rows == renewal.ALL


def _look_up(con: duckdb.DuckDBPyConnection, name: str, home: Home) -> None:
    """The rows of the touched documents, and where they stand; of some tables all of their customers' with them."""
    rows, columns = home.table(name), "rowid as row_id, *"
    if renewal.of(name).is_looked_up:
        theirs = merging.customers_key_of(name, home)
        con.execute(
            f"create table {TOUCHED}.main.{name} as select rows.rowid as row_id, rows.* from {rows} as rows "
            f"inner join upd_{theirs}s as theirs on rows.{theirs} = theirs.{theirs}"
        )
        rows, columns = f"{TOUCHED}.main.{name}", "*"
    touched_ones = merging.among_touched(merging.key_of(name, home))
    con.execute(f"create table {BEFORE}.main.{name} as select {columns} from {rows} where {touched_ones}")


def _needed_for(names: Collection[str], ordered: Sequence[tables.Table]) -> Iterator[tables.Table]:
    """The tables of these names and what they are made from, down to what a build keeps, in order."""
    needed = set(names)
    for table in reversed(ordered):
        if table.name in needed and (not table.kept or table.name in names):
            needed |= table.reads
    # Desks are found among all accounts.
    return (table for table in ordered if table.name in needed and table.name != "int_accounts")


def _failures(con: duckdb.DuckDBPyConnection, name: str, home: Home) -> list[checks.Failure]:
    """Whether an identity holds: that of sums in the whole, every other one in what was computed again."""
    read_from(con, *((home.name, TOUCHED) if name in OF_THE_WHOLE else (ITEMS, TOUCHED, home.name)))
    return checks.run(con, [name])
