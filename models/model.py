"""The whole model: two heads (a new invoice, an open item), two targets each, and a date model a head."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from models import dates, estimators, features
from models.dates import DateModel
from models.estimators import Classifier
from models.features import Context
from pipelines.settings import Settings

TARGETS = ("late", "very_late")
HEADS = ("issue", "open")
LEAST_OUTCOMES = 30  # of each kind, late and not late, below which nothing is learnt
LEAST_DAYS = 90  # of history
MOST_ITEMS = 200_000  # instalments learnt from; a larger book is thinned by whole customers
BASELINE_ITEMS = 30_000  # the same for the baseline, which every build without a model learns anew: a few rates
SNAPSHOT_DAYS = 14  # open items are looked at every so many days ...
MOST_SNAPSHOTS = 150_000  # ... or less often, so that there are at most about this many looks


@dataclass(frozen=True)
class Refusal:
    """Why a target is not learnt: `code` is a catalogue key under `model.`, the rest its figures."""

    code: str
    positives: int
    rows: int
    days: int


@dataclass(frozen=True)
class Head:
    """What answers the questions of one moment; a target that was refused is answered by the late share."""

    late: Classifier
    very_late: Classifier
    when: DateModel

    def of(self, target: str) -> Classifier:
        return self.late if target == "late" else self.very_late


@dataclass(frozen=True)
class Model:
    heads: Mapping[str, Head]
    refusals: Mapping[str, Refusal]  # by target
    grace: int
    very_late: int
    known: dt.date  # the last day the training book knew
    first_issue: dt.date | None
    rows: Mapping[str, int]  # labelled questions by head
    items: int  # instalments whose label is known
    fingerprint: str  # of everything it was learnt from: the same data and settings, the same fingerprint


@dataclass(frozen=True)
class Learning:
    """Labelled questions of both heads, as a book that ends on `known` holds them."""

    known: dt.date
    issue: pd.DataFrame
    open: pd.DataFrame
    per_mille: int


def learning_rows(
    con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings, *, while_open: bool = True
) -> Learning:
    """Questions whose answer is known when `known` has closed: instalments already due, paid or not.

    Without `while_open` only those asked at issue, which is all that the baseline needs.
    """
    (count,) = con.execute("select count(*) from fct_invoices where issue_date <= $known", {"known": known}).fetchall()[
        0
    ]
    most = MOST_ITEMS if while_open else BASELINE_ITEMS
    per_mille = 1000 if count <= most else max(1, most * 1000 // count)
    features.prepare(con, known, settings, per_mille)
    limit = features.day_number(known)
    issue = features.ask_at_issue(con, features.EPOCH - dt.timedelta(days=36_500), known)
    issue = issue[(issue["late_day"] <= limit) & (issue["is_labelled"] == 1)].reset_index(drop=True)
    first = issue["issue_day"].min() if len(issue) else limit
    step = SNAPSHOT_DAYS
    while len(issue) * 45 / step > MOST_SNAPSHOTS:
        step *= 2
    days = [known - dt.timedelta(days=back) for back in range(1, max(1, limit - int(first)), step)]
    open_rows = features.ask_while_open(con, sorted(days)) if days and while_open else issue.iloc[:0]
    open_rows = open_rows[(open_rows["late_day"] <= limit) & (open_rows["is_labelled"] == 1)].reset_index(drop=True)
    return Learning(known, issue, open_rows, per_mille)


def train(learning: Learning, settings: Settings) -> Model:
    """Fit both heads on one thread; a target with too little to learn from is refused and says so."""
    limit = features.day_number(learning.known)

    def contextualise(rows: pd.DataFrame, last_day: int) -> Context:
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
                    fitted[target] = estimators.fit(asked, target, limit, contextualise)
            x = features.matrix(rows, whole)
            heads[name] = Head(fitted["late"], fitted["very_late"], dates.fit(rows, x, limit))
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


def baseline(learning: Learning, settings: Settings) -> Model:
    """The model that only knows each customer's late share and how long items took to be paid."""
    limit = features.day_number(learning.known)
    context = features.context(learning.issue, limit, settings)
    rows = learning.issue
    late, very_late = (estimators.late_share_only(target, context, labelled(rows, target, limit)) for target in TARGETS)
    when = dates.curve_only(rows, limit)
    head = Head(late, very_late, when)
    return Model(
        dict.fromkeys(HEADS, head),
        {},
        settings.late_grace_days,
        settings.very_late_days,
        learning.known,
        None,
        {"issue": len(rows), "open": 0},
        len(rows),
        "",
    )


def labelled(rows: pd.DataFrame, target: str, limit: int) -> pd.DataFrame:
    """Questions asked before the target was decided, whose decision lies no later than day `limit`, in time order."""
    decided = rows["late_day" if target == "late" else "very_late_day"]
    return rows[(decided <= limit) & (rows["day"] <= decided)].reset_index(drop=True)


def refusal(rows: pd.DataFrame, target: str, limit: int) -> Refusal | None:
    """Why this target cannot be learnt from these questions at issue, or None when it can."""
    decided = rows["late_day" if target == "late" else "very_late_day"] <= limit
    known = rows[decided | rows["settled_day"].notna()]
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


@dataclass(frozen=True)
class Scores:
    """Answers to questions of one head, all of shape (rows,) but the days, (rows, 3) for 10, 50 and 90 %."""

    p_late: np.ndarray
    p_very_late: np.ndarray
    days_late: np.ndarray


def score(model: Model, head: str, rows: pd.DataFrame, x: np.ndarray) -> Scores:
    """Probabilities and days late; an item that is late already is late for certain."""
    part = model.heads[head]
    day = rows["day"].to_numpy("int64")
    entry = (day - 1 - rows["due_day"].to_numpy("int64")).astype("float64")
    p_late = np.where(entry > model.grace, 1.0, part.late.chosen_estimate(rows, x))
    p_very_late = np.where(entry > model.very_late, 1.0, part.very_late.chosen_estimate(rows, x))
    p_very_late = np.minimum(p_very_late, p_late)
    days_late = dates.quantiles(part.when, x, entry, p_late, p_very_late, model.grace, model.very_late)
    return Scores(p_late, p_very_late, days_late)


def _fingerprint(learning: Learning, settings: Settings) -> str:
    text = json.dumps([settings.late_grace_days, settings.very_late_days, settings.country, str(learning.known)])
    digest = hashlib.sha256(text.encode())
    for rows in (learning.issue, learning.open):
        digest.update(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _too_few(labels: pd.Series) -> bool:
    return int(labels.sum()) < LEAST_OUTCOMES or int(len(labels) - labels.sum()) < LEAST_OUTCOMES
