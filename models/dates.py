"""When an instalment will be paid: a median model, the spread of past errors around it, and the two risks.

The median of the days late is learnt by boosting; how outcomes scatter around it is a survival curve that counts
items still open for as long as they were seen. An item that is already open for some days is judged on the rest of
the curve only, and the curve is bent so that it agrees with the probabilities of late and very late.
"""

from dataclasses import dataclass

import numpy as np

from models.forest import Forest
from models.odds import expit
from models.rows import Rows
from pipelines.reporting.queries import LONGEST_FORECAST

FIRST, LAST = -400, 800  # days that a curve spans around the expected median
BANDS = 3
SCATTER = 15.0  # days by which payments scatter where nothing is known


@dataclass(frozen=True)
class DateModel:
    """Median model and one curve of errors a band of the median; without a median model the curve stands alone."""

    median: Forest | None
    edges: np.ndarray  # (BANDS - 1,) medians that part the bands
    survival: np.ndarray  # (BANDS, LAST - FIRST + 1) share still unpaid at the end of each day around the median

    def centre(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(len(x)) if self.median is None else np.round(self.median.raw(x))


def curve_only(rows: Rows, known_day: int) -> DateModel:
    """A date model without a median model: how long all items took, open ones counted while they were seen."""
    due = rows["due_day"]
    settled = rows["settled_day"]
    paid = ~np.isnan(settled)
    curve = curve_of(np.where(paid, settled, known_day) - due, paid, rows["day"] - 1 - due)
    return lone_curve(curve)


def lone_curve(curve: np.ndarray) -> DateModel:
    """A date model that answers with one curve of shape (LAST - FIRST + 1,) whatever the item."""
    return DateModel(None, np.zeros(BANDS - 1), np.tile(curve, (BANDS, 1)))


def quantiles(
    model: DateModel,
    x: np.ndarray,
    entry: np.ndarray,
    p_late: np.ndarray,
    p_very_late: np.ndarray,
    late_after: int,
    very_late_after: int,
    levels: tuple[float, ...] = (0.1, 0.5, 0.9),
) -> np.ndarray:
    """Days late of shape (rows, levels) by which the item is paid with each probability, all after day `entry`."""
    centre = model.centre(x)
    band = np.searchsorted(model.edges, centre)
    p_very_late = np.minimum(p_very_late, p_late)
    result = np.empty((len(centre), len(levels)))
    for number, curve in enumerate(model.survival):
        inside = band == number
        middle, start = centre[inside], entry[inside]
        unpaid = _at(curve, start - middle)
        late = np.minimum(_at(curve, np.maximum(late_after, start) - middle) / unpaid, 1)
        very_late = np.minimum(_at(curve, np.maximum(very_late_after, start) - middle) / unpaid, late)
        for column, level in enumerate(levels):
            left = _bent(1 - level, late, very_late, p_late[inside], p_very_late[inside])
            result[inside, column] = _first_day_at(curve, left * unpaid) + middle
    # The first day possible is the day after the question, and no forecast reaches beyond a year.
    return np.clip(result, entry[:, None] + 1, entry[:, None] + LONGEST_FORECAST)


def _bent(
    left: float, late: np.ndarray, very_late: np.ndarray, p_late: np.ndarray, p_very_late: np.ndarray
) -> np.ndarray:
    """The level of the plain curve that answers "this share is still unpaid" on the curve bent to the two risks.

    Bending stretches the curve evenly before the late day, between the two days, and after the second.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        before = 1 - (1 - left) * (1 - late) / (1 - p_late)
        between = very_late + (left - p_very_late) * (late - very_late) / (p_late - p_very_late)
        after = left * very_late / p_very_late
    wanted = np.where(left >= p_late, before, np.where(left >= p_very_late, between, after))
    return np.where(np.isfinite(wanted), wanted, left)


def _at(curve: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Share still unpaid at the end of `day`, counted from the median; never quite nothing."""
    position = np.clip(day - FIRST, 0, len(curve) - 1).astype("int64")
    return np.maximum(curve[position], 1e-9)


def _first_day_at(curve: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The first day, counted from the median, at whose end no more than `left` is unpaid."""
    return np.searchsorted(-curve, -left - 1e-12, side="left") + FIRST


def curve_of(error: np.ndarray, paid: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """The survival curve with one made-up item around the median, so that it falls on every day, even of no items."""
    around = expit(-np.arange(FIRST, LAST + 1) / SCATTER)
    return (len(error) * survival(error, paid, entry) + around) / (len(error) + 1)


def survival(error: np.ndarray, paid: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """Kaplan-Meier curve on the days FIRST to LAST; items join when first seen and leave when last seen."""
    span = LAST - FIRST + 1
    day = np.clip(error - FIRST, 0, span - 1).astype("int64")
    seen = np.clip(entry - FIRST, -1, span - 1).astype("int64")
    events = np.bincount(day[paid], minlength=span)
    joined = np.cumsum(np.bincount(seen + 1, minlength=span + 1))[:span]
    gone = np.concatenate([[0], np.cumsum(np.bincount(day, minlength=span))[:-1]])
    at_risk = joined - gone
    hazard = np.where(at_risk > 0, events / np.maximum(at_risk, 1), 0.0)
    return np.cumprod(1 - np.minimum(hazard, 1))
