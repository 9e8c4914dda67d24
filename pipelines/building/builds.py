"""The builds on disk: which one is published, whether it can be read, and how to come back to one that can."""

import datetime as dt
import re
from pathlib import Path

import duckdb

from pipelines.building import updates
from pipelines.errors import UserError
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse, remove_unfinished, write_text_atomically

BUILD_ID = re.compile(r"\d{8}-\d{8}T\d{12}")  # as-of date, then the moment it was begun


class NothingPublished(UserError):
    """No build has been published yet."""

    def __init__(self) -> None:
        super().__init__("error.nothing_published")


class PublishedBuildMissing(UserError):
    """CURRENT is lost, or names a build whose file is not there."""

    def __init__(self, build_id: str) -> None:
        super().__init__("error.published_build_missing", id=build_id)


class NoReadableBuild(UserError):
    """The published build is lost or damaged, and there is no other to put in its place."""

    def __init__(self) -> None:
        super().__init__("error.no_readable_build")


class PublishedBuildDamaged(UserError):
    """The published build's file cannot be read."""

    def __init__(self, build_id: str) -> None:
        super().__init__("error.published_build_damaged", id=build_id)


def finished(warehouse: Warehouse) -> list[str]:
    """Ids of the finished builds, in the order they were made."""
    names = [path.stem for path in warehouse.builds.glob("*.duckdb") if BUILD_ID.fullmatch(path.stem)]
    return sorted(names, key=lambda name: name.split("-", 1)[1])


def current(settings: Settings) -> Path | None:
    """The published build's file, or None where nothing has been published yet.

    Raises PublishedBuildMissing when CURRENT is lost or names no build although there are builds.
    """
    warehouse = Warehouse.of(settings)
    named = _named(warehouse)
    ids = finished(warehouse)
    if named in ids:
        return warehouse.builds / f"{named}.duckdb"
    if named or ids:
        raise PublishedBuildMissing(named or "CURRENT")
    return None


def _named(warehouse: Warehouse) -> str:
    """The build that CURRENT names, whatever stands in it; '' where there is no such file."""
    if not warehouse.current.exists():
        return ""
    text = warehouse.current.read_text(encoding="utf-8", errors="replace").strip()
    return text if BUILD_ID.fullmatch(text) else "?"


def problem(settings: Settings) -> UserError | None:
    """What is wrong with the published build, or None: it can be read, or nothing was published yet."""
    try:
        path = current(settings)
    except PublishedBuildMissing as missing:
        return missing
    return None if path is None or is_readable(path) else PublishedBuildDamaged(path.stem)


def is_readable(path: Path) -> bool:
    """Whether a build's file opens and says which build it is."""
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            return con.execute("select build_id from build_info").fetchall() == [(path.stem,)]
    except duckdb.Error:
        return False


def made_otherwise(settings: Settings) -> dt.date | None:
    """The as-of date of the published build where the statements of another version made it, else None."""
    path = current(settings)
    if path is None:
        return None
    with duckdb.connect(str(path), read_only=True) as con:
        if updates.statements_of(con) == updates.fingerprint():
            return None
        found: dt.date = con.execute("select as_of from build_info").fetchall()[0][0]
        return found


def mend(settings: Settings) -> str | None:
    """Point CURRENT at the newest readable build where it points at none; the build's id, None if it points at one.

    Raises NoReadableBuild and WarehouseBusy.
    """
    warehouse = Warehouse.of(settings)
    with warehouse.lock("build"):
        if problem(settings) is None:
            return None
        for build_id in reversed(finished(warehouse)):
            if is_readable(warehouse.builds / f"{build_id}.duckdb"):
                write_text_atomically(warehouse.current, build_id + "\n")
                return build_id
    raise NoReadableBuild


def clean_up(settings: Settings) -> list[Path]:
    """Remove what killed builds and models left unfinished; the paths removed. What is being written stays."""
    warehouse = Warehouse.of(settings)
    return [
        *remove_unfinished(warehouse, "build", warehouse.home, warehouse.builds),
        *remove_unfinished(warehouse, "model", warehouse.model),
    ]
