"""Figures of a forecast against its outcomes, with intervals by drawing whole customers again."""

from typing import Any, NamedTuple

import numpy as np

BINS = 10
DRAWS = 200
SEED = 7
MEASURES = ("auc", "pr_auc", "brier", "ece", "log_loss")


def measures(y: np.ndarray, p: np.ndarray) -> dict[str, float | None]:
    """Area under the ROC and the precision-recall curve, Brier score, calibration error and log loss.

    `y` is 0 or 1, `p` a probability. What needs both outcomes, or any row, is None.
    """
    return _weighted(_prepared(y, p), np.ones(len(y)))


def intervals(y: np.ndarray, p: np.ndarray, customer: np.ndarray, draws: int = DRAWS) -> dict[str, list[float] | None]:
    """The middle 90 % of each measure when whole customers are drawn again; None where it cannot be computed."""
    keys, number = np.unique(customer, return_inverse=True)
    rng = np.random.default_rng(SEED)
    prepared = _prepared(y, p)
    number = number[prepared.order]
    rows = []
    for _ in range(draws if len(keys) else 0):
        times = np.bincount(rng.integers(0, len(keys), len(keys)), minlength=len(keys))
        rows.append(_weighted(prepared, times[number].astype("float64")))
    result: dict[str, list[float] | None] = {}
    for name in MEASURES:
        values = [value for row in rows if (value := row[name]) is not None]
        result[name] = np.quantile(values, [0.05, 0.95]).tolist() if values and len(values) >= draws / 2 else None
    return result


class _Prepared(NamedTuple):
    """Rows from the riskiest to the safest, with what every draw needs of them."""

    order: np.ndarray
    y: np.ndarray
    last: np.ndarray  # last row of each run of equal forecasts
    square: np.ndarray
    loss: np.ndarray
    place: np.ndarray  # bin of calibration
    gap: np.ndarray


def _prepared(y: np.ndarray, p: np.ndarray) -> _Prepared:
    order = np.argsort(-p, kind="stable")
    y, p = y[order], p[order]
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1) if len(p) else np.empty(0, dtype="int64")
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    loss = -(y * np.log(clipped) + (1 - y) * np.log(1 - clipped))
    return _Prepared(order, y, last, (y - p) ** 2, loss, _bin(p), y - p)


def _weighted(rows: _Prepared, w: np.ndarray) -> dict[str, float | None]:
    total = w.sum()
    if total == 0:
        return dict.fromkeys(MEASURES)
    auc, pr_auc = _ranking(rows, w)
    return {
        "auc": auc,
        "pr_auc": pr_auc,
        "brier": float((w * rows.square).sum() / total),
        "ece": float(np.abs(np.bincount(rows.place, w * rows.gap, BINS)).sum() / total),
        "log_loss": float((w * rows.loss).sum() / total),
    }


def calibration_points(y: np.ndarray, p: np.ndarray) -> list[dict[str, Any]]:
    """Forecast against outcome in BINS bins of equal width: rows, mean forecast, share that came true."""
    place = _bin(p)
    return [
        {"bin": b, "rows": int(inside.sum()), "p": float(p[inside].mean()), "share": float(y[inside].mean())}
        for b in range(BINS)
        if (inside := place == b).any()
    ]


def lift(y: np.ndarray, p: np.ndarray, money: np.ndarray) -> list[dict[str, float]]:
    """Going down the list from the riskiest: the share of late items, and of late money, found in each tenth."""
    order = np.argsort(-p, kind="stable")
    late, late_money = y[order], (y * money)[order]
    result = []
    for tenth in range(1, 11):
        upto = int(np.ceil(len(y) * tenth / 10))
        result.append(
            {
                "share_of_list": tenth / 10,
                "share_of_late": float(late[:upto].sum() / late.sum()) if late.sum() else 0.0,
                "share_of_money": float(late_money[:upto].sum() / late_money.sum()) if late_money.sum() else 0.0,
            }
        )
    return result


def date_errors(
    actual: np.ndarray, expected: np.ndarray, low: np.ndarray | None = None, high: np.ndarray | None = None
) -> dict[str, float | int | None]:
    """Errors in days of expected days late, and how often the 80 % interval held the outcome."""
    error = np.abs(actual - expected)
    if not len(error):
        return dict.fromkeys(("mae", "rmse", "within_3", "within_7", "coverage")) | {"rows": 0}
    inside = None if low is None or high is None else float(((actual >= low) & (actual <= high)).mean())
    return {
        "rows": len(error),
        "mae": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "within_3": float((error <= 3).mean()),
        "within_7": float((error <= 7).mean()),
        "coverage": inside,
    }


def psi(before: np.ndarray, after: np.ndarray) -> float:
    """Population stability index of two sets of shares over the same bins; below 0.1 little moved, above 0.25 much."""
    floor = 1e-4
    a, b = np.maximum(before, floor), np.maximum(after, floor)
    return float(((b - a) * np.log(b / a)).sum())


def bin_shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Shares of the values between the edges, what is not known in a bin of its own at the end."""
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known)) / max(len(values), 1)


def _bin(p: np.ndarray) -> np.ndarray:
    return np.minimum((p * BINS).astype("int64"), BINS - 1)


def _ranking(rows: _Prepared, w: np.ndarray) -> tuple[float | None, float | None]:
    """Weighted area under the ROC curve and average precision; equal forecasts count as one step."""
    positive = w * rows.y
    hits, seen = np.cumsum(positive)[rows.last], np.cumsum(w)[rows.last]
    misses = seen - hits
    if hits[-1] == 0 or misses[-1] == 0:
        return None, None
    step_hits = np.diff(hits, prepend=0.0)
    step_misses = np.diff(misses, prepend=0.0)
    auc = (step_misses * (hits - step_hits / 2)).sum() / (hits[-1] * misses[-1])
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    return float(auc), float((step_hits * precision).sum() / hits[-1])
