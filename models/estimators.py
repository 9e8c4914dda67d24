"""Estimators of a yes-no target, their choice by time-ordered validation, and calibration.

A question's day orders time: a fold learns from questions whose answer was known before the next block began and is
judged on that block. The same rows and settings give the same numbers to the last bit: one thread, fixed seed.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from models import features, forest
from models.features import FEATURES, Context
from models.forest import Forest

SEED = 20260101
ESTIMATORS = ("prior", "late_share", "logistic", "boosting")
CANDIDATES = ("prior", "late_share", "logistic", "boosting", "blend", "blend_share")
TREES = (20, 40, 70)
EDGE = 1e-4  # Brier by which a calibration must help
CHANCE = 1.3  # standard errors beyond which a difference is not chance
RISES = np.array([feature.rises for feature in FEATURES])


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

    def estimates(self, rows: pd.DataFrame, x: np.ndarray) -> dict[str, np.ndarray]:
        """Probabilities of every estimator and of the chosen, calibrated one; each of shape (rows,)."""
        answers = _blends({name: _candidate(self, name, rows, x) for name in ESTIMATORS})
        return {name: answers[name] for name in ESTIMATORS} | {"chosen": self.calibrated(answers[self.chosen])}

    def chosen_estimate(self, rows: pd.DataFrame, x: np.ndarray) -> np.ndarray:
        """The chosen, calibrated probability alone."""
        return self.calibrated(_candidate(self, self.chosen, rows, x))

    def calibrated(self, p: np.ndarray) -> np.ndarray:
        return recalibrated(p, self.slope, self.shift)


def rate_of(context: Context, target: str) -> float:
    return context.late_rate if target == "late" else context.very_late_rate


def fit(
    rows: pd.DataFrame,
    target: str,
    last_day: int,
    contextualise: Callable[[pd.DataFrame, int], Context],
    *,
    boosting_cap: int = 50_000,
) -> Classifier:
    """Fit, choose and calibrate for a target (`late`, `very_late`) on labelled rows in order of their day."""
    final_context = contextualise(rows, last_day)
    blocks = [
        _block(past, block, target, contextualise(past, start - 1), boosting_cap)
        for past, block, start in _folds(rows, target)
    ]
    if not blocks:
        return late_share_only(target, final_context, rows)
    trees = min(TREES, key=lambda count: (_weighted([brier(b.y, b.staged[count]) for b in blocks]), count))
    answers = [b.answers | _blends(b.answers | {"boosting": b.staged[trees]}) for b in blocks]
    validation = {
        name: _weighted([brier(b.y, p[name]) for b, p in zip(blocks, answers, strict=True)]) for name in CANDIDATES
    }
    chosen = _choose(np.concatenate([b.y for b in blocks]), _joined(answers), validation)
    slope, shift = _calibration_that_holds([(b.y, p[chosen]) for b, p in zip(blocks, answers, strict=True)])
    final = _fit_once(rows, target, final_context, trees, boosting_cap)
    return replace(final, chosen=chosen, slope=slope, shift=shift, validation=validation)


@dataclass(frozen=True)
class _Block:
    """Answers for a block of time by estimators that learnt from what was known before it."""

    y: np.ndarray
    answers: dict[str, np.ndarray]  # prior, late_share, logistic
    staged: dict[int, np.ndarray]  # boosting, by number of trees


def _block(past: pd.DataFrame, block: pd.DataFrame, target: str, context: Context, cap: int) -> _Block:
    part = _fit_once(past, target, context, TREES[-1], cap)
    x = features.matrix(block, context)
    assert part.boosting is not None
    staged = {count: np.asarray(expit(raw)) for count, raw in part.boosting.staged(x, TREES).items()}
    answers = {name: _candidate(part, name, block, x) for name in ("prior", "late_share", "logistic")}
    return _Block(block[f"is_{target}"].to_numpy("float64"), answers, staged)


def _joined(answers: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in answers]) for name in CANDIDATES}


def _choose(y: np.ndarray, answers: Mapping[str, np.ndarray], validation: Mapping[str, float]) -> str:
    """The best candidate on the blocks; the prior when none beats it beyond chance.

    The late share needs no learning while the others learn from a half or three quarters of the book here and from
    all of it later, so it is chosen only where it beats the blend that holds it beyond chance.
    """
    best = min(CANDIDATES, key=lambda name: validation[name])
    if best == "late_share" and not _beats(y, answers["late_share"], answers["blend_share"]):
        best = "blend_share"
    return best if best != "prior" and _beats(y, answers[best], answers["prior"]) else "prior"


def _beats(y: np.ndarray, p: np.ndarray, other: np.ndarray) -> bool:
    """Whether the squared errors of `p` are smaller than those of `other` by more than their scatter explains."""
    gain = (y - other) ** 2 - (y - p) ** 2
    return bool(gain.mean() > CHANCE * gain.std() / np.sqrt(len(gain)))


def _weighted(values: list[float]) -> float:
    """A mean in which later blocks, whose estimators learnt from more, count for more."""
    return float(np.average(values, weights=np.arange(1, len(values) + 1)))


def _calibration_that_holds(blocks: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Slope and shift learnt from all blocks, if those learnt from the earlier ones helped on the last; else none."""
    if len(blocks) < 2:
        return 1.0, 0.0
    earlier = calibration(np.concatenate([y for y, _ in blocks[:-1]]), np.concatenate([p for _, p in blocks[:-1]]))
    y, p = blocks[-1]
    if brier(y, recalibrated(p, *earlier)) >= brier(y, p) - EDGE:
        return 1.0, 0.0
    return calibration(np.concatenate([y for y, _ in blocks]), np.concatenate([p for _, p in blocks]))


