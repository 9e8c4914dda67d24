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

from models import features
from models.features import FEATURES, Context

SEED = 20260101
ESTIMATORS = ("prior", "late_share", "logistic", "boosting")
CANDIDATES = ("prior", "late_share", "logistic", "boosting", "blend")  # simplest first: ties go to the simpler
TREES = (40, 80, 120, 200, 320)
EDGE = 1e-4  # Brier by which a more complex candidate must win
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
    boosting: HistGradientBoostingClassifier | None
    chosen: str
    slope: float
    shift: float
    validation: Mapping[str, float]  # Brier of each candidate on the validation blocks
    rows: int
    positives: int
    trees: int

    def estimates(self, rows: pd.DataFrame, x: np.ndarray) -> dict[str, np.ndarray]:
        """Probabilities of every estimator and of the chosen, calibrated one; each of shape (rows,)."""
        answers = _raw_estimates(self, rows, x)
        return {name: answers[name] for name in ESTIMATORS} | {"chosen": self.calibrated(answers[self.chosen])}

    def chosen_estimate(self, rows: pd.DataFrame, x: np.ndarray) -> np.ndarray:
        """The chosen, calibrated probability alone."""
        return self.calibrated(_candidate(self, self.chosen, rows, x))

    def calibrated(self, p: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.shift + self.slope * logit(np.clip(p, 1e-6, 1 - 1e-6))))


def rate_of(context: Context, target: str) -> float:
    return context.late_rate if target == "late" else context.very_late_rate


def fit(
    rows: pd.DataFrame,
    target: str,
    last_day: int,
    contextualise: Callable[[pd.DataFrame, int], Context],
    *,
    boosting_cap: int = 120_000,
) -> Classifier:
    """Fit, choose and calibrate for a target (`late`, `very_late`) on labelled rows in order of their day."""
    folds = _folds(rows, target)
    trees = TREES[1]
    pooled: dict[str, list[np.ndarray]] = {name: [] for name in CANDIDATES}
    by_trees: dict[int, list[np.ndarray]] = {count: [] for count in TREES}
    labels: list[np.ndarray] = []
    for past, block, start in folds:
        part = _fit_once(past, target, contextualise(past, start - 1), TREES[-1], boosting_cap)
        x = features.matrix(block, part.context)
        labels.append(block[f"is_{target}"].to_numpy("float64"))
        if part.boosting is not None:
            staged = {i: p[:, 1] for i, p in enumerate(part.boosting.staged_predict_proba(x), 1) if i in TREES}
        else:
            staged = dict.fromkeys(TREES, np.full(len(block), rate_of(part.context, target)))
        for count in TREES:
            by_trees[count].append(staged[count])
        for name in ("prior", "late_share", "logistic"):
            pooled[name].append(_candidate(part, name, block, x))
    if not folds:
        final = _fit_once(rows, target, contextualise(rows, last_day), trees, boosting_cap)
        return replace(final, chosen="late_share")
    y = np.concatenate(labels)
    scores = {count: brier(y, np.concatenate(parts)) for count, parts in by_trees.items()}
    trees = min(TREES, key=lambda count: (scores[count], count))
    answers = {name: np.concatenate(parts) for name, parts in pooled.items() if parts}
    answers["boosting"] = np.concatenate(by_trees[trees])
    answers["blend"] = blend(answers["logistic"], answers["boosting"])
    calibrations = {name: calibration(y, p) for name, p in answers.items()}
    validation = {
        name: brier(y, expit(calibrations[name][1] + calibrations[name][0] * logit(np.clip(p, 1e-6, 1 - 1e-6))))
        for name, p in answers.items()
    }
    chosen = CANDIDATES[0]
    for name in CANDIDATES[1:]:
        if validation[name] < validation[chosen] - EDGE:
            chosen = name
    final = _fit_once(rows, target, contextualise(rows, last_day), trees, boosting_cap)
    slope, shift = calibrations[chosen]
    return replace(final, chosen=chosen, slope=slope, shift=shift, validation=validation)


