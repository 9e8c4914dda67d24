"""Estimators: chosen in time order, monotone where sense demands, honest about noise, the same every time."""

from functools import cache

import numpy as np
import pytest

from models import estimators, features, fitting, model, training
from models.estimators import Classifier
from models.features import NAMES
from models.fitting import RISES
from models.rows import Rows
from pipelines.settings import Settings
from tests.model_books import day, random_book

SETTINGS = Settings()
KNOWN = day(700)


@cache
def learning(seed: int = 1, noise: float = 6.0) -> training.Learning:
    con = random_book(seed, noise=noise)
    return training.learning_rows(con, KNOWN, SETTINGS)


def fitted(rows: Rows, target: str = "late") -> Classifier:
    limit = features.day_number(KNOWN)
    asked = model.labelled(rows, target, limit)
    return fitting.fit(asked, target, limit, lambda part, last: features.context(part, last, SETTINGS))


@pytest.fixture(scope="module")
def late() -> Classifier:
    return fitted(learning().issue)


def test_the_choice_beats_the_base_rate_where_customers_have_habits(late: Classifier) -> None:
    assert late.chosen in ("logistic", "boosting", "blend", "blend_share")
    assert late.validation[late.chosen] < late.validation["prior"] - 0.02


def test_noise_is_not_taken_for_knowledge() -> None:
    rows = learning().issue
    shuffled = np.random.default_rng(3).permutation(rows["is_late"])
    nothing = np.zeros(len(rows))
    assert fitted(rows.having(is_late=shuffled, late_n=nothing, known_n=nothing)).chosen == "prior"


@pytest.mark.parametrize("name", [name for name, rises in zip(NAMES, RISES, strict=True) if rises])
def test_more_of_what_speaks_against_a_customer_never_looks_safer(late: Classifier, name: str) -> None:
    rows = learning().issue
    x = features.matrix(rows, late.context)
    worse = x.copy()
    worse[:, NAMES.index(name)] += np.linspace(0.1, 5, len(x))
    assert late.linear is not None and late.boosting is not None
    assert (late.linear.predict(worse) >= late.linear.predict(x) - 1e-12).all()
    known = ~np.isnan(x[:, NAMES.index(name)])
    assert (late.boosting.raw(worse)[known] >= late.boosting.raw(x)[known] - 1e-12).all()


def test_contributions_of_the_linear_part_are_exact(late: Classifier) -> None:
    assert late.linear is not None
    x = features.matrix(learning().issue, late.context)[:50]
    p = late.linear.predict(x)
    odds = late.linear.contributions(x).sum(axis=1) + late.linear.intercept
    np.testing.assert_allclose(np.log(p / (1 - p)), odds)


def test_few_outcomes_barely_recalibrate_and_many_do() -> None:
    rng = np.random.default_rng(6)
    truth = rng.random(20_000) * 0.5
    y = (rng.random(20_000) < truth).astype(float)
    overstated = np.clip(truth * 1.6, 0.01, 0.99)
    few = fitting.calibration(y[:10], overstated[:10])
    many = fitting.calibration(y, overstated)
    assert abs(few[0] - 1) < 0.2 and abs(few[1]) < 0.2
    better = estimators.recalibrated(overstated, *many)
    assert estimators.brier(y, better) < estimators.brier(y, overstated) - 0.005


def test_the_same_data_give_the_same_bytes(late: Classifier) -> None:
    rows = learning().issue
    again = fitted(rows)
    x = features.matrix(rows, late.context)
    assert again.chosen_estimate(rows, x).tobytes() == late.chosen_estimate(rows, x).tobytes()


def test_blocks_learn_only_from_answers_known_before_them() -> None:
    rows = learning().issue
    folds = fitting._folds(rows, "late")
    assert len(folds) == 2
    for past, block, start in folds:
        assert past["day"].max() < start and past["late_day"].max() < start <= block["day"].min()


def test_open_overdue_items_are_late_and_items_not_yet_due_teach_nothing() -> None:
    rows = learning().issue
    limit = features.day_number(KNOWN)
    never_paid = rows.where(np.isnan(rows["settled_day"]))
    assert len(never_paid) and (never_paid["is_late"] == 1).all()
    assert (rows["due_day"] <= limit).all()


@pytest.mark.parametrize(
    ("positives", "negatives", "days", "code"),
    [
        (8, 2458, 700, "refused_few"),
        (500, 8, 700, "refused_one_class"),
        (100, 100, 60, "refused_short"),
        (40, 60, 90, ""),
    ],
)
def test_too_little_to_learn_from_is_refused_with_its_figures(
    positives: int, negatives: int, days: int, code: str
) -> None:
    total = positives + negatives
    issue = np.linspace(0, days - 1, total).astype(int)
    rows = Rows(
        {
            "day": issue,
            "issue_day": issue,
            "late_day": issue + 30,
            "very_late_day": issue + 60,
            "is_very_late": np.arange(total) < positives,
            "settled_day": issue + 40.0,
        }
    )
    found = training.refusal(rows, "very_late", 2000)
    assert (found.code if found else "") == code
    if found:
        assert (found.positives, found.rows) == (positives, total)


def test_a_book_too_short_to_validate_is_answered_by_the_late_share() -> None:
    rows = learning().issue.where(slice(25))
    part = fitted(rows)
    assert part.chosen == "late_share" and part.linear is None
