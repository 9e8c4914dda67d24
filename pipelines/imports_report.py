"""What an import holds: its report (= manifest), the figures in it, and how it is stored and read back."""

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.errors import UserError
from pipelines.imports_plan import Plan
from pipelines.readers_layout import Layout
from pipelines.readers_raw import Raw

_OPEN_WORDS = re.compile(
    r"open|aging|aged|ageing|outstanding|pending|unpaid|未清|未收|未付|欠款|账龄|余额|残高|offene|미수|em aberto", re.I
)


@dataclass(frozen=True)
class ImportReport:
    """What one import holds: the content of its manifest, and of the report shown after it."""

    import_id: str
    source: str
    kind: str
    file_name: str
    as_of: dt.date | None
    ledger: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_set_aside: int
    accepted_total: str
    control_total: str | None
    imported_at: str
    retracted_at: str | None
    already_imported: bool
    date_from: dt.date | None
    date_to: dt.date | None
    currencies: tuple[str, ...]
    columns: dict[str, dict[str, Any]]
    notes: list[dict[str, Any]]
    format: dict[str, Any]
    unmapped: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """Accepted total less control total; None where the file states no total."""
        return None if self.control_total is None else Decimal(self.accepted_total) - Decimal(self.control_total)


@dataclass(frozen=True)
class ColumnView:
    """One canonical column as a person checks it: where it comes from, samples as written and as read, the evidence."""

    name: str
    required: bool
    source: str | None
    how: str | None
    confidence: float
    samples: tuple[str, ...]
    parsed: tuple[str, ...]
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What an import would do, computed without storing anything.

    `problem` is the error an import would end with, None where it would succeed; `report` is None when the file could
    not be read as far as rows. `headers` are the source columns to choose from; `rejected` the first rejected rows as
    dicts (line_no, column_name, value, reason, raw).
    """

    file_name: str
    problem: UserError | None
    report: ImportReport | None
    columns: tuple[ColumnView, ...] = ()
    headers: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    rejected: list[dict[str, Any]] | None = None
    format: dict[str, Any] | None = None
    kind: str | None = None
    kind_scores: dict[str, float] | None = None


@dataclass(frozen=True)
class Facts:
    """Total, days and currencies of the accepted rows of an import."""

    total: Decimal
    oldest: dt.date | None
    newest: dt.date | None
    currencies: tuple[str, ...]


def facts(con: duckdb.DuckDBPyConnection, kind: str, rows: Path) -> Facts:
    """Read the figures of a report from its `rows.parquet`."""
    names = {c.name for c in KINDS[kind]}
    days = [n for n in ("issue_date", "paid_on", "rate_date", "settled_date") if n in names]
    money = next((n for n in ("amount", "open_amount") if n in names), None)
    total = f"coalesce(sum({money}), 0)" if money else "0"
    oldest = f"min({days[0]})" if days else "null"
    newest = f"greatest({', '.join(f'max({d})' for d in days)})" if days else "null"
    currency = "list(distinct currency order by currency) filter (currency is not null)"
    row = con.execute(
        f"""select cast({total} as decimal(38,4)), {oldest}, {newest}, {currency if "currency" in names else "[]"}
            from read_parquet(?)""",
        [str(rows)],
    ).fetchone()
    assert row is not None
    return Facts(money_text(row[0]), row[1], row[2], tuple(row[3] or ()))


def money_text(amount: Decimal) -> Decimal:
    """An amount with two decimals, or all it needs."""
    exact = Decimal(amount)
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact.normalize()


def ledger_of(
    con: duckdb.DuckDBPyConnection, rows: Path, texts: list[str], stated: object
) -> tuple[str, dict[str, Any]]:
    """Whether invoices are a ledger (paid ones included) or an open-items list, with the evidence as a note.

    `texts` are the titles, the sheet's name and the file's name; `stated` is a person's word.
    """
    if stated in ("ledger", "open_items"):
        return str(stated), {"code": "ledger_stated"}
    row = con.execute(
        """select count(*), count(settled_date), count(*) filter (status = 'paid'), count(open_amount),
                  count(*) filter (open_amount = 0 and amount <> 0) from read_parquet(?)""",
        [str(rows)],
    ).fetchone()
    count, settled, paid, with_open, closed = row or (0, 0, 0, 0, 0)
    if settled:
        return "ledger", {"code": "ledger_settled_dates", "rows": settled}
    if paid:
        return "ledger", {"code": "ledger_paid_status", "rows": paid}
    if any(_OPEN_WORDS.search(text.replace("_", " ")) for text in texts):
        return "open_items", {"code": "open_items_title"}
    if closed:
        return "ledger", {"code": "ledger_closed_rows", "rows": closed}
    if with_open == count:
        return "open_items", {"code": "open_items_all_open", "rows": with_open}
    return "ledger", {"code": "ledger_no_sign"}


def source_name(path: Path) -> str:
    """The source an export belongs to when nobody names one: its file name without dates and numbers."""
    stem = re.sub(r"[\s_.()\-]*\d[\d\-_.年月日()]*", " ", path.stem)
    words = re.sub(r"[\s_\-.]+", "_", stem).strip("_").casefold()
    return words or path.stem.casefold()


def columns_of(plan: Plan) -> dict[str, dict[str, Any]]:
    """Canonical column → source header, how it was found, and the evidence."""
    return {
        name: {
            "source": p.source.header if p.source else None,
            "how": p.source.how if p.source else "derived",
            "confidence": p.source.confidence if p.source else 1.0,
            "evidence": p.evidence,
        }
        for name, p in plan.columns.items()
        if p.source or p.evidence
    }


def format_of(raw: Raw, layout: Layout) -> dict[str, Any]:
    """How the file is written, for people and the manifest."""
    return {
        "format": raw.format,
        "encoding": raw.encoding,
        "delimiter": raw.delimiter,
        "sheet": raw.sheet,
        "sheets": list(raw.sheets),
        "header_line": layout.header_line,
        "titles": list(layout.titles[:10]),
    }


def manifest_text(report: ImportReport) -> str:
    """A report as the JSON text of `manifest.json`."""
    plain = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asdict(report).items()}
    return json.dumps(plain, ensure_ascii=False, indent=1)


def load_report(folder: Path) -> ImportReport:
    """The report of an import folder, with the day it was retracted if it was."""
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    marker = folder / "retracted.json"
    stored["retracted_at"] = json.loads(marker.read_text(encoding="utf-8"))["retracted_at"] if marker.exists() else None
    for name in ("as_of", "date_from", "date_to"):
        stored[name] = dt.date.fromisoformat(stored[name]) if stored[name] else None
    for name in ("currencies", "unmapped"):
        stored[name] = tuple(stored[name])
    return ImportReport(**{f.name: stored[f.name] for f in fields(ImportReport)})
