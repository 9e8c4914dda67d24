"""Put what was computed again into the tables of the build that goes on from an earlier one."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pipelines.building import renewal
from pipelines.building.worlds import BEFORE, ITEMS

KEYS_OF_CUSTOMERS = ("customer_key", "account_key")
KEYS_OF_DOCUMENTS = ("instalment_key", "item_key", "line_key", *KEYS_OF_CUSTOMERS)


@dataclass(frozen=True)
class Home:
    """The build that is brought up to date: what its file is called, and the columns of its tables with their types."""

    name: str
    columns: Mapping[str, Mapping[str, str]]

    def table(self, name: str) -> str:
        """The table of this name, wherever one reads from."""
        return f'"{self.name}".main.{name}'


def home_of(con: duckdb.DuckDBPyConnection) -> Home:
    """The build that a connection uses."""
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal order by table_name, column_index"
    ).fetchall():
        columns.setdefault(table, {})[column] = kind
    return Home(con.execute("select current_database()").fetchall()[0][0], columns)


def merge(con: duckdb.DuckDBPyConnection, name: str, world: str, home: Home, is_looked_up: bool) -> None:
    """Put the rows of `world` in the place of those that stood for the same customers or documents.

    Where these stand need not be searched again in what is looked up already.
    """
    new, whole = f"{world}.main.{name}", home.table(name)
    if renewal.of(name).is_complete:
        con.execute(f"create or replace table {whole} as select * from {new}")
    elif renewal.of(name).sums_by:
        _add_up(con, name, home)
    else:
        key = key_of(name, home)
        old = f"rowid in (select row_id from {BEFORE}.main.{name})" if is_looked_up else among_touched(key)
        con.execute(f"delete from {whole} where {old}")
        con.execute(f"insert into {whole} by name from {new} order by {key}")


def among_touched(key: str) -> str:
    """The condition that a row's key is that of a touched document or customer."""
    return f"{key} in (select {key} from upd_{key}s)"


def correct(con: duckdb.DuckDBPyConnection, name: str, ranks: str, home: Home) -> None:
    """Bring the columns that a table shares with the ranks among all customers up to date in every row."""
    shared = [column for column, *_ in con.execute(f"describe {ranks}").fetchall() if column != "customer_key"]
    then, now = (", ".join(f"{table}.{column}" for column in shared) for table in ("whole", "ranks"))
    con.execute(
        f"update {home.table(name)} as whole set {', '.join(f'{column} = ranks.{column}' for column in shared)} "
        f"from {ranks} as ranks where whole.customer_key = ranks.customer_key and ({then}) is distinct from ({now})"
    )


def _add_up(con: duckdb.DuckDBPyConnection, name: str, home: Home) -> None:
    """Correct sums: what stood there, less what the touched documents brought before, and what they bring now."""
    whole, new, old = home.table(name), f"{ITEMS}.main.{name}", f"{BEFORE}.main.{name}"
    types, keys = home.columns[name], renewal.of(name).sums_by
    by = ", ".join(keys)
    sums = [column for column in types if column not in keys]
    taken = ", ".join(f"-{column} as {column}" for column in sums)
    totals = ", ".join(f"cast(sum({column}) as {types[column]}) as {column}" for column in sums)
    con.execute(
        f"create or replace temp table upd_change as from {new} union all by name select {by}, {taken} from {old}"
    )
    # Of a table by account few rows are looked at more closely.
    few = "account_key in (select account_key from upd_change)" if "account_key" in types else "true"
    con.execute(
        f"create or replace temp table upd_standing as select rowid as row_id, * from {whole} "
        f"semi join upd_change using ({by}) where {few}"
    )
    con.execute(
        f"create or replace temp table upd_sums as select {by}, {totals} from (select * exclude (row_id) from "
        f"upd_standing union all by name from upd_change) group by {by} "
        f"having {' or '.join(f'sum({column}) <> 0' for column in sums)}"
    )
    con.execute(f"delete from {whole} where rowid in (select row_id from upd_standing)")
    con.execute(f"insert into {whole} by name from upd_sums order by {by}")


def key_of(name: str, home: Home) -> str:
    """The column by which a table's rows belong to a document, where it is made by document, or to a customer."""
    keys = KEYS_OF_DOCUMENTS if renewal.of(name).rows == renewal.DOCUMENTS else KEYS_OF_CUSTOMERS
    return next(key for key in keys if key in home.columns[name])


def customers_key_of(name: str, home: Home) -> str | None:
    """The column by which a table's rows belong to a customer, if there is one."""
    return next((key for key in KEYS_OF_CUSTOMERS if key in home.columns[name]), None)
