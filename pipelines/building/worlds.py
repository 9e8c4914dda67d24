"""The databases in memory in which a build that goes on from an earlier one computes what is touched."""

from collections.abc import Mapping

import duckdb

from pipelines.building import tables

ITEMS = "items"  # what the touched documents and receipt lines come to now
BEFORE = "before"  # what they came to in the earlier build
TOUCHED = "touched"  # everything of the touched customers


def read_from(con: duckdb.DuckDBPyConnection, *databases: str) -> None:
    """Let names without a database mean the tables of these, the first first."""
    path = ",".join(f'"{database}".main' for database in databases)
    con.execute(f"set search_path = '{path}'")


def create(con: duckdb.DuckDBPyConnection, table: tables.Table, parameters: Mapping[str, object], world: str) -> None:
    """Make a table in a database, in place of one that stands there."""
    if table.make:
        table.make(con)
    else:
        sql = f'create or replace table "{world}".main.{table.name} as {table.sql}'
        con.execute(sql, tables.used(table.sql, parameters))
