"""The only way to read a build: the published one, open for reading, and the Scope that limits every figure of it.

The modules beside this one hold a typed function per figure or table on a page.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.building import builds, tables
from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection
LONGEST_FORECAST = 365  # an expected date lies at most this many days ahead of the as-of date


@dataclass(frozen=True)
class Build:
    """The published build a reader looks at."""

    build_id: str
    path: Path
    as_of: dt.date
    known_at: str
    model_id: str
    base_currency: str
    dso_window_months: int
    based_on: str  # the build it went on from; empty for a whole one


@dataclass(frozen=True)
class Scope:
    """What a reader may see or has chosen to see; an empty tuple is no limit."""

    entities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()

    def limits(self) -> dict[str, tuple[str, ...]]:
        """The columns this scope limits, with the values it allows."""
        named = {"entity_id": self.entities, "region": self.regions, "rep": self.reps}
        return {column: values for column, values in named.items() if values}

    def where(self, alias: str = "") -> tuple[str, list[object]]:
        """An SQL condition with its positional parameters; `true` where nothing is limited."""
        prefix = f"{alias}." if alias else ""
        limits = self.limits()
        clauses = [f"{prefix}{column} in ({', '.join('?' * len(values))})" for column, values in limits.items()]
        return " and ".join(clauses) or "true", [value for values in limits.values() for value in values]


def published(settings: Settings) -> Build | None:
    """The published build, or None before the first one. Raises PublishedBuildMissing and PublishedBuildDamaged."""
    path = builds.current(settings)
    if path is None:
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            found = con.execute("select * from build_info").fetch_df().to_dict("records")[0]
    except (duckdb.Error, IndexError):
        raise builds.PublishedBuildDamaged(path.stem) from None
    chosen = json.loads(found["settings"])
    return Build(
        found["build_id"],
        path,
        found["as_of"].date(),
        found["known_at"],
        found["model_id"],
        chosen["base_currency"],
        chosen["dso_window_months"],
        # Builds made before one could go on from another do not say.
        found.get("based_on", ""),
    )


def open_build(build: Build, *, files: bool = False) -> Connection:
    """A read-only connection to a build; without `files` it can reach no file and no network besides it."""
    con = duckdb.connect(str(build.path), read_only=True)
    try:
        if not files:
            con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    except duckdb.InvalidInputException:
        # One database serves all connections of a process to the same file: another one has locked it already.
        if con.execute("select current_setting('enable_external_access')").fetchone() != (files,):
            con.close()
            raise
    return con


def _frame(con: Connection, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> pd.DataFrame:
    return con.cursor().execute(sql, parameters).df()


def _row(con: Connection, sql: str, parameters: Sequence[object] = ()) -> dict[str, Any]:
    """The one row of a query by column name; money stays Decimal."""
    cursor = con.cursor().execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]


def _sql_of(name: str) -> str:
    return (tables.FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def holds_anyone(con: Connection, scope: Scope) -> bool:
    """Whether the scope holds a customer, or a balance under a rep or region that no customer has as its own."""
    condition, values = scope.where()
    found = _row(
        con,
        f"""
        select
            exists (select 1 from dim_customers where {condition})
            or exists (select 1 from fct_aging where {condition}) as anyone
        """,
        [*values, *values],
    )
    return bool(found["anyone"])


def filter_values(con: Connection, scope: Scope) -> dict[str, list[str]]:
    """What a reader can filter by within the scope: entities, regions, reps, each sorted."""
    condition, values = scope.where()
    found = _row(
        con,
        f"""
        select
            list_sort(list(distinct entity_id)) as entities,
            list_sort(list(distinct region)) as regions,
            list_sort(list(distinct rep)) as reps
        from fct_aging
        where {condition}
        """,
        values,
    )
    return {name: found[name] or [] for name in ("entities", "regions", "reps")}
