"""Go on from the published build when exports were added: only what they touch is computed again.

The same statements make the same tables, once for the touched customers alone; their rows then take the place of what
stood there. Whatever makes more than that differ (another as-of date, other settings, a retracted import, new rates, an
open-items list, which speaks about all its customers) asks for a whole build.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from pipelines.building import checks, tables
from pipelines.importing import imports

LEAST_ROWS = 1_000_000  # accepted rows; a smaller book is built from scratch in seconds
MOST_TOUCHED = 0.2  # of the instalments; more of them are computed faster from scratch
MOST_IN_A_ROW = 20  # then a whole build puts every table in order again
KINDS = frozenset({"invoices", "receipts", "customers", "aged_summary"})
FOLDER = tables.FOLDER / "updates"
TOUCHED, BEFORE = "touched", "before"  # what the touched customers are now, and what they were
KEYS = ("customer_key", "account_key", "line_key")
ROWS_OF = {"raw_invoices": "upd_invoices", "raw_receipts": "upd_receipts", "raw_customers": "upd_customer_rows"}
# Checks that compare sums: they are quick on the whole build and run there too.
OF_THE_WHOLE = (
    "buckets_add_up",
    "cash_forecast_adds_up",
    "month_end_is_as_of",
    "receivables_are_aged",
    "rolls_start_from_balances",
)

Progress = Callable[[str, int, int], None]


class NotPossible(Exception):
    """The build cannot be brought up to date; the message says why, for the log."""


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


def base(path: Path | None, known: Sequence[imports.ImportReport], settings: str, as_of: object) -> Base:
    """The build at `path`, if a build as of the same day from `known` imports may go on from it; else NotPossible."""
    if path is None:
        raise NotPossible("no build is published")
    if sum(report.rows_accepted for report in known) < LEAST_ROWS:
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
    if any(report.kind not in KINDS for report in known[len(held) :]):
        raise NotPossible("a new import speaks about every customer")
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
    all_tables: Sequence[tables.Table],
    parameters: Mapping[str, object],
    since: Base,
    entered: Collection[tuple[str, str]],
    progress: Progress | None = None,
) -> None:
    """Bring the copy of the earlier build that `con` uses up to date; `entered` are customers with newer entries.

    Raises NotPossible when more is touched than is worth it, and ChecksFailed.
    """
    ordered = [table for table in tables.in_order(all_tables) if not table.is_view]
    parameters = {**parameters, "last_import": since.imports}
    (home,) = con.execute("select current_database()").fetchall()[0]
    for world in (TOUCHED, BEFORE):
        con.execute(f"attach ':memory:' as {world}")
    _find_touched(con, parameters, entered)
    _know_keys(con)
    for raw, rows in ROWS_OF.items():
        kind = con.execute("select table_type from information_schema.tables where table_name = ?", [raw]).fetchone()
        con.execute(f"alter {'view' if kind == ('VIEW',) else 'table'} {raw} rename to {raw}_of_all")
        con.execute(f"alter table {rows} rename to {raw}")
    _make_before(con, ordered, parameters, home)
    for done, table in enumerate(ordered):
        if progress:
            progress(table.name, done, len(ordered))
        if table.name in tables.HELD:
            continue
        if table.name in tables.OVER_ALL:
            with _reading(con, home, TOUCHED):
                where = home if table.kept else TOUCHED
                _create(con, table, parameters, f'"{where}".main.{table.name}')
            continue
        with _reading(con, TOUCHED, home):
            _create(con, table, parameters, f"{TOUCHED}.main.{table.name}")
        if table.kept:
            _merge(con, table.name, home)
        if table.name in tables.RANKED:
            _correct(con, table.name, home, parameters)
    _check(con, home, str(parameters["base_currency"]))
    for world in (TOUCHED, BEFORE):
        con.execute(f"detach {world}")


def _find_touched(
    con: duckdb.DuckDBPyConnection, parameters: Mapping[str, object], entered: Collection[tuple[str, str]]
) -> None:
    """Make the `upd_` tables: the customers that the new exports touch, and their imported rows."""
    con.execute("create temp table upd_entered_customers (entity_id VARCHAR, customer_id VARCHAR)")
    if entered:
        con.executemany("insert into upd_entered_customers values (?, ?)", sorted(entered))
    _make(con, ("upd_numbers", "upd_named_rows", "upd_customers", "upd_customer_keys"), parameters)
    while True:
        _make(con, ("upd_line_keys",), parameters)
        if _more(con, "upd_customer_keys", "upd_customers_beside", parameters):
            continue
        _refuse_too_many(con)
        _make(con, ("upd_places", *ROWS_OF.values()), parameters)
        # Whoever is said to have paid is touched too, even where the money lies with the customer of the invoice.
        if not _more(con, "upd_customers", "upd_payers", parameters):
            _make(con, ("upd_account_keys",), parameters)
            return
        _make(con, ("upd_customer_keys",), parameters)


def _make(con: duckdb.DuckDBPyConnection, names: Collection[str], parameters: Mapping[str, object]) -> None:
    for name in names:
        sql = _sql(name)
        con.execute(f"create or replace temp table {name} as {sql}", tables.used(sql, parameters))


def _more(con: duckdb.DuckDBPyConnection, table: str, name: str, parameters: Mapping[str, object]) -> int:
    """Add the rows of a statement to a table; how many there were."""
    sql = _sql(name)
    ((added,),) = con.execute(f"insert into {table} {sql}", tables.used(sql, parameters)).fetchall()
    return int(added)


def _sql(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _refuse_too_many(con: duckdb.DuckDBPyConnection) -> None:
    ((touched, total),) = con.execute(
        "select count(*) filter (where customer_key in (select customer_key from upd_customer_keys)), count(*) "
        "from int_instalments"
    ).fetchall()
    if touched > MOST_TOUCHED * total:
        raise NotPossible(f"{touched} of {total} instalments are touched")


def _know_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Let the touched customers and their accounts keep their keys, and new ones be numbered on."""
    # A row that a new export replaces may have been the only one to name its customer.
    con.execute(
        "insert into ref_known_customers select accounts.entity_id, accounts.customer_id, min(accounts.customer_key), "
        "min(case when rows.line_no is null then 1 else 0 end) from int_accounts as accounts "
        "left join upd_named_rows as rows using (entity_id, customer_id) "
        "where customer_key in (select customer_key from upd_customer_keys) group by entity_id, customer_id"
    )
    con.execute(
        "insert into ref_known_accounts select account_key, customer_key, rep, region from int_accounts "
        "where customer_key in (select customer_key from upd_customer_keys)"
    )
    con.execute(
        "update ref_last_keys set customer_key = (select coalesce(max(customer_key), 0) from int_accounts), "
        "account_key = (select coalesce(max(account_key), 0) from int_accounts)"
    )


