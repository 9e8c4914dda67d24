"""The model card: what was learnt from what, how it did on later outcomes, what drives it, what is left out."""

import datetime as dt
import platform
from dataclasses import asdict
from typing import Any

import duckdb
import numpy as np
import sklearn

from models import evaluate, features, measures, training
from models.estimators import CANDIDATES, Classifier, brier
from models.explain import MEMBERS
from models.features import GROUPS, NAMES, SEGMENTS
from models.measures import bin_shares
from models.model import HEADS, TARGETS, Model, labelled
from models.rows import Rows
from models.training import Learning
from pipelines.settings import Settings

HELD_BACK = 0.25  # the newest share of the questions, on which the card's figures are measured
# What a ledger may hold and the model does not look at: keys of the catalogue under `model.` that say why.
NOT_USED = ("unused_disputes", "unused_days_to_settle", "unused_ratings")
LEAST_ROWS = 50  # below which a segment is not judged alone


def left_out(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings) -> list[dict[str, Any]]:
    """Documents that are not learnt from: reason code, how many, how much in base currency."""
    rows = con.execute(features.sql("risk_left_out"), {"known": known, "grace": settings.late_grace_days}).fetchall()
    return [{"code": code, "documents": documents, "amount_base": str(amount)} for code, documents, amount in rows]


def card(
    trained: Model, learning: Learning, settings: Settings, build_id: str, left: list[dict[str, Any]]
) -> dict[str, Any]:
    """Everything a reader needs to trust the model or not, as one JSON object."""
    return {
        "build_id": build_id,
        "known": trained.known.isoformat(),
        "first_issue": trained.first_issue.isoformat() if trained.first_issue else None,
        "items": trained.items,
        "rows": dict(trained.rows),
        "share_of_customers": learning.per_mille / 1000,
        "customers": len(np.unique(learning.issue["customer_key"])),
        "base_rate": {target: _base_rate(learning, target) for target in TARGETS},
        "refusals": {target: asdict(item) for target, item in trained.refusals.items()},
        "settings": {
            "late_grace_days": settings.late_grace_days,
            "very_late_days": settings.very_late_days,
            "country": settings.country,
        },
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "heads": {
            head: {target: _fitted(trained.heads[head].of(target)) for target in TARGETS} for head in trained.heads
        },
        "features": list(NAMES),
        "left_out": left,
        "not_used": list(NOT_USED),
        "test": _test(learning, settings),
        "reference": {head: _shares(trained, head, getattr(learning, head)) for head in HEADS},
    }


def _base_rate(learning: Learning, target: str) -> float | None:
    rows = labelled(learning.issue, target, features.day_number(learning.known))
    return float(rows[f"is_{target}"].mean()) if len(rows) else None


def _fitted(part: Classifier) -> dict[str, Any]:
    return {
        "chosen": part.chosen,
        "rows": part.rows,
        "positives": part.positives,
        "trees": part.trees,
        "slope": part.slope,
        "shift": part.shift,
        "validation_brier": {name: part.validation[name] for name in CANDIDATES if name in part.validation},
        "left_out_columns": _left_out_columns(part),
    }


def _left_out_columns(part: Classifier) -> list[str]:
    """Columns that the linear part does not use: constant, or left out because their weight had the wrong sign."""
    return [] if part.linear is None else [n for n, w in zip(NAMES, part.linear.weights, strict=True) if w == 0]


def _test(learning: Learning, settings: Settings) -> dict[str, Any] | None:
    """Figures on the newest part of the questions by a model that learnt from the older ones alone."""
    if len(learning.issue) < 2 * LEAST_ROWS:
        return None
    cut = int(np.quantile(learning.issue["day"], 1 - HELD_BACK))
    day = features.EPOCH + dt.timedelta(days=cut)
    past = evaluate.as_known(learning, day - dt.timedelta(days=1))
    if len(past.issue) < LEAST_ROWS:
        return None
    trained = training.train(past, settings)
    result: dict[str, Any] = {"cut_date": day.isoformat(), "train_rows": len(past.issue), "heads": {}}
    for head in HEADS:
        rows = getattr(learning, head)
        test = rows.where(rows["day"] >= cut)
        result["heads"][head] = {
            "rows": len(test),
            "customers": len(np.unique(test["customer_key"])),
            "targets": {target: _target(trained, head, test, target, learning.known) for target in TARGETS},
            "days_late": evaluate.days_late_figures(trained, head, test, learning.known),
        }
    return result


