"""What is known of an instalment and its customer before a day begins: set-based SQL, then one numeric matrix.

A question is (instalment, day). Every figure of an answer comes from documents, applications and due dates strictly
before that day, so a new invoice asks on its issue day and an open item asks on the day after the as-of date.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from models import rows as tables
from models import working_days
from models.odds import logit
from models.rows import Rows
from pipelines.settings import Settings

SQL_FOLDER = Path(__file__).parent / "sql"
EPOCH = dt.date(2000, 1, 1)  # the day the SQL counts from
SHARE_WEIGHT = 3.0  # invoices' worth of prior in a customer's smoothed late share
SEGMENT_WEIGHT = 100.0  # the same for a segment's rate
SEGMENTS = ("region", "currency", "industry", "customer_type")


class Feature(NamedTuple):
    name: str
    group: str  # what a reason speaks of
    rises: bool = False  # a larger value may never look safer


FEATURES: tuple[Feature, ...] = (
    Feature("log_amount", "amount"),
    Feature("relative_amount", "amount"),
    Feature("terms_days", "terms"),
    Feature("work_days_left", "age"),
    Feature("due_weekday", "calendar"),
    Feature("due_month_left", "calendar"),
    Feature("due_rest_days", "calendar"),
    Feature("issue_month_left", "calendar"),
    Feature("late_share", "record", rises=True),
    Feature("very_late_share", "record", rises=True),
    Feature("mean_days_late", "record", rises=True),
    Feature("known_n", "record"),
    Feature("last_days_late", "last", rises=True),
    Feature("trend_days", "trend", rises=True),
    Feature("open_n", "open"),
    Feature("open_ratio", "open"),
    Feature("overdue_n", "overdue", rises=True),
    Feature("overdue_share", "overdue", rises=True),
    Feature("part_share", "part"),
    Feature("broken_share", "promises", rises=True),
    Feature("days_since_paid", "silence"),
    Feature("limit_use", "limit", rises=True),
    Feature("region_rate", "segment", rises=True),
    Feature("currency_rate", "segment", rises=True),
    Feature("industry_rate", "segment", rises=True),
    Feature("customer_type_rate", "segment", rises=True),
    Feature("days_past_due", "age"),
    Feature("age_days", "age"),
    Feature("paid_share", "item_paid"),
)
NAMES = tuple(feature.name for feature in FEATURES)
GROUPS = tuple(dict.fromkeys(feature.group for feature in FEATURES))


@dataclass(frozen=True)
class Context:
    """What the matrix takes from the training rows: base rates and the rate of each segment level."""

    late_rate: float
    very_late_rate: float
    share_low: float  # nine customers in ten have a late share above this ...
    share_high: float  # ... and nine in ten one below this
    country: str
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def day_number(day: dt.date) -> int:
    return (day - EPOCH).days


@cache
def sql(name: str) -> str:
    """The statement of one table of the model."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def create(con: duckdb.DuckDBPyConnection, table: str, params: Mapping[str, Any], file: str = "") -> None:
    """Make the temporary table of one statement; it is given just the parameters it names."""
    text = sql(file or table)
    used = {name: value for name, value in params.items() if f"${name}" in text}
    con.execute(f"create or replace temp table {table} as {text}", used)


def prepare(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings, per_mille: int = 1000) -> None:
    """Make the temporary tables of outcomes and promises as the book knew them when `known` closed."""
    params = {
        "known": known,
        "grace": settings.late_grace_days,
        "very_late": settings.very_late_days,
        "per_mille": per_mille,
    }
    for table in ("risk_outcomes", "risk_promises"):
        create(con, table, params)
    con.execute(f"create or replace temp view risk_segments as {sql('risk_segments')}")


def ask_at_issue(con: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date) -> Rows:
    """Answers for every instalment issued from `first` to `last`, each asked on the morning of its issue."""
    params = {"first_day": day_number(first), "last_day": day_number(last)}
    create(con, "risk_questions", params, "risk_questions_issue")
    return _answers(con, "", {"at_issue": True})