def _make_before(
    con: duckdb.DuckDBPyConnection, ordered: Sequence[tables.Table], parameters: Mapping[str, object], home: str
) -> None:
    """What the touched customers brought to the sums of the earlier build, by its own tables and the older imports."""
    con.execute("create temp table upd_imports as from raw_imports where import_no > ?", [parameters["last_import"]])
    con.execute("delete from raw_imports where import_no in (select import_no from upd_imports)")
    needed = list(_needed_for(tables.ADDED_UP, ordered))
    made = [table for table in needed if not table.kept or table.name in tables.ADDED_UP]
    for table in needed:
        if table not in made:
            key = _key(con, home, table.name)
            # Rows that several statements read are looked up once.
            kind = "table" if sum(table.name in reader.reads for reader in made) > 1 else "view"
            con.execute(
                f'create {kind} {BEFORE}.main.{table.name} as select * from "{home}".main.{table.name} '
                f"where {key} in (select {key} from upd_{key}s)"
            )
            continue
        paths = (home, BEFORE) if table.name in tables.OVER_ALL else (BEFORE, home)
        with _reading(con, *paths):
            _create(con, table, parameters, f"{BEFORE}.main.{table.name}")
    con.execute("insert into raw_imports select * from upd_imports")


def _needed_for(names: Collection[str], ordered: Sequence[tables.Table]) -> Iterator[tables.Table]:
    """The tables of these names and what they are made from, down to what a build keeps, in order."""
    needed = set(names)
    for table in reversed(ordered):
        if table.name in needed and (not table.kept or table.name in names):
            needed |= table.reads
    # Desks are found among all accounts.
    return (table for table in ordered if table.name in needed and table.name != "int_accounts")


@contextmanager
def _reading(con: duckdb.DuckDBPyConnection, *databases: str) -> Iterator[None]:
    """Let names without a database mean the tables of these, the first first."""
    (home,) = con.execute("select current_setting('search_path')").fetchall()[0]
    path = ",".join(f'"{database}".main' for database in databases)
    con.execute(f"set search_path = '{path}'")
    try:
        yield
    finally:
        con.execute(f"set search_path = '{home}'")


