"""Make every table of a build from the imports and check it."""

from collections.abc import Callable, Mapping, Sequence

import duckdb

from pipelines.building import checks, tables
from pipelines.building.worlds import ITEMS, at_a_time, attached, create, read_from


def run(
    con: duckdb.DuckDBPyConnection,
    every: Sequence[tables.Table],
    parameters: Mapping[str, object],
    build: str,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Make every table in the database `build` of `con`, and check them; `progress(name, done, total)` tells of each.

    Tables that are not kept go as soon as all that read them are made, so that memory holds only what is still needed.
    Raises MissingRates and ChecksFailed.
    """
    failures: list[checks.Failure] = []
    steps = [tables.Table(name, tables.read_by(checks.statement(name)), kept=True) for name in checks.names()]
    identities = {step.name for step in steps}

    def make(cursor: duckdb.DuckDBPyConnection, table: tables.Table) -> None:
        read_from(cursor, build, ITEMS)
        if table.name in identities:
            failures.extend(checks.run(cursor, [table.name]))
        elif table.is_view:
            # A view takes no parameters, so its values are written into it.
            cursor.execute(f"create view {table.name} as {tables.inlined(table.sql, parameters)}")
        else:
            create(cursor, table, parameters, build if table.kept else ITEMS)

    def release(table: tables.Table) -> None:
        if not table.kept:
            con.execute(f"drop table {ITEMS}.main.{table.name}")

    with attached(con, ITEMS):
        at_a_time(con, [*every, *steps], make, progress, release)
        read_from(con, build)
        checks.refuse(con, str(parameters["base_currency"]), failures)
