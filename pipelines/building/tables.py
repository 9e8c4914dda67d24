"""Find the SQL files and order them by what they read: one file, one table, file name = table name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipelines.building import renewal

FOLDER = Path(__file__).resolve().parent.parent / "sql"
PARAMETER = re.compile(r"\$(\w+)")
# What stands after `from` or `join`. A file's own CTEs are among them and fall away in `in_order`, which looks at
# tables only. The engine's own get_table_names binds the statement and so needs the tables to be there already.
READ = re.compile(r"\b(?:from|join)\s+(\w+)")
COMMENT = re.compile(r"--.*")

Maker = Callable[[duckdb.DuckDBPyConnection], None]

# Folders of statements that make no table of a build.
NO_TABLES = frozenset({"checks", "updates"})


@dataclass(frozen=True)
class Table:
    """One table of the build: its select statement, or what makes it in Python, and the tables it reads."""

    name: str
    reads: frozenset[str]
    sql: str = ""
    make: Maker | None = None
    kept: bool = True  # stands in the published file; the others are dropped after their last reader
    is_view: bool = False


def from_files(folder: Path = FOLDER) -> list[Table]:
    """The tables of `sql/staging`, `intermediate`, `marts` and `reports`, and the views of `sql/views`.

    Facts are kept under integer keys and views put the text on them, so a staging or intermediate table is kept when
    a view reads it, or when a later build that goes on from this one needs it, and dropped otherwise.
    """
    tables = []
    for path in sorted(folder.glob("*/*.sql")):
        layer = path.parent.name
        if layer in NO_TABLES:
            continue
        sql = path.read_text(encoding="utf-8")
        kept = layer not in ("staging", "intermediate")
        tables.append(Table(path.stem, read_by(sql), sql=sql, kept=kept, is_view=layer == "views"))
    of_all = {table.name for table in tables if renewal.of(table.name).rows == renewal.ALL}
    read_anew = frozenset[str]().union(*(table.reads for table in tables if table.name in of_all)) - of_all
    needed = (renewal.LOOKED_AT | read_anew).union(*(table.reads for table in tables if table.is_view))
    needed -= {table.name for table in tables if table.name.startswith("stg_")}
    return [replace(table, kept=table.kept or table.name in needed) for table in tables]


def read_by(sql: str) -> frozenset[str]:
    """The names a statement reads: tables, and its own CTEs, which go by names of their own."""
    return frozenset(READ.findall(COMMENT.sub("", sql)))


def in_order(tables: Sequence[Table]) -> list[Table]:
    """The tables so that each comes after all it reads; alphabetical where nothing decides."""
    by_name = {table.name: table for table in tables}
    sorter = TopologicalSorter({table.name: sorted(table.reads & by_name.keys()) for table in tables})
    return [by_name[name] for name in sorter.static_order()]


def inlined(sql: str, parameters: Mapping[str, object]) -> str:
    """The statement with its whole-number parameters written out."""
    return PARAMETER.sub(lambda found: str(int(str(parameters[found[1]]))), sql)


def used(sql: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Just the parameters that `sql` names: the engine refuses others. Raises KeyError for one that is not given."""
    return {name: parameters[name] for name in set(PARAMETER.findall(sql))}
