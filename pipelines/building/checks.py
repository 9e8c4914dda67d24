"""The accounting identities: each a query that returns the rows that break it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import UserError

FOLDER = Path(__file__).resolve().parent.parent / "sql" / "checks"
ROWS_SHOWN = 5


@dataclass(frozen=True)
class Failure:
    """A check that found rows: how many, and the first few as `column=value` lines."""

    check: str
    rows: int
    examples: tuple[str, ...]


class ChecksFailed(UserError):
    """The build breaks an identity and is not published; `failures` name the rows."""

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        first = failures[0]
        super().__init__(
            "error.checks_failed",
            checks=", ".join(f.check for f in failures),
            rows=first.rows,
            example=first.examples[0],
        )


class MissingRates(UserError):
    """Documents in currencies for which no exchange rate is known on their day: (currency, first day, documents)."""

    def __init__(self, missing: Sequence[tuple[str, object, int]], base: str) -> None:
        listed = " · ".join(f"{currency} × {documents}, {first_day}" for currency, first_day, documents in missing)
        super().__init__("error.missing_rates", missing=listed, base=base)


def names() -> list[str]:
    """Every check by name, alphabetical."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def run(con: duckdb.DuckDBPyConnection, chosen: Sequence[str] = ()) -> list[Failure]:
    """Run every check, or those chosen, on a build; an empty list means all identities hold."""
    failures = []
    for name in chosen or names():
        found = con.execute(statement(name))
        columns = [column[0] for column in found.description or ()]
        rows = found.fetchall()
        if rows:
            examples = tuple(
                ", ".join(f"{column}={value}" for column, value in zip(columns, row, strict=True))
                for row in rows[:ROWS_SHOWN]
            )
            failures.append(Failure(name, len(rows), examples))
    return failures


def statement(name: str) -> str:
    """The query of a check: the rows that break it."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def refuse(con: duckdb.DuckDBPyConnection, base_currency: str, failures: list[Failure]) -> None:
    """Raise MissingRates when a rate is missing, ChecksFailed when an identity does not hold."""
    missing = con.execute(statement("rates_are_known")).fetchall()
    if missing:
        raise MissingRates(missing, base_currency)
    if failures:
        raise ChecksFailed(sorted(failures, key=lambda failure: failure.check))
