"""Why an item is rated as it is: what each group of features adds to the log-odds, the largest said with figures."""

from collections.abc import Mapping

import numpy as np

from models import estimators, features
from models.estimators import Classifier
from models.features import FEATURES, GROUPS
from models.odds import logit
from models.rows import Rows

MEMBERS = {group: [i for i, f in enumerate(FEATURES) if f.group == group] for group in GROUPS}
SAID = 3  # reasons an item
LEAST = 0.05  # log-odds below which a group is not worth a word


def contributions(model: Classifier, rows: Rows, x: np.ndarray) -> np.ndarray:
    """Log-odds that each group of GROUPS adds to the chosen estimate, of shape (rows, groups).

    Exact for the linear part; for boosting, what changes when the group is set to its average (occlusion).
    """
    if model.chosen == "prior" or not len(rows):
        return np.zeros((len(rows), len(GROUPS)))
    if model.chosen == "late_share":
        return _share(model, rows) * model.slope
    assert model.linear is not None and model.boosting is not None
    parts = []
    if model.chosen != "boosting":
        exact = model.linear.contributions(x)
        parts.append(np.column_stack([exact[:, MEMBERS[group]].sum(axis=1) for group in GROUPS]))
    if model.chosen != "logistic":
        parts.append(_occlusion(model, x))
    if model.chosen == "blend_share":
        parts.append(_share(model, rows))
    return np.mean(parts, axis=0) * model.slope


def _share(model: Classifier, rows: Rows) -> np.ndarray:
    """The customer's own share against the base rate, in the place of the group that holds the record."""
    parts = np.zeros((len(rows), len(GROUPS)))
    share = logit(features.late_share(rows, model.context, model.target))
    parts[:, GROUPS.index("record")] = share - logit(np.array([estimators.rate_of(model.context, model.target)]))
    return parts


def strongest(parts: np.ndarray, always: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Positions in GROUPS of the SAID largest contributions of each row, and whether each is worth saying.

    `always` marks the rows in which a group is said first whatever it adds.
    """
    weight = np.abs(parts)
    for group, inside in always.items():
        weight[inside, GROUPS.index(group)] = np.inf
    # Where no group stands out the customer's record is said all the same.
    plain = weight.max(axis=1, initial=0) < LEAST
    weight[plain, GROUPS.index("record")] = np.inf
    order = np.argsort(-weight, axis=1, kind="stable")[:, :SAID]
    return order, np.take_along_axis(weight, order, axis=1) >= LEAST


def _occlusion(model: Classifier, x: np.ndarray) -> np.ndarray:
    assert model.linear is not None and model.boosting is not None
    whole = model.boosting.raw(x)
    used = model.boosting.used()
    parts = np.zeros((len(x), len(GROUPS)))
    for number, group in enumerate(GROUPS):
        members = [column for column in MEMBERS[group] if column in used]
        if members:
            hidden = x.copy()
            hidden[:, members] = model.linear.centre[members]
            parts[:, number] = whole - model.boosting.raw(hidden)
    return parts