def recalibrated(p: np.ndarray, slope: float, shift: float) -> np.ndarray:
    return np.asarray(expit(shift + slope * _log_odds(p)))


def late_share_only(target: str, context: Context, rows: pd.DataFrame) -> Classifier:
    """A classifier that answers with the customer's smoothed late share and nothing else."""
    positives = int(rows[f"is_{target}"].sum()) if len(rows) else 0
    return Classifier(target, context, None, None, "late_share", 1.0, 0.0, {}, len(rows), positives, 0)


def _blends(answers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The answers with the two blends: means on the scale of log-odds, without and with the late share."""
    odds = {name: _log_odds(answers[name]) for name in ("late_share", "logistic", "boosting")}
    both = odds["logistic"] + odds["boosting"]
    return dict(answers) | {
        "blend": np.asarray(expit(both / 2)),
        "blend_share": np.asarray(expit((both + odds["late_share"]) / 3)),
    }


def _log_odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(p, 1e-6, 1 - 1e-6)))


def brier(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean((y - p) ** 2))


def calibration(y: np.ndarray, p: np.ndarray, strength: float = 20.0) -> tuple[float, float]:
    """Slope and shift of the log-odds that fit the outcomes, held near (1, 0) as by `strength` outcomes.

    Few outcomes barely move a forecast; many correct it.
    """
    z = _log_odds(p)

    def loss(parameters: np.ndarray) -> float:
        slope, shift = parameters
        u = shift + slope * z
        return float(np.sum(np.logaddexp(0, u) - y * u) + strength * ((slope - 1) ** 2 + shift**2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.2, 3.0), (-3.0, 3.0)])
    return float(found.x[0]), float(found.x[1])


def _folds(rows: pd.DataFrame, target: str) -> list[tuple[pd.DataFrame, pd.DataFrame, int]]:
    """(past, block, first day of the block) in time: the third and the last quarter of the questions."""
    day = rows["day"].to_numpy()
    known = rows["late_day" if target == "late" else "very_late_day"].to_numpy()
    bounds = [int(np.quantile(day, share)) for share in (0.5, 0.75, 1.0)]
    folds = []
    for start, stop in itertools.pairwise(bounds):
        past = rows[(day < start) & (known < start)]
        block = rows[(day >= start) & (day < stop + (stop == bounds[-1]))]
        positives = past[f"is_{target}"].sum() if len(past) else 0
        if len(block) and 10 <= positives <= len(past) - 10:
            folds.append((past, block, start))
    return folds


def _fit_once(rows: pd.DataFrame, target: str, context: Context, trees: int, boosting_cap: int) -> Classifier:
    y = rows[f"is_{target}"].to_numpy("int64")
    keep = thin(rows, boosting_cap)
    x = features.matrix(rows[keep] if keep is not None else rows, context)
    y_fit = y[keep] if keep is not None else y
    linear = boosting = None
    if 0 < y_fit.sum() < len(y_fit):
        linear = fit_linear(x, y_fit)
        fitted = HistGradientBoostingClassifier(
            max_leaf_nodes=8,
            learning_rate=0.06,
            min_samples_leaf=50,
            max_iter=trees,
            max_bins=64,
            max_features=0.3,
            monotonic_cst=RISES.astype(int).tolist(),
            early_stopping=False,
            random_state=SEED,
        ).fit(np.where(np.isnan(x).all(axis=0), 0.0, x), y_fit)  # the binning cannot take a column that is empty
        boosting = forest.of(fitted)
    return Classifier(
        target, context, linear, boosting, "late_share", 1.0, 0.0, {}, len(rows), int(y.sum()), trees if boosting else 0
    )


def fit_linear(x: np.ndarray, y: np.ndarray) -> Linear:
    """Logistic regression in which no column of FEATURES that must raise risk lowers it: such a column is left out."""
    centre = np.nanmean(np.where(np.isnan(x).all(axis=0), 0.0, x), axis=0)
    scale = np.nanstd(np.where(np.isnan(x).all(axis=0), 0.0, x), axis=0)
    used = scale > 1e-9
    scale = np.where(used, scale, 1.0)
    z = np.clip(np.where(np.isnan(x), 0.0, (x - centre) / scale), -6, 6)
    weights = np.zeros(x.shape[1])
    intercept = float(logit(np.clip(y.mean(), 1e-6, 1 - 1e-6)))
    while used.any():
        model = LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=200).fit(z[:, used], y)
        weights = np.zeros(x.shape[1])
        weights[used] = model.coef_[0]
        intercept = float(model.intercept_[0])
        wrong = RISES & (weights < 0)
        if not wrong.any():
            break
        used = used & ~wrong
    return Linear(centre, scale, weights, intercept)


def thin(rows: pd.DataFrame, cap: int) -> np.ndarray | None:
    """A mask of at most about `cap` rows spread evenly over the book, or None when all fit."""
    if len(rows) <= cap:
        return None
    step = -(-len(rows) // cap)
    return np.asarray(np.arange(len(rows)) % step == 0)


def _candidate(model: Classifier, name: str, rows: pd.DataFrame, x: np.ndarray) -> np.ndarray:
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
    return _blends({part: _candidate(model, part, rows, x) for part in ("late_share", "logistic", "boosting")})[name]
