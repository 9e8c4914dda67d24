"""What answers a yes-no target: the customer's late share, a logistic regression, a small boosting, their blends.

Only answering lives here, in numpy; `fitting` learns. So a build that is scored imports nothing heavy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models import features
from models.features import Context
from models.forest import Forest
from models.odds import expit, logit
from models.rows import Rows

ESTIMATORS = ("prior", "late_share", "logistic", "boosting")
CANDIDATES = ("prior", "late_share", "logistic", "boosting", "blend", "blend_share")


@dataclass(frozen=True)
class Linear:
    """A logistic regression on standardised columns, NaN replaced by the column's centre."""

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Each column's exact part of the log-odds, against a row at the centre."""
        z = np.where(np.isnan(x), 0.0, (x - self.centre) / self.scale)
        return np.asarray(np.clip(z, -6, 6) * self.weights)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.contributions(x).sum(axis=1) + self.intercept))


@dataclass(frozen=True)
class Classifier:
    """Everything that answers one target of one head: the fitted estimators, the choice and its calibration."""

    target: str
    context: Context
    linear: Linear | None
    boosting: Forest | None
    chosen: str
    slope: float
    shift: float
    validation: Mapping[str, float]  # Brier of each candidate on the validation blocks
    rows: int
    positives: int
    trees: int

    def estimates(self, rows: Rows, x: np.ndarray) -> dict[str, np.ndarray]:
        """Probabilities of every estimator and of the chosen, calibrated one; each of shape (rows,)."""
        answers = blends({name: candidate(self, name, rows, x) for name in ESTIMATORS})
        return {name: answers[name] for name in ESTIMATORS} | {"chosen": self.calibrated(answers[self.chosen])}

    def chosen_estimate(self, rows: Rows, x: np.ndarray) -> np.ndarray:
        """The chosen, calibrated probability alone."""
        return self.calibrated(candidate(self, self.chosen, rows, x))

    def calibrated(self, p: np.ndarray) -> np.ndarray:
        return recalibrated(p, self.slope, self.shift)


def rate_of(context: Context, target: str) -> float:
    return context.late_rate if target == "late" else context.very_late_rate


def recalibrated(p: np.ndarray, slope: float, shift: float) -> np.ndarray:
    return np.asarray(expit(shift + slope * logit(p)))


def late_share_only(target: str, context: Context, rows: Rows) -> Classifier:
    """A classifier that answers with the customer's smoothed late share and nothing else."""
    positives = int(rows[f"is_{target}"].sum()) if len(rows) else 0
    return Classifier(target, context, None, None, "late_share", 1.0, 0.0, {}, len(rows), positives, 0)


def blends(answers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The answers with the two blends: means on the scale of log-odds, without and with the late share."""
    odds = {name: logit(answers[name]) for name in ("late_share", "logistic", "boosting")}
    both = odds["logistic"] + odds["boosting"]
    return dict(answers) | {
        "blend": np.asarray(expit(both / 2)),
        "blend_share": np.asarray(expit((both + odds["late_share"]) / 3)),
    }


def brier(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean((y - p) ** 2))


def candidate(model: Classifier, name: str, rows: Rows, x: np.ndarray) -> np.ndarray:
    """The uncalibrated answer of one candidate; a single estimator is computed alone."""
    rate = rate_of(model.context, model.target)
    if name == "prior" or (name in ("logistic", "boosting") and model.linear is None):
        return np.full(len(rows), rate)
    if name == "late_share":
        return features.late_share(rows, model.context, model.target)
    if name == "logistic":
        assert model.linear is not None
        return model.linear.predict(x)
    if name == "boosting":
        assert model.boosting is not None
        return np.asarray(expit(model.boosting.raw(x)))
    return blends({part: candidate(model, part, rows, x) for part in ("late_share", "logistic", "boosting")})[name]
