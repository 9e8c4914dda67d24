"""The journal as tables: what its tests compare."""

import datetime as dt

import pandas as pd
import sqlalchemy as sa

from pipelines.collecting import journal_read
from pipelines.collecting.journal_entries import PAYLOADS
from pipelines.collecting.journal_store import ENTRIES, transaction
from pipelines.settings import Settings


def entries(
    settings: Settings, kind: str | None = None, *, known_at: dt.datetime | None = None, **subject: str
) -> pd.DataFrame:
    """The records of the journal by name; with `kind` the fields of its payload are columns too (`payload.<field>`)."""
    found = journal_read.records(settings, kind, known_at=known_at, **subject)  # type: ignore[arg-type]
    frame = pd.DataFrame(found, columns=journal_read.COLUMNS)
    for field in PAYLOADS[kind].model_fields if kind else ():
        values = [getattr(payload, field) for payload in frame["payload"]]
        frame[f"payload.{field}"] = pd.Series(values, dtype="object", index=frame.index)
    return frame


def open_entries(settings: Settings, kind: str) -> pd.DataFrame:
    """Those that nobody has closed."""
    frame = entries(settings, kind)
    return frame[frame["closed_at"].isna()]


def versions(settings: Settings, root: int) -> list[dict[str, object] | None]:
    """The payload of every version of one entry, oldest first; None where it was withdrawn."""
    with transaction(settings) as con:
        statement = sa.select(ENTRIES).where(sa.or_(ENTRIES.c.id == root, ENTRIES.c.root == root))
        return [row.payload for row in con.execute(statement.order_by(ENTRIES.c.id))]
