"""The tables of the sample, built a second time by PostgreSQL from the same SQL files, are the same to the cent."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlglot

from models.late_risk import score_build
from pipelines.building import publish, tables, whole
from pipelines.settings import Settings
from tests.postgres_server import running_server

SAME_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "HUGEINT": "numeric", "TINYINT": "smallint"}
WORDED = frozenset({"reasons"})  # figures in words, rounded from numbers that may differ in their last bit

Rows = list[tuple[Any, ...]]
Columns = list[tuple[str, str]]


class Build:
    """A build by DuckDB, and what its SQL files were given: tables made in Python, their order and the parameters."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: dict[str, tuple[Columns, Rows]] = {}
        self.ordered: list[tables.Table] = []
        self.parameters: Mapping[str, object] = {}
        run = whole.run

        def watched(
            con: duckdb.DuckDBPyConnection, some: Sequence[tables.Table], parameters: Mapping[str, object], *rest: Any
        ) -> None:
            names = con.execute(
                "select table_name from information_schema.tables where table_catalog in ('given', 'build')"
            ).fetchall()
            self.given = {name: contents(con, name) for (name,) in names}
            self.ordered, self.parameters = tables.in_order(some), parameters
            run(con, some, parameters, *rest)

        monkeypatch.setattr(whole, "run", watched)
        info = publish.build(settings, score=score_build)
        self.con = duckdb.connect(str(settings.home / "builds" / f"{info.build_id}.duckdb"), read_only=True)
        self.published = {
            name for (name,) in self.con.execute("select table_name from information_schema.tables").fetchall()
        }


def contents(con: duckdb.DuckDBPyConnection, name: str) -> tuple[Columns, Rows]:
    columns = [(str(row[0]), str(row[1])) for row in con.execute(f"describe select * from {name}").fetchall()]
    return columns, con.execute(f"select * from {name}").fetchall()


def load(server: psycopg.Connection, name: str, columns: Columns, rows: Rows) -> None:
    typed = ", ".join(f'"{column}" {SAME_TYPES.get(of_type, of_type)}' for column, of_type in columns)
    server.execute(f"create table {name} ({typed})")
    with server.cursor().copy(f"copy {name} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    server.execute(f"analyze {name}")


def literal(value: object) -> str:
    if isinstance(value, dt.date):
        return f"date '{value}'"
    return f"'{value}'" if isinstance(value, str) else str(value)


def exact(columns: Columns, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row without floating-point numbers, whose sums depend on the order of the rows; amounts to four places."""
    return tuple(
        Decimal(value).quantize(Decimal("0.0001")) if isinstance(value, Decimal) else value
        for (name, of_type), value in zip(columns, row, strict=True)
        if of_type != "DOUBLE" and name not in WORDED
    )


def sums_of_doubles(columns: Columns, rows: Rows) -> dict[str, float]:
    return {
        name: math.fsum(row[place] or 0.0 for row in rows)
        for place, (name, of_type) in enumerate(columns)
        if of_type == "DOUBLE"
    }


@pytest.fixture
def server() -> Iterator[psycopg.Connection]:
    with running_server() as url, psycopg.connect(url.format(database="postgres"), autocommit=True) as connection:
        yield connection


def test_postgresql_builds_the_same_tables(
    server: psycopg.Connection, sample_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Build(Settings(home=sample_copy), monkeypatch)
    for name, (columns, rows) in build.given.items():
        load(server, name, columns, rows)
    compared = 0
    for table in build.ordered:
        if table.make:  # the scores come from Python, whatever the engine
            for name in ("fct_late_risk", "fct_model_drift"):
                load(server, name, *contents(build.con, name))
            continue
        sql = tables.PARAMETER.sub(lambda found: literal(build.parameters[found[1]]), table.sql)
        (translated,) = sqlglot.transpile(
            sql, read="duckdb", write="postgres", unsupported_level=sqlglot.ErrorLevel.RAISE
        )
        server.execute(f"create table {table.name} as {translated}")
        server.execute(f"analyze {table.name}")
        if table.name not in build.published:
            continue
        columns, expected = contents(build.con, table.name)
        names = ", ".join(f'"{column}"' for column, _ in columns)
        found = server.execute(f"select {names} from {table.name}").fetchall()
        ours = Counter(exact(columns, row) for row in expected)
        theirs = Counter(exact(columns, row) for row in found)
        assert ours == theirs, (table.name, next(iter(ours - theirs), None), next(iter(theirs - ours), None))
        assert sums_of_doubles(columns, found) == pytest.approx(sums_of_doubles(columns, expected)), table.name
        compared += bool(expected)
    assert compared > 30
