"""Fitting the median of the days late and the curves of how payments scatter around it; `dates` answers with them."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models import forest
from models.dates import BANDS, DateModel, curve_of
from models.fitting import RISES, SEED, thin
from models.rows import Rows

CEILING = 200  # days late beyond which the median model sees no difference


def fit(rows: Rows, x: np.ndarray, known_day: int, cap: int = 60_000) -> DateModel:
    """Learn from questions whose due date has passed; `known_day` is the last day the book knows."""
    due = rows["due_day"]
    settled = rows["settled_day"]
    paid = ~np.isnan(settled)
    days_late = np.where(paid, settled, known_day) - due
    entry = rows["day"] - 1 - due
    keep = thin(rows, cap)
    mask = np.ones(len(rows), dtype=bool) if keep is None else keep
    # Open long enough to pass for unpaid; a young open item would pull the median towards its age.
    mask &= paid | (days_late >= 60)
    median = None
    if mask.sum() >= 200:
        x_fit = x[mask]
        fitted = HistGradientBoostingRegressor(
            loss="absolute_error",
            max_leaf_nodes=8,
            learning_rate=0.1,
            min_samples_leaf=30,
            max_iter=60,
            max_bins=64,
            max_features=0.3,
            l2_regularization=10,
            monotonic_cst=RISES.astype(int).tolist(),
            early_stopping=False,
            random_state=SEED,
        ).fit(
            np.where(np.isnan(x_fit).all(axis=0), 0.0, x_fit),
            np.clip(np.where(paid, days_late, CEILING)[mask], -90, CEILING),
        )
        median = forest.of(fitted)
    centre = np.zeros(len(rows)) if median is None else np.round(median.raw(x))
    edges = np.quantile(centre, np.arange(1, BANDS) / BANDS) if len(rows) else np.zeros(BANDS - 1)
    band = np.searchsorted(edges, centre)
    curves = []
    for number in range(BANDS):
        inside = band == number
        if inside.sum() < 100:
            inside = np.ones(len(rows), dtype=bool)
        error = (days_late - centre)[inside]
        curves.append(curve_of(error, paid[inside], (entry - centre)[inside]))
    return DateModel(median, edges, np.array(curves))
