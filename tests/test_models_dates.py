"""Expected dates: the curve by hand, open items counted, never in the past, in step with the two risks."""

import numpy as np
import pytest

from models import dates
from models.dates import FIRST
from models.rows import Rows
from pipelines.reporting.queries import LONGEST_FORECAST


def rows(due: list[int], settled: list[int], asked: int = -60) -> Rows:
    return Rows(
        {
            "due_day": np.array(due, dtype="int64"),
            "settled_day": np.array(settled, dtype="float64"),
            "day": np.full(len(due), asked + 1),
        }
    )


def test_the_curve_counts_open_items_while_they_were_seen() -> None:
    # Paid 2 days late, paid 5 days late, still open when last seen 3 days after due: Kaplan-Meier 2/3, then 0.
    curve = dates.survival(np.array([2, 5, 3]), np.array([True, True, False]), np.array([-30, -30, -30]))
    assert [round(float(curve[day - FIRST]), 4) for day in (1, 2, 4, 5)] == [1.0, 0.6667, 0.6667, 0.0]


def test_quantiles_lie_after_the_day_of_the_question_and_rise() -> None:
    rng = np.random.default_rng(1)
    model = dates.curve_only(rows([0] * 400, list(rng.integers(-20, 60, 400))), known_day=400)
    entry = rng.integers(-30, 80, 300).astype(float)
    p_late, p_very_late = rng.random(300), rng.random(300)
    found = dates.quantiles(model, np.zeros((300, 1)), entry, p_late, p_very_late, 0, 30)
    assert (found >= entry[:, None] + 1).all() and (found <= entry[:, None] + LONGEST_FORECAST).all()
    assert (np.diff(found, axis=1) >= 0).all()


@pytest.mark.parametrize(
    ("p_late", "p_very_late", "low", "high"),
    [(0.1, 0.01, -29, 0), (0.9, 0.2, 1, 30), (0.95, 0.8, 31, 365)],
    ids=["on time", "late", "very late"],
)
def test_the_expected_date_agrees_with_the_risks(p_late: float, p_very_late: float, low: int, high: int) -> None:
    rng = np.random.default_rng(2)
    model = dates.curve_only(rows([0] * 500, list(np.round(rng.normal(5, 20, 500)).astype(int))), known_day=400)
    one = np.array([0.0])
    found = dates.quantiles(model, one[:, None], one - 30, one + p_late, one + p_very_late, 0, 30, (0.5,))
    assert low <= found[0, 0] <= high


def test_an_interval_of_80_percent_holds_about_80_percent() -> None:
    rng = np.random.default_rng(4)
    late = np.round(rng.normal(3, 10, 4000)).astype(int)
    model = dates.curve_only(rows([0] * 2000, list(late[:2000])), known_day=400)
    n = 2000
    share = float((late[2000:] > 0).mean())
    very = float((late[2000:] > 30).mean())
    found = dates.quantiles(model, np.zeros((n, 1)), np.full(n, -60.0), np.full(n, share), np.full(n, very), 0, 30)
    inside = ((late[2000:] >= found[:, 0]) & (late[2000:] <= found[:, 2])).mean()
    assert 0.75 < inside < 0.87


def test_an_empty_book_still_gives_days_that_agree_with_the_risks() -> None:
    model = dates.curve_only(rows([], []), known_day=0)
    one = np.array([0.0])
    found = dates.quantiles(model, one[:, None], one - 30, one + 0.5, one + 0.1, 0, 30)
    assert -29 <= found[0, 0] < found[0, 1] <= 1 < found[0, 2] <= 31
