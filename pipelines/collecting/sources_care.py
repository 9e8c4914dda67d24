"""What people recorded of how we look after a customer, and the strategy rules: tables the call list is built from."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.collecting.follow_up import Note

TABLES = (
    "create table raw_touches (entity_id VARCHAR, customer_id VARCHAR, day DATE, is_care INTEGER, is_chasing INTEGER)",
    "create table raw_ratings (entity_id VARCHAR, customer_id VARCHAR, aspect VARCHAR, score INTEGER)",
    "create table raw_readiness (entity_id VARCHAR, customer_id VARCHAR, confirmed INTEGER, missing INTEGER)",
    "create table raw_transfers (entity_id VARCHAR, customer_id VARCHAR, days INTEGER)",
)
RULES = (
    "create table ref_strategy_rules (place INTEGER, strategy VARCHAR, method VARCHAR, classes VARCHAR, "
    "customer_type VARCHAR, min_days INTEGER, max_days INTEGER, min_overdue DOUBLE, min_broken INTEGER, "
    "disputed BOOLEAN)"
)
NOTICES = ("reminder", "demand")  # letters that ask for money


def attach(con: duckdb.DuckDBPyConnection, settings: Settings, known_at: dt.datetime) -> None:
    """Create `ref_strategy_rules`, and what was entered up to `known_at` and still stood then as `raw_touches`,
    `raw_ratings`, `raw_readiness` and `raw_transfers`.

    A touch is a contact that reached somebody, a greeting (care alone) or a notice sent (chasing alone). Of ratings the
    newest of each aspect counts, of confirmations the newest answer to each question; a transfer is the working days a
    payer's bank needs, as its card says.
    """
    for statement in (RULES, *TABLES):
        con.execute(statement)
    con.executemany(f"insert into ref_strategy_rules values ({', '.join('?' * 10)})", rules_as_rows(settings))
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return
    # Nobody waits for the journal's libraries where nothing was ever entered.
    from pipelines.collecting import follow_up

    fill(con, settings, follow_up.notes(settings, known_at=known_at))


def fill(con: duckdb.DuckDBPyConnection, settings: Settings, notes: "Iterable[Note]") -> None:
    """Put the notes, oldest first, into the tables."""
    from pipelines.collecting import journal

    touches: list[tuple[object, ...]] = []
    ratings: dict[tuple[str, str, str], int] = {}
    answers: dict[tuple[str, str, str | None, str], str] = {}
    transfers: dict[tuple[str, str], str] = {}
    for note in notes:
        entry, day = note.payload, journal.business_day(settings, note.at)
        if note.kind == "contact" and entry.result != "not_reached":
            touches.append((*note.customer, day, 1, 1))
        elif note.kind == "greeting":
            touches.append((*note.customer, day, 1, 0))
        elif note.kind == "letter" and entry.state == "sent" and entry.letter in NOTICES:
            touches.append((*note.customer, day, 0, 1))
        elif note.kind == "rating":
            ratings[*note.customer, entry.aspect] = entry.score
        elif note.kind == "confirmation":
            answers[*note.customer, note.invoice_id, entry.item] = entry.state
        elif note.kind == "payer_fact" and entry.fact == "transfer_days":
            transfers[note.customer] = entry.value
    counts: dict[tuple[str, str], list[int]] = {}
    for (entity_id, customer_id, _, _), state in answers.items():
        counts.setdefault((entity_id, customer_id), [0, 0])[state == "missing"] += 1
    _insert(con, "raw_touches", touches)
    _insert(con, "raw_ratings", [(*key, score) for key, score in ratings.items()])
    _insert(con, "raw_readiness", [(*key, *both) for key, both in counts.items()])
    _insert(con, "raw_transfers", [(*key, int(days)) for key, days in transfers.items() if days])


def rules_as_rows(settings: Settings) -> list[tuple[object, ...]]:
    """The strategy rules as rows of `ref_strategy_rules`, in order."""
    return [
        (place, rule.strategy, rule.method, rule.classes, rule.customer_type, rule.min_days, rule.max_days,
         rule.min_overdue, rule.min_broken, rule.disputed)
        for place, rule in enumerate(settings.strategy_rules, start=1)
    ]  # fmt: skip


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        import pandas as pd

        # Thousands of contacts a month: row by row would take longer than the rest of the build.
        names = [column[0] for column in con.execute(f"select * from {table}").description]
        con.register("entered", pd.DataFrame(rows, columns=names))
        con.execute(f"insert into {table} select * from entered")
        con.unregister("entered")
