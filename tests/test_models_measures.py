"""Figures of a forecast: equal to scikit-learn's and to counting by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models import measures


@pytest.mark.parametrize("digits", [1, 6], ids=["many equal forecasts", "few equal forecasts"])
def test_measures_equal_those_of_scikit_learn(digits: int) -> None:
    rng = np.random.default_rng(3)
    p = np.clip(np.round(rng.random(500), digits), 0.01, 0.99)
    y = (rng.random(500) < p).astype(float)
    found = measures.measures(y, p)
    assert found["auc"] == pytest.approx(roc_auc_score(y, p))
    assert found["pr_auc"] == pytest.approx(average_precision_score(y, p))
    assert found["brier"] == pytest.approx(brier_score_loss(y, p))
    assert found["log_loss"] == pytest.approx(log_loss(y, p))


def test_calibration_error_by_hand() -> None:
    # Two bins: 0.1-0.2 holds forecasts of 0.15 with 1 of 4 true, the last one forecasts of 0.95 with 1 of 1 true.
    p = np.array([0.15, 0.15, 0.15, 0.15, 0.95])
    y = np.array([1.0, 0, 0, 0, 1])
    assert measures.measures(y, p)["ece"] == pytest.approx(4 / 5 * 0.10 + 1 / 5 * 0.05)
    assert [(point["bin"], point["rows"], point["share"]) for point in measures.calibration_points(y, p)] == [
        (1, 4, 0.25),
        (9, 1, 1.0),
    ]


def test_one_class_and_no_rows_have_no_ranking() -> None:
    alone = measures.measures(np.ones(3), np.array([0.2, 0.5, 0.9]))
    assert (alone["auc"], alone["pr_auc"]) == (None, None) and alone["brier"] is not None
    assert set(measures.measures(np.empty(0), np.empty(0)).values()) == {None}


def test_intervals_widen_when_one_customer_holds_most_rows() -> None:
    rng = np.random.default_rng(5)
    p = rng.random(600)
    y = (rng.random(600) < p).astype(float)
    many = measures.intervals(y, p, np.arange(600))["brier"]
    few = measures.intervals(y, p, np.arange(600) // 100)["brier"]
    assert many is not None and few is not None
    assert many[0] < measures.measures(y, p)["brier"] < many[1]  # type: ignore[operator]
    assert measures.intervals(y, p, np.arange(600))["brier"] == many


def test_lift_counts_late_money_down_the_list() -> None:
    y = np.array([1.0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    p = np.array([0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    money = np.array([300.0, 5, 100, 1, 1, 1, 1, 1, 1, 1])
    steps = measures.lift(y, p, money)
    assert (steps[0]["share_of_late"], steps[0]["share_of_money"]) == (0.5, 0.75)
    assert steps[2]["share_of_money"] == 1.0


def test_psi_is_nothing_for_equal_shares_and_grows_with_the_shift() -> None:
    before = np.array([0.25, 0.25, 0.5])
    assert measures.psi(before, before) == 0
    assert measures.psi(before, np.array([0.1, 0.2, 0.7])) == pytest.approx(
        -0.15 * np.log(0.4) - 0.05 * np.log(0.8) + 0.2 * np.log(1.4)
    )