def late_share_only(target: str, context: Context, rows: pd.DataFrame) -> Classifier:
    """A classifier that answers with the customer's smoothed late share and nothing else."""
    positives = int(rows[f"is_{target}"].sum()) if len(rows) else 0
    return Classifier(target, context, None, None, "late_share", 1.0, 0.0, {}, len(rows), positives, 0)


def blend(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The mean of two probabilities on the scale of log-odds."""
    return np.asarray(expit((logit(np.clip(p, 1e-6, 1 - 1e-6)) + logit(np.clip(q, 1e-6, 1 - 1e-6))) / 2))


def brier(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean((y - p) ** 2))


def calibration(y: np.ndarray, p: np.ndarray, strength: float = 20.0) -> tuple[float, float]:
    """Slope and shift of the log-odds that fit the outcomes, held near (1, 0) as by `strength` outcomes.

    Few outcomes barely move a forecast; many correct it.
    """
    z = logit(np.clip(p, 1e-6, 1 - 1e-6))

    def loss(parameters: np.ndarray) -> float:
        slope, shift = parameters
        u = shift + slope * z
        return float(np.sum(np.logaddexp(0, u) - y * u) + strength * ((slope - 1) ** 2 + shift**2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.2, 3.0), (-3.0, 3.0)])
    return float(found.x[0]), float(found.x[1])


def _folds(rows: pd.DataFrame, target: str) -> list[tuple[pd.DataFrame, pd.DataFrame, int]]:
    """(past, block, first day of the block) in time: three blocks for a small book, one for a large one."""
    day = rows["day"].to_numpy()
    known = rows["late_day" if target == "late" else "very_late_day"].to_numpy()
    shares = (0.4, 0.6, 0.8, 1.0) if len(rows) < 30_000 else (0.75, 1.0)
    bounds = [int(np.quantile(day, share)) for share in shares]
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
    keep = _thin(rows, boosting_cap)
    x = features.matrix(rows[keep] if keep is not None else rows, context)
    y_fit = y[keep] if keep is not None else y
    linear = boosting = None
    if 0 < y_fit.sum() < len(y_fit):
        linear = fit_linear(x, y_fit)
        boosting = HistGradientBoostingClassifier(
            max_leaf_nodes=8,
            learning_rate=0.03,
            min_samples_leaf=50,
            max_iter=trees,
            max_bins=64,
            monotonic_cst=RISES.astype(int).tolist(),
            early_stopping=False,
            random_state=SEED,
        ).fit(np.where(np.isnan(x).all(axis=0), 0.0, x), y_fit)  # the binning cannot take a column that is empty
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


def _thin(rows: pd.DataFrame, cap: int) -> np.ndarray | None:
    """A mask of at most about `cap` rows spread evenly over the book, or None when all fit."""
    if len(rows) <= cap:
        return None
    step = -(-len(rows) // cap)
    return np.asarray(np.arange(len(rows)) % step == 0)


def _candidate(model: Classifier, name: str, rows: pd.DataFrame, x: np.ndarray) -> np.ndarray:
    rate = rate_of(model.context, model.target)
    if name == "prior" or (name == "logistic" and model.linear is None) or (name == "boosting" and not model.boosting):
        return np.full(len(rows), rate)
    if name == "late_share":
        return features.late_share(rows, model.context, model.target)
    if name == "logistic":
        assert model.linear is not None
        return model.linear.predict(x)
    if name == "boosting":
        assert model.boosting is not None
        return np.asarray(model.boosting.predict_proba(x)[:, 1])
    return blend(_candidate(model, "logistic", rows, x), _candidate(model, "boosting", rows, x))


def _raw_estimates(model: Classifier, rows: pd.DataFrame, x: np.ndarray) -> dict[str, np.ndarray]:
    answers = {name: _candidate(model, name, rows, x) for name in ESTIMATORS}
    return answers | {"blend": blend(answers["logistic"], answers["boosting"])}
