"""Trees as arrays answer exactly like scikit-learn's."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models import forest


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    values = np.random.default_rng(8).normal(size=(20_000, 6))
    values[np.random.default_rng(9).random(values.shape) < 0.2] = np.nan
    return values


def test_classifier_and_its_stages_are_equal(x: np.ndarray) -> None:
    y = (np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1], nan=1.0) > 0.1).astype(int)
    with threadpool_limits(1):
        model = HistGradientBoostingClassifier(max_leaf_nodes=8, max_iter=12, early_stopping=False).fit(x, y)
        trees = forest.of(model)
        np.testing.assert_array_equal(trees.raw(x), model.decision_function(x))
        fifth = list(model.staged_decision_function(x))[4].ravel()
    np.testing.assert_array_equal(trees.staged(x, (5, 12))[5], fifth)


def test_regressor_is_equal_and_names_the_columns_it_asks(x: np.ndarray) -> None:
    y = np.nan_to_num(x[:, 2], nan=3.0)
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(loss="absolute_error", max_leaf_nodes=8, max_iter=5).fit(x, y)
        trees = forest.of(model)
        np.testing.assert_array_equal(trees.raw(x), model.predict(x))
    assert 2 in trees.used() <= set(range(6))


def test_a_target_without_a_split_is_its_start() -> None:
    flat = np.ones((300, 2))
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(max_leaf_nodes=8, max_iter=3).fit(flat, np.arange(300.0))
        np.testing.assert_allclose(forest.of(model).raw(flat), model.predict(flat))