def _target(trained: Model, head: str, test: Rows, target: str, known: dt.date) -> dict[str, Any]:
    figures = evaluate.target_figures(trained, head, test, target, known, measures.DRAWS)
    rows = labelled(test, target, features.day_number(known))
    if not len(rows):
        return figures
    part = trained.heads[head].of(target)
    x = features.matrix(rows, part.context)
    y, p = rows[f"is_{target}"].astype("float64"), part.chosen_estimate(rows, x)
    return figures | {
        "calibration": measures.calibration_points(y, p),
        "lift": measures.lift(y, p, rows["cents"].astype("float64")),
        "segments": _segments(rows, y, p),
        "importance": _importance(part, rows, x, y),
        "thresholds": _thresholds(rows, p, features.day_number(known)) if target == "late" else [],
    }


def _segments(rows: Rows, y: np.ndarray, p: np.ndarray) -> list[dict[str, Any]]:
    """Rows, outcome, forecast and Brier score of each segment level that has enough rows."""
    found = []
    for column in SEGMENTS:
        levels = rows[column]
        if len(set(levels)) < 2:
            continue
        for level in sorted(set(levels)):
            inside = levels == level
            if inside.sum() >= LEAST_ROWS:
                judged = measures.measures(y[inside], p[inside])
                found.append(
                    {
                        "segment": column,
                        "level": str(level),
                        "rows": int(inside.sum()),
                        "share_late": float(y[inside].mean()),
                        "p_mean": float(p[inside].mean()),
                        "brier": judged["brier"],
                        "auc": judged["auc"],
                    }
                )
    return found


def _thresholds(rows: Rows, p: np.ndarray, last_day: int) -> list[dict[str, float]]:
    """For each threshold: items called, late ones among them, and their money times months late; for the cost curve."""
    paid = np.where(np.isnan(rows["settled_day"]), last_day, rows["settled_day"])
    months = np.maximum(paid - rows["due_day"].astype("float64"), 0) / 30 * rows["is_late"].astype("float64")
    money_months = rows["cents"].astype("float64") / 100 * months
    found = []
    for step in range(21):
        called = p >= step / 20
        found.append(
            {
                "threshold": step / 20,
                "items": len(p),
                "called": int(called.sum()),
                "late_called": int(rows["is_late"][called].sum()),
                "money_months_called": float(money_months[called].sum()),
                "money_months": float(money_months.sum()),
            }
        )
    return found


def _importance(part: Classifier, rows: Rows, x: np.ndarray, y: np.ndarray) -> list[dict[str, Any]]:
    """How much the Brier score of the chosen estimate worsens when a group of features is shuffled among the rows."""
    if part.linear is None or part.chosen in ("prior", "late_share"):
        return []
    whole = brier(y, part.chosen_estimate(rows, x))
    order = np.random.default_rng(measures.SEED).permutation(len(x))
    found = []
    for group in GROUPS:
        shuffled = x.copy()
        shuffled[:, MEMBERS[group]] = x[order][:, MEMBERS[group]]
        # The late share is read from the answers themselves, so its rows move along.
        moved = rows.where(order) if group == "record" else rows
        found.append({"group": group, "brier": brier(y, part.chosen_estimate(moved, shuffled)) - whole})
    return sorted(found, key=lambda item: (-item["brier"], item["group"]))


def _shares(trained: Model, head: str, rows: Rows) -> dict[str, Any]:
    """Where the training questions lay, for drift: shares by tenth of the late estimate and by decile of features."""
    asked = labelled(rows, "late", features.day_number(trained.known))
    if not len(asked):
        return {"p_late": [], "features": {}}
    part = trained.heads[head].late
    x = features.matrix(asked, part.context)
    by_feature = {}
    for column, name in enumerate(NAMES):
        values = x[:, column]
        if np.isnan(values).all():
            continue
        edges = np.unique(np.nanquantile(values, np.arange(1, 10) / 10))
        by_feature[name] = {"edges": edges.tolist(), "shares": bin_shares(values, edges).tolist()}
    p = part.chosen_estimate(asked, x)
    return {"p_late": bin_shares(p, np.arange(1, 10) / 10).tolist(), "features": by_feature}
