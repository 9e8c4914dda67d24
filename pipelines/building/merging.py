"""Put what was computed again into the tables of the build that goes on from an earlier one."""

import duckdb

from pipelines.building import tables
from pipelines.building.worlds import BEFORE, ITEMS

KEYS_OF_CUSTOMERS = ("customer_key", "account_key")
KEYS_OF_DOCUMENTS = ("instalment_key", "item_key", "line_key", *KEYS_OF_CUSTOMERS)


def merge(con: duckdb.DuckDBPyConnection, name: str, world: str, home: str, is_looked_up: bool) -> None:
    """Put the rows of `world` in the place of those that stood for the same customers or documents.

    Where these stand need not be searched again in what is looked up already.
    """
    new, whole = f"{world}.main.{name}", f'"{home}".main.{name}'
    if name in tables.COMPLETE:
        con.execute(f"create or replace table {whole} as select * from {new}")
        return
    if name in tables.ADDED_UP:
        _add_up(con, name, home)
        return
    key = key_of(con, name, home)
    where = f"{key} in (select {key} from upd_{key}s)"
    if is_looked_up:
        where = f"rowid in (select row_id from {BEFORE}.main.{name})"
    con.execute(f"delete from {whole} where {where}")
    con.execute(f"insert into {whole} by name from {new} order by {key}")


def correct(con: duckdb.DuckDBPyConnection, name: str, ranks: str, home: str) -> None:
    """Bring the columns that a table shares with the ranks among all customers up to date in every row."""
    whole = f'"{home}".main.{name}'
    shared = [column for column, *_ in con.execute(f"describe {ranks}").fetchall() if column != "customer_key"]
    then, now = (", ".join(f"{table}.{column}" for column in shared) for table in ("whole", "ranks"))
    con.execute(
        f"update {whole} as whole set {', '.join(f'{column} = ranks.{column}' for column in shared)} "
        f"from {ranks} as ranks where whole.customer_key = ranks.customer_key and ({then}) is distinct from ({now})"
    )


def _add_up(con: duckdb.DuckDBPyConnection, name: str, home: str) -> None:
    """Correct sums: what stood there, less what the touched documents brought before, and what they bring now."""
    whole, new, old = f'"{home}".main.{name}', f"{ITEMS}.main.{name}", f"{BEFORE}.main.{name}"
    types = {column: kind for column, kind, *_ in con.execute(f"describe {whole}").fetchall()}
    by = ", ".join(tables.ADDED_UP[name])
    sums = [column for column in types if column not in tables.ADDED_UP[name]]
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


def key_of(con: duckdb.DuckDBPyConnection, name: str, home: str) -> str:
    """The column by which a table's rows belong to a document, where it is made by document, or to a customer."""
    keys = KEYS_OF_DOCUMENTS if name in tables.BY_DOCUMENT else KEYS_OF_CUSTOMERS
    found = _columns(con, name, home)
    return next(key for key in keys if key in found)


def customers_key_of(con: duckdb.DuckDBPyConnection, name: str, home: str) -> str | None:
    """The column by which a table's rows belong to a customer, if there is one."""
    found = _columns(con, name, home)
    return next((key for key in KEYS_OF_CUSTOMERS if key in found), None)


def _columns(con: duckdb.DuckDBPyConnection, name: str, home: str) -> set[str]:
    """The columns of a table of the build."""
    return {column for column, *_ in con.execute(f'describe "{home}".main.{name}').fetchall()}