def _create(con: duckdb.DuckDBPyConnection, table: tables.Table, parameters: Mapping[str, object], name: str) -> None:
    """Make a table under this full name, in place of one that stands there."""
    if table.make:
        table.make(con)
    else:
        con.execute(f"create or replace table {name} as {table.sql}", tables.used(table.sql, parameters))


def _merge(con: duckdb.DuckDBPyConnection, name: str, home: str) -> None:
    """Put the rows of the touched customers in the place of those they had."""
    new, whole = f"{TOUCHED}.main.{name}", f'"{home}".main.{name}'
    if name in tables.COMPLETE:
        con.execute(f"create or replace table {whole} as select * from {new}")
    elif name in tables.ADDED_UP:
        _add_up(con, name, home)
    elif name in tables.REPEATED:
        key = _key(con, home, name)
        con.execute(
            f"create or replace temp table upd_standing as select {key} from {whole} "
            f"where {key} in (select {key} from upd_{key}s)"
        )
        con.execute(
            f"delete from {whole} where {key} in (select {key} from upd_standing "
            f"where {key} not in (select {key} from {new}))"
        )
        con.execute(
            f"insert into {whole} by name from {new} where {key} not in (select {key} from upd_standing) order by {key}"
        )
    else:
        key = _key(con, home, name)
        con.execute(f"delete from {whole} where {key} in (select {key} from upd_{key}s)")
        con.execute(f"insert into {whole} by name from {new} order by {key}")


def _correct(con: duckdb.DuckDBPyConnection, name: str, home: str, parameters: Mapping[str, object]) -> None:
    """Bring the columns that a table shares with the ranks among all customers up to date in every row."""
    whole, ranks = f'"{home}".main.{name}', tables.RANKED[name]
    if (FOLDER / f"{ranks}.sql").exists():
        _make(con, (ranks,), parameters)
    else:
        ranks = f"{TOUCHED}.main.{ranks}"
    columns = [column for column, *_ in con.execute(f"describe {ranks}").fetchall() if column != "customer_key"]
    then, now = (", ".join(f"{table}.{column}" for column in columns) for table in ("whole", "ranks"))
    con.execute(
        f"update {whole} as whole set {', '.join(f'{column} = ranks.{column}' for column in columns)} "
        f"from {ranks} as ranks where whole.customer_key = ranks.customer_key and ({then}) is distinct from ({now})"
    )


def _add_up(con: duckdb.DuckDBPyConnection, name: str, home: str) -> None:
    """Correct sums: what stood there, less what the touched customers brought before, and what they bring now."""
    whole, new, old = f'"{home}".main.{name}', f"{TOUCHED}.main.{name}", f"{BEFORE}.main.{name}"
    types = {column: kind for column, kind, *_ in con.execute(f"describe {whole}").fetchall()}
    by = ", ".join(tables.ADDED_UP[name])
    sums = [column for column in types if column not in tables.ADDED_UP[name]]
    taken = ", ".join(f"-{column} as {column}" for column in sums)
    totals = ", ".join(f"cast(sum({column}) as {types[column]}) as {column}" for column in sums)
    con.execute(
        f"create or replace temp table upd_change as from {new} union all by name select {by}, {taken} from {old}"
    )
    con.execute(
        f"create or replace temp table upd_sums as select {by}, {totals} from (from {whole} semi join upd_change "
        f"using ({by}) union all by name from upd_change) group by {by} "
        f"having {' or '.join(f'sum({column}) <> 0' for column in sums)}"
    )
    con.execute(f"delete from {whole} where ({by}) in (select ({by}) from upd_change)")
    con.execute(f"insert into {whole} by name from upd_sums order by {by}")


def _key(con: duckdb.DuckDBPyConnection, home: str, name: str) -> str:
    """The column by which a table's rows belong to a customer."""
    columns = {column for column, *_ in con.execute(f'describe "{home}".main.{name}').fetchall()}
    return next(key for key in KEYS if key in columns)


def _check(con: duckdb.DuckDBPyConnection, home: str, base_currency: str) -> None:
    """Raise when an identity does not hold: every one for the touched customers, sums for the whole."""
    with _reading(con, TOUCHED, home):
        checks.refuse_broken(con, base_currency)
    with _reading(con, home, TOUCHED):
        checks.refuse_broken(con, base_currency, OF_THE_WHOLE)