def ask_while_open(con: duckdb.DuckDBPyConnection, days: Sequence[dt.date]) -> Rows:
    """Answers for every instalment still open on the morning of each of `days`."""
    con.register("risk_ask_days", {"day": np.array([day_number(day) for day in days], dtype="int64")})
    last_day = max(map(day_number, days), default=0)
    create(con, "risk_questions", {"last_day": last_day}, "risk_questions_open")
    con.unregister("risk_ask_days")
    return _answers(con, "", {"at_issue": False})


def ask_for_book(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Rows:
    """Answers for every instalment of the build's open items, asked once `as_of` has closed."""
    params = {"day": day_number(as_of) + 1, "per_mille": 1000}
    create(con, "risk_questions", params, "risk_questions_book")
    return _answers(con, "_day", params)


def ask_on_day(con: duckdb.DuckDBPyConnection, day: dt.date, last: dt.date, per_mille: int = 1000) -> Rows:
    """Answers for the instalments open on the morning of `day` that then showed by `last` whether they are late."""
    params = {"day": day_number(day), "last_day": day_number(last), "per_mille": per_mille}
    create(con, "risk_questions", params, "risk_questions_day")
    return _answers(con, "_day", params)


def known_outcomes(con: duckdb.DuckDBPyConnection, last: dt.date, per_mille: int) -> Rows:
    """Instalments whose label is known when `last` has closed, without their history; thinned by whole customers."""
    return tables.read(con, sql("risk_known"), {"last_day": day_number(last), "per_mille": per_mille})


def drop(con: duckdb.DuckDBPyConnection) -> None:
    """Take the temporary tables away again."""
    con.execute("drop view if exists risk_segments")
    for (table,) in con.execute("select table_name from duckdb_tables() where temporary").fetchall():
        if table.startswith("risk_"):
            con.execute(f"drop table {table}")


def context(rows: Rows, last_day: int, settings: Settings) -> Context:
    """Base rates and smoothed segment rates of questions whose answers were known on `last_day`."""
    rows = rows.where(rows["late_day"] <= last_day)
    late = rows["is_late"].astype("float64")
    late_rate = _rate(late)
    segments = {}
    for column in SEGMENTS:
        levels, rates = _rates(rows[column].astype(str), late, SEGMENT_WEIGHT, late_rate)
        segments[column] = dict(zip(levels.tolist(), rates.tolist(), strict=True))
    _, shares = _rates(rows["customer_key"], late, SHARE_WEIGHT, late_rate)
    low, high = np.quantile(shares, [0.1, 0.9]).tolist() if len(shares) else (0.0, 1.0)
    very_late_rate = _rate(rows["is_very_late"][rows["very_late_day"] <= last_day])
    return Context(late_rate, min(very_late_rate, late_rate), low, high, settings.country, segments)


def _rates(keys: np.ndarray, late: np.ndarray, weight: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in order, and the share of late of each, smoothed towards `rate`."""
    levels, place = np.unique(keys, return_inverse=True)
    seen = np.bincount(place, minlength=len(levels))
    return levels, (np.bincount(place, late, len(levels)) + weight * rate) / (seen + weight)


def smoothed_share(rows: Rows, rate: float, target: str) -> np.ndarray:
    """The customer's share of late (very late) instalments among those already known, smoothed towards `rate`."""
    late = rows["late_n" if target == "late" else "very_late_n"]
    return np.asarray((late + SHARE_WEIGHT * rate) / (rows["known_n"] + SHARE_WEIGHT))


def late_share(rows: Rows, known: Context, target: str) -> np.ndarray:
    """The baseline's answer: the smoothed share; of an item late already, the very late among the late ones."""
    late = smoothed_share(rows, known.late_rate, "late")
    if target == "late":
        return late
    very_late = np.minimum(smoothed_share(rows, known.very_late_rate, "very_late"), late)
    return np.where(rows["day"] > rows["late_day"], very_late / late, very_late)


def segment_rates(rows: Rows, known: Context) -> np.ndarray:
    """The rate of each row's segments, of shape (rows, SEGMENTS); of a level never seen, the rate of all."""
    columns = []
    for name in SEGMENTS:
        rates = known.segments.get(name, {})
        columns.append(np.array([rates.get(level, known.late_rate) for level in rows[name].tolist()], dtype="float64"))
    return np.column_stack(columns)


def _rate(labels: np.ndarray) -> float:
    """A share that is never quite 0 or 1, and one half when nothing is known."""
    return (float(labels.sum()) + 1) / (len(labels) + 2)


def matrix(rows: Rows, known: Context) -> np.ndarray:
    """Numbers of shape (rows, features) in the order of FEATURES; what is not known is NaN."""
    raw = {name: rows[name].astype("float64") for name in _NUMBERS}
    mean_cents = raw["issued_cents"] / np.maximum(raw["issued_n"], 1)
    paid_share = np.clip(raw["item_paid_cents"] / np.maximum(raw["cents"], 1), 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns: dict[str, np.ndarray] = {
            "log_amount": np.log(np.maximum(raw["cents"], 1) / 100),
            "relative_amount": np.log(np.maximum(raw["cents"], 1) / np.maximum(mean_cents, 1)),
            "terms_days": raw["due_day"] - raw["issue_day"],
            "late_share": logit(smoothed_share(rows, known.late_rate, "late")),
            "very_late_share": logit(smoothed_share(rows, known.very_late_rate, "very_late")),
            "mean_days_late": raw["days_late_sum"] / (raw["closed_n"] + 2),
            "known_n": np.log1p(raw["known_n"]),
            "last_days_late": raw["last_days_late"],
            "trend_days": raw["last_days_late"] - raw["days_late_sum"] / raw["closed_n"],
            "open_n": np.log1p(np.maximum(raw["issued_n"] - raw["closed_n"], 0)),
            "open_ratio": np.log1p(np.maximum(raw["open_cents"], 0) / np.maximum(mean_cents, 1)),
            "overdue_n": np.log1p(np.maximum(raw["overdue_n"], 0)),
            "overdue_share": np.clip(raw["overdue_cents"] / np.maximum(raw["open_cents"], 1), 0, 1),
            "part_share": raw["part_n"] / (raw["closed_n"] + raw["part_n"] + 3),
            "days_since_paid": np.minimum(raw["day"] - raw["last_closed_day"], 365),
            "limit_use": np.clip(raw["open_cents"] / raw["limit_cents"], 0, 3),
            "days_past_due": np.clip(raw["day"] - 1 - raw["due_day"], -120, 365),
            "age_days": np.minimum(raw["day"] - 1 - raw["issue_day"], 730),
            "paid_share": paid_share,
            "broken_share": raw["broken_n"] / (raw["promise_n"] + 2),
        }
    columns |= working_days.columns(rows["day"], rows["issue_day"], rows["due_day"], known.country)
    rates = segment_rates(rows, known)
    columns |= {f"{name}_rate": rates[:, place] for place, name in enumerate(SEGMENTS)}
    return np.column_stack([columns[name] for name in NAMES])


_NUMBERS = (
    *("day", "issue_day", "due_day", "cents", "item_paid_cents", "limit_cents", "issued_n", "issued_cents", "closed_n"),
    *("open_cents", "known_n", "late_n", "very_late_n", "overdue_n", "overdue_cents", "days_late_sum", "part_n"),
    *("last_closed_day", "last_days_late", "promise_n", "broken_n"),
)


def _answers(con: duckdb.DuckDBPyConnection, form: str, params: Mapping[str, Any]) -> Rows:
    """Features and outcomes of the questions that stand in risk_questions; form `_day` is for those of a single day."""
    create(con, "risk_history", params, f"risk_history{form}")
    create(con, "risk_features", {})
    return tables.read(con, sql(f"risk_answers{form}"))
