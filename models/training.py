"""Training: the questions whose answers a book knows, and a model fitted to them. Imports scikit-learn."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import duckdb
import numpy as np
from threadpoolctl import threadpool_limits

from models import estimators, features, fitting, fitting_dates
from models.features import Context
from models.model import TARGETS, Head, Model, Refusal, labelled, share_of
from models.rows import Rows
from pipelines.settings import Settings

LEAST_OUTCOMES = 30  # of each kind, late and not late, below which nothing is learnt
LEAST_DAYS = 90  # of history
MOST_ITEMS = 200_000  # instalments learnt from; a larger book is thinned by whole customers
SNAPSHOT_DAYS = 14  # open items are looked at every so many days ...
MOST_SNAPSHOTS = 150_000  # ... or less often, so that there are at most about this many looks


@dataclass(frozen=True)
class Learning:
    """Labelled questions of both heads, as a book that ends on `known` holds them."""

    known: dt.date
    issue: Rows
    open: Rows
    per_mille: int


def learning_rows(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings) -> Learning:
    """Questions whose answer is known when `known` has closed: instalments already due, paid or not."""
    statement = "select count(*) from int_instalments where issue_date <= $known"
    (count,) = con.execute(statement, {"known": known}).fetchall()[0]
    per_mille = share_of(count, MOST_ITEMS)
    features.prepare(con, known, settings, per_mille)
    limit = features.day_number(known)
    issue = features.ask_at_issue(con, features.EPOCH - dt.timedelta(days=36_500), known)
    issue = issue.where((issue["late_day"] <= limit) & (issue["is_labelled"] == 1))
    first = issue["issue_day"].min() if len(issue) else limit
    step = SNAPSHOT_DAYS
    while len(issue) * 45 / step > MOST_SNAPSHOTS:
        step *= 2
    days = [known - dt.timedelta(days=back) for back in range(1, max(1, limit - int(first)), step)]
    open_rows = features.ask_while_open(con, sorted(days)) if days else issue.where(slice(0))
    open_rows = open_rows.where((open_rows["late_day"] <= limit) & (open_rows["is_labelled"] == 1))
    return Learning(known, issue, open_rows, per_mille)


def train(learning: Learning, settings: Settings) -> Model:
    """Fit both heads on one thread; a target with too little to learn from is refused and says so."""
    limit = features.day_number(learning.known)

    def contextualise(rows: Rows, last_day: int) -> Context:
        return features.context(rows, last_day, settings)

    refusals = {target: found for target in TARGETS if (found := refusal(learning.issue, target, limit))}
    heads = {}
    with threadpool_limits(1):  # two threads on small fits spin and are slower than one
        whole = contextualise(learning.issue, limit)
        for name, rows in (("issue", learning.issue), ("open", learning.open)):
            fitted = {}
            for target in TARGETS:
                asked = labelled(rows, target, limit)
                if target in refusals or _too_few(asked[f"is_{target}"]):
                    fitted[target] = estimators.late_share_only(target, whole, asked)
                else:
                    fitted[target] = fitting.fit(asked, target, limit, contextualise)
            x = features.matrix(rows, whole)
            heads[name] = Head(fitted["late"], fitted["very_late"], fitting_dates.fit(rows, x, limit))
    first = learning.issue["issue_day"].min() if len(learning.issue) else None
    return Model(
        heads,
        refusals,
        settings.late_grace_days,
        settings.very_late_days,
        learning.known,
        None if first is None else features.EPOCH + dt.timedelta(days=int(first)),
        {"issue": len(learning.issue), "open": len(learning.open)},
        len(learning.issue),
        _fingerprint(learning, settings),
    )


def refusal(rows: Rows, target: str, limit: int) -> Refusal | None:
    """Why this target cannot be learnt from these questions at issue, or None when it can."""
    decided = rows["late_day" if target == "late" else "very_late_day"] <= limit
    known = rows.where(decided | ~np.isnan(rows["settled_day"]))
    positives = int(known[f"is_{target}"].sum())
    days = int(known["issue_day"].max() - known["issue_day"].min()) + 1 if len(known) else 0
    code = ""
    if positives < LEAST_OUTCOMES:
        code = "refused_few"
    elif len(known) - positives < LEAST_OUTCOMES:
        code = "refused_one_class"
    elif days < LEAST_DAYS:
        code = "refused_short"
    return Refusal(code, positives, len(known), days) if code else None


def _fingerprint(learning: Learning, settings: Settings) -> str:
    text = json.dumps([settings.late_grace_days, settings.very_late_days, settings.country, str(learning.known)])
    digest = hashlib.sha256(text.encode())
    for rows in (learning.issue, learning.open):
        # Keys of items depend on the order in which exports were imported; what they hold does not.
        for name in sorted(rows.columns.keys() - {"item_key"}):
            column = rows[name]
            is_text = column.dtype == object
            digest.update("\0".join(column.tolist()).encode() if is_text else column.astype("float64").tobytes())
    return digest.hexdigest()


def _too_few(labels: np.ndarray) -> bool:
    return int(labels.sum()) < LEAST_OUTCOMES or int(len(labels) - labels.sum()) < LEAST_OUTCOMES
