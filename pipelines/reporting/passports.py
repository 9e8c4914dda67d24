"""The passport of a figure: what it is made of within a scope, what it leaves out and why, and the SQL behind it."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import dedent
from typing import Any, cast

from pipelines.building import tables
from pipelines.reporting.passport_figures import FIGURES
from pipelines.reporting.passport_types import At, Passport, Statement
from pipelines.reporting.queries import Connection, Scope

NOTHING_SAID = At()


class Recorder:
    """A connection that notes each statement it is asked to run."""

    def __init__(self, con: Connection) -> None:
        self.con = con
        self.ran: list[tuple[str, Sequence[object] | Mapping[str, object]]] = []

    def cursor(self) -> "Recorder":
        return self

    def execute(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Connection:
        self.ran.append((sql, parameters))
        return self.con.cursor().execute(sql, parameters)


def passport(con: Connection, scope: Scope, figure: str, at: At = NOTHING_SAID) -> Passport:
    """The passport of `figure` within `scope`. Raises KeyError for a figure that has none."""
    recorder = Recorder(con)
    made = FIGURES[figure].make(cast("Connection", recorder), scope, figure, at)
    return replace(made, statements=_statements(recorder.ran))


def recomputed(made: Passport) -> Any:
    """The figure once more, from the terms shown; None where it is missing or a term is."""
    if made.result.value is None or any(term.value is None for term in made.terms):
        return None
    return FIGURES[made.figure].formula({f"{each.name}{each.detail}": each.value for each in made.terms})


def month_ends(con: Connection) -> list[dt.date]:
    """The month ends that the DSO family is known for, newest first."""
    found = con.cursor().execute("select month_end from ref_months order by month_end desc").fetchall()
    return [month_end for (month_end,) in found]


def buckets(con: Connection) -> list[str]:
    """The aging buckets of the build, in order."""
    found = con.cursor().execute("select bucket from ref_buckets order by bucket_order").fetchall()
    return [bucket for (bucket,) in found]


def _statements(ran: Sequence[tuple[str, Sequence[object] | Mapping[str, object]]]) -> tuple[Statement, ...]:
    """What was run, each statement once, without look-ups of a setting."""
    found = []
    for sql, parameters in ran:
        files = files_behind(sql)
        named = parameters.items() if isinstance(parameters, Mapping) else enumerate(parameters, start=1)
        statement = Statement(dedent(sql).strip(), tuple((f"${name}", value) for name, value in named), files)
        if files and statement not in found:
            found.append(statement)
    return tuple(found)


def files_behind(sql: str) -> tuple[str, ...]:
    """The SQL files (`marts/fct_aging`) of the tables a statement reads, then of those they read, and so on."""
    known = {path.stem: path for path in sorted(tables.FOLDER.glob("*/*.sql")) if path.parent.name != "checks"}
    nearest, found = _reads(sql), []
    while nearest:
        found += (here := [name for name in nearest if name in known and name not in found])
        nearest = [read for name in here for read in _reads(known[name].read_text(encoding="utf-8"))]
    return tuple(f"{known[name].parent.name}/{name}" for name in found)


def sql_file(name: str) -> str:
    """The text of a file that `files_behind` named."""
    return (tables.FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _reads(sql: str) -> list[str]:
    return list(dict.fromkeys(re.findall(tables.READ, tables.COMMENT.sub("", sql))))
