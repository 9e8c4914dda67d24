"""The published build beside the one published before it: what moved, and which imports lie between them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.building import builds
from pipelines.reporting.queries import Build
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

MEASURES = ("outstanding", "overdue", "unapplied", "items")


@dataclass(frozen=True)
class Side:
    """One build: its as-of date, the moment it knows (ISO, UTC) and its totals in base currency."""

    as_of: dt.date
    known_at: str
    totals: dict[str, Decimal]


@dataclass(frozen=True)
class Comparison:
    """Two builds. `imports` has file_name and change (new, gone); `customers` the customers whose balance moved most.

    customers: entity_id, customer_id, customer_name, before_base, open_base, difference.
    """

    before: Side
    after: Side
    imports: pd.DataFrame
    customers: pd.DataFrame


def known_earlier(build: Build) -> dt.datetime | None:
    """The moment a build was asked to go back to; None for one that knows all there was when it was made."""
    begun = dt.datetime.strptime(build.build_id.split("-", 1)[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=dt.UTC)
    known = dt.datetime.fromisoformat(build.known_at)
    known = known if known.tzinfo else known.replace(tzinfo=dt.UTC)
    return known if known < begun else None


def others(settings: Settings) -> list[Path]:
    """The files of the builds kept besides the published one, the newest first."""
    warehouse, current = Warehouse.of(settings), builds.current(settings)
    kept = builds.finished(warehouse)
    if current is None or current.stem not in kept:
        return []
    return [warehouse.builds / f"{each}.duckdb" for each in reversed(kept) if each != current.stem]


def side(path: Path) -> Side:
    """What a build says of itself."""
    with duckdb.connect(str(path), read_only=True) as con:
        return _side(con)


def compare(before: Path, after: Path, top: int = 20) -> Comparison:
    """Two builds of one warehouse side by side."""
    with duckdb.connect(str(before), read_only=True) as old, duckdb.connect(str(after), read_only=True) as new:
        sides, listed, owed = zip(*((_side(con), _imports(con), _balances(con)) for con in (old, new)), strict=True)
    gone = [name for import_id, name in listed[0].items() if import_id not in listed[1]]
    added = [name for import_id, name in listed[1].items() if import_id not in listed[0]]
    changes = pd.DataFrame(
        {"change": ["new"] * len(added) + ["gone"] * len(gone), "file_name": [*added, *gone]}, dtype="object"
    )
    key = ["entity_id", "customer_id"]
    joined = owed[0].merge(owed[1], on=key, how="outer", suffixes=("_old", ""))
    joined["customer_name"] = joined["customer_name"].fillna(joined["customer_name_old"])
    joined["before_base"] = joined["open_base_old"].fillna(0.0)
    joined["open_base"] = joined["open_base"].fillna(0.0)
    joined["difference"] = (joined["open_base"] - joined["before_base"]).round(4)
    moved = joined[joined["difference"].abs() >= 0.01]
    moved = moved.reindex(moved["difference"].abs().sort_values(ascending=False, kind="stable").index).head(top)
    columns = [*key, "customer_name", "before_base", "open_base", "difference"]
    return Comparison(sides[0], sides[1], changes, moved[columns].reset_index(drop=True))


def _side(con: duckdb.DuckDBPyConnection) -> Side:
    ((as_of, known_at),) = con.execute("select as_of, known_at from build_info").fetchall()
    (totals,) = con.execute(
        """
        select coalesce(sum(open_base), 0), coalesce(sum(open_base) filter (days_past_due > 0), 0),
            coalesce(-sum(open_base) filter (bucket = 'unapplied'), 0), count(*)
        from fct_open_items
        """
    ).fetchall()
    return Side(as_of, known_at, {name: Decimal(value) for name, value in zip(MEASURES, totals, strict=True)})


def _imports(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("select import_id, file_name from imports order by import_no").fetchall())


def _balances(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return con.execute(
        """
        select customers.entity_id, customers.customer_id, any_value(customers.customer_name) as customer_name,
            cast(sum(aging.open_base) as double) as open_base
        from fct_aging as aging
        inner join dim_customers as customers using (entity_id, customer_id)
        group by customers.entity_id, customers.customer_id
        """
    ).df()
