"""The whole model: two heads (a new invoice, an open item), two targets each, and a date model a head."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import duckdb
import numpy as np

from models import dates, estimators, features
from models.dates import DateModel
from models.estimators import Classifier
from models.rows import Rows
from pipelines.settings import Settings

TARGETS = ("late", "very_late")
HEADS = ("issue", "open")
BASELINE_ITEMS = 30_000  # instalments the baseline learns from, anew in every build without a model: a few rates


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

    def matrix(self, rows: Rows) -> np.ndarray:
        """The features of these rows; left empty where the late share and a lone curve answer, which ask none."""
        if self.when.median is None and {self.late.chosen, self.very_late.chosen} <= {"prior", "late_share"}:
            return np.empty((len(rows), len(features.NAMES)))
        return features.matrix(rows, self.late.context)


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


def baseline(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings) -> Model:
    """The model that only knows each customer's late share and how long items took to be paid.

    It learns from the prepared tables of a book that ends on `known`.
    """
    limit = features.day_number(known)
    (count,) = con.execute("select count(*) from risk_outcomes").fetchall()[0]
    rows = features.known_outcomes(con, known, share_of(count, BASELINE_ITEMS))
    context = features.context(rows, limit, settings)
    late, very_late = (estimators.late_share_only(target, context, labelled(rows, target, limit)) for target in TARGETS)
    return _unlearnt(Head(late, very_late, dates.curve_only(rows, limit)), known, settings, len(rows))


def baseline_as_json(model: Model) -> str:
    """What a baseline learnt, so that a build which goes on from another is scored by the same rates."""
    head = model.heads["open"]
    learnt = {"context": asdict(head.late.context), "curve": head.when.survival[0].tolist(), "items": model.items}
    return json.dumps(learnt)


def baseline_from_json(text: str, known: dt.date, settings: Settings) -> Model:
    """The baseline that `baseline_as_json` wrote down."""
    learnt = json.loads(text)
    context = features.Context(**learnt["context"])
    late, very_late = (estimators.late_share_only(target, context, Rows({})) for target in TARGETS)
    head = Head(late, very_late, dates.lone_curve(np.array(learnt["curve"])))
    return _unlearnt(head, known, settings, learnt["items"])


def _unlearnt(head: Head, known: dt.date, settings: Settings, items: int) -> Model:
    """The model in which one head answers both moments and nothing was fitted."""
    return Model(
        dict.fromkeys(HEADS, head),
        {},
        settings.late_grace_days,
        settings.very_late_days,
        known,
        None,
        {"issue": items, "open": 0},
        items,
        "",
    )


def share_of(count: int, most: int) -> int:
    """The customers to keep, of a thousand, so that about `most` of `count` instalments remain."""
    return 1000 if count <= most else max(1, most * 1000 // count)


def labelled(rows: Rows, target: str, limit: int) -> Rows:
    """Questions asked before the target was decided, whose decision lies no later than day `limit`, in time order."""
    decided = rows["late_day" if target == "late" else "very_late_day"]
    return rows.where((decided <= limit) & (rows["day"] <= decided))


@dataclass(frozen=True)
class Scores:
    """Answers to questions of one head, all of shape (rows,) but the days, (rows, 3) for 10, 50 and 90 %."""

    p_late: np.ndarray
    p_very_late: np.ndarray
    days_late: np.ndarray


def score(model: Model, head: str, rows: Rows, x: np.ndarray) -> Scores:
    """Probabilities and days late; an item that is late already is late for certain."""
    part = model.heads[head]
    day = rows["day"]
    entry = (day - 1 - rows["due_day"]).astype("float64")
    p_late = np.where(entry > model.grace, 1.0, part.late.chosen_estimate(rows, x))
    p_very_late = np.where(entry > model.very_late, 1.0, part.very_late.chosen_estimate(rows, x))
    p_very_late = np.minimum(p_very_late, p_late)
    days_late = dates.quantiles(part.when, x, entry, p_late, p_very_late, model.grace, model.very_late)
    return Scores(p_late, p_very_late, days_late)


def share_unpaid(model: Model, head: str, rows: Rows, x: np.ndarray, days_late: np.ndarray) -> np.ndarray:
    """The forecast share, of shape (rows,), still unpaid `days_late` days after due; to the nearest hundredth."""
    scores = score(model, head, rows, x)
    entry = (rows["day"] - 1 - rows["due_day"]).astype("float64")
    levels = tuple(np.arange(1, 100) / 100)
    lateness = (model.grace, model.very_late, levels)
    days = dates.quantiles(model.heads[head].when, x, entry, scores.p_late, scores.p_very_late, *lateness)
    return np.asarray(1 - (days <= days_late[:, None]).sum(axis=1) / 100)
