"""Fitting the estimators of a yes-no target, their choice by time-ordered validation, and calibration.

A question's day orders time: a fold learns from questions whose answer was known before the next block began and is
judged on that block. The same rows and settings give the same numbers to the last bit: one thread, fixed seed.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from models import features, forest
from models.estimators import CANDIDATES, Classifier, Linear, blends, brier, candidate, late_share_only, recalibrated
from models.features import FEATURES, Context
from models.odds import expit, logit
from models.rows import Rows

SEED = 20260101
TREES = (20, 40, 70)
CHANCE = 1.3  # standard errors beyond which something is known at all
SURE = 2.0  # the same for giving up the plain candidates
DOUBT = 3.0  # the same for a calibration: two blocks are few, and a passing mood must not be learnt for good
PLAIN = ("logistic", "blend")  # chosen between by their validation alone ...
OTHERS = ("boosting", "blend_share")  # ... and given up for one of these only where it is surely better
RISES = np.array([feature.rises for feature in FEATURES])


def fit(
    rows: Rows,
    target: str,
    last_day: int,
    contextualise: Callable[[Rows, int], Context],
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
    answers = [b.answers | blends(b.answers | {"boosting": b.staged[trees]}) for b in blocks]
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


def _block(past: Rows, block: Rows, target: str, context: Context, cap: int) -> _Block:
    part = _fit_once(past, target, context, TREES[-1], cap)
    x = features.matrix(block, context)
    assert part.boosting is not None
    staged = {count: np.asarray(expit(raw)) for count, raw in part.boosting.staged(x, TREES).items()}
    answers = {name: candidate(part, name, block, x) for name in ("prior", "late_share", "logistic")}
    return _Block(block[f"is_{target}"].astype("float64"), answers, staged)


def _joined(answers: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in answers]) for name in CANDIDATES}


def _choose(y: np.ndarray, answers: Mapping[str, np.ndarray], validation: Mapping[str, float]) -> str:
    """The best candidate on the blocks; the prior when it does not beat that beyond chance.

    The late share alone is never chosen: the blend that holds it is, so that whatever else is known is not lost.
    """
    best = min(PLAIN, key=lambda name: validation[name])
    better = [name for name in OTHERS if _beats(y, answers[name], answers[best], SURE)]
    best = min([best, *better], key=lambda name: validation[name])
    return best if _beats(y, answers[best], answers["prior"]) else "prior"


def _beats(y: np.ndarray, p: np.ndarray, other: np.ndarray, chance: float = CHANCE) -> bool:
    """Whether the squared errors of `p` are smaller than those of `other` by more than their scatter explains."""
    gain = (y - other) ** 2 - (y - p) ** 2
    return bool(gain.mean() > chance * gain.std() / np.sqrt(len(gain)))


def _weighted(values: list[float]) -> float:
    """A mean in which later blocks, whose estimators learnt from more, count for more."""
    return float(np.average(values, weights=np.arange(1, len(values) + 1)))


def _calibration_that_holds(blocks: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Slope and shift learnt from all blocks, if the earlier ones' clearly helped on the last; else none."""
    if len(blocks) < 2:
        return 1.0, 0.0
    earlier = calibration(np.concatenate([y for y, _ in blocks[:-1]]), np.concatenate([p for _, p in blocks[:-1]]))
    y, p = blocks[-1]
    if not _beats(y, recalibrated(p, *earlier), p, DOUBT):
        return 1.0, 0.0
    return calibration(np.concatenate([y for y, _ in blocks]), np.concatenate([p for _, p in blocks]))


def calibration(y: np.ndarray, p: np.ndarray, strength: float = 20.0) -> tuple[float, float]:
    """Slope and shift of the log-odds that fit the outcomes, held near (1, 0) as by `strength` outcomes.

    Few outcomes barely move a forecast; many correct it.
    """
    z = logit(p)

    def loss(parameters: np.ndarray) -> float:
        slope, shift = parameters
        u = shift + slope * z
        return float(np.sum(np.logaddexp(0, u) - y * u) + strength * ((slope - 1) ** 2 + shift**2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.2, 3.0), (-3.0, 3.0)])
    return float(found.x[0]), float(found.x[1])


def _folds(rows: Rows, target: str) -> list[tuple[Rows, Rows, int]]:
    """(past, block, first day of the block) in time: the third and the last quarter of the questions."""
    day = rows["day"]
    known = rows["late_day" if target == "late" else "very_late_day"]
    bounds = [int(np.quantile(day, share)) for share in (0.5, 0.75, 1.0)]
    folds = []
    for start, stop in itertools.pairwise(bounds):
        past = rows.where((day < start) & (known < start))
        block = rows.where((day >= start) & (day < stop + (stop == bounds[-1])))
        positives = past[f"is_{target}"].sum() if len(past) else 0
        if len(block) and 10 <= positives <= len(past) - 10:
            folds.append((past, block, start))
    return folds


def _fit_once(rows: Rows, target: str, context: Context, trees: int, boosting_cap: int) -> Classifier:
    y = rows[f"is_{target}"].astype("int64")
    keep = thin(rows, boosting_cap)
    x = features.matrix(rows.where(keep) if keep is not None else rows, context)
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
    intercept = float(logit(y.mean()))
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


def thin(rows: Rows, cap: int) -> np.ndarray | None:
    """A mask of at most about `cap` rows spread evenly over the book, or None when all fit."""
    if len(rows) <= cap:
        return None
    step = -(-len(rows) // cap)
    return np.asarray(np.arange(len(rows)) % step == 0)
