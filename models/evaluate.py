"""How the model does on outcomes it had not seen: one cut in time, or a replay of monthly cuts."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from models import features, measures, model, training
from models.estimators import ESTIMATORS
from models.model import TARGETS, Model
from models.rows import Rows
from models.training import Learning
from pipelines.errors import UserError
from pipelines.settings import Settings

SHOWN = (*ESTIMATORS, "chosen")


class NothingToEvaluate(UserError):
    """The book holds too little on one side of the cut."""

    def __init__(self, train: int, test: int) -> None:
        super().__init__("error.model_nothing_to_evaluate", train=train, test=test)


def book_ends(con: duckdb.DuckDBPyConnection) -> dt.date:
    """The last day on which the build knows that anything happened: the newest document or application."""
    row = con.execute(
        "select greatest((select max(issue_date) from int_instalments), (select max(applied_on) from int_applications))"
    ).fetchone()
    if row is None or row[0] is None:
        raise NothingToEvaluate(0, 0)
    return row[0]


def cut_date(con: duckdb.DuckDBPyConnection, share: float) -> dt.date:
    """The issue date of the instalment that lies at `share` of all instalments in order of issue."""
    row = con.execute(features.sql("risk_cut"), {"share": share}).fetchone()
    if row is None:
        raise NothingToEvaluate(0, 0)
    return row[0]


def as_known(learning: Learning, known: dt.date) -> Learning:
    """The questions whose answer was known when `known` had closed, payments after it unseen."""
    last = features.day_number(known)

    def cut(rows: Rows) -> Rows:
        rows = rows.where((rows["day"] <= last) & (rows["late_day"] <= last))
        settled = rows["settled_day"]
        return rows.having(settled_day=np.where(settled <= last, settled, np.nan))

    return replace(learning, known=known, issue=cut(learning.issue), open=cut(learning.open))


@threadpool_limits.wrap(limits=1)
def at_cut(con: duckdb.DuckDBPyConnection, share: float, settings: Settings) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train before one cut, judge after it: the figures as a JSON object, and the test rows with every estimate."""
    ends = book_ends(con)
    day = cut_date(con, share)
    learning = training.learning_rows(con, ends, settings)
    features.drop(con)
    past = as_known(learning, day - dt.timedelta(days=1))
    test = learning.issue.where(learning.issue["issue_day"] >= features.day_number(day))
    if not len(past.issue) or not len(test):
        raise NothingToEvaluate(len(past.issue), len(test))
    trained = training.train(past, settings)
    figures = {
        "cut": share,
        "cut_date": day.isoformat(),
        "known": ends.isoformat(),
        "train_rows": len(past.issue),
        "test_rows": len(test),
        "test_customers": len(np.unique(test["customer_key"])),
        "share_of_customers_used": learning.per_mille / 1000,
        "targets": {target: target_figures(trained, "issue", test, target, ends) for target in TARGETS},
        "days_late": days_late_figures(trained, "issue", test, ends),
    }
    return figures, scored_rows(trained, test, ends)


def target_figures(
    trained: Model, head: str, test: Rows, target: str, known: dt.date, draws: int = 0
) -> dict[str, Any]:
    """Measures of every estimator for one target; with `draws`, their intervals by customer too."""
    rows = model.labelled(test, target, features.day_number(known))
    fitted = trained.heads[head].of(target)
    y = rows[f"is_{target}"].astype("float64")
    answers = _estimates(trained, head, rows, target)
    refused = trained.refusals.get(target)
    result: dict[str, Any] = {
        "rows": len(rows),
        "base_rate": float(y.mean()) if len(y) else None,
        "train_rows": fitted.rows,
        "train_positives": fitted.positives,
        "chosen": fitted.chosen,
        "refused": None if refused is None else refusal_text(refused),
        "estimators": {},
    }
    for name in SHOWN:
        p = answers[name]
        figures: dict[str, Any] = {"rows": len(rows), "base_rate": result["base_rate"]}
        figures |= dict.fromkeys(measures.MEASURES) if p is None else measures.measures(y, p)
        if draws and p is not None:
            figures["interval"] = measures.intervals(y, p, rows["customer_key"], draws)
        result["estimators"][name] = figures
    return result


def days_late_figures(trained: Model, head: str, test: Rows, known: dt.date) -> dict[str, Any]:
    """Errors of the expected days late (negative = early) over the instalments paid in full by `known`.

    The coverage of the 80 % interval counts every instalment. One still open after its end is a miss: leaving the worst
    payers out would flatter it. One still open before its end counts for what the forecast says of an item that has
    come so far (as in D-calibration): leaving those out would count the quick ones alone.
    """
    x = features.matrix(test, trained.heads[head].late.context)
    days = model.score(trained, head, test, x).days_late
    actual = test["settled_day"] - test["due_day"]
    paid = ~np.isnan(actual)
    figures = measures.date_errors(actual[paid], days[paid, 1], days[paid, 0], days[paid, 2])
    age = (features.day_number(known) - test["due_day"]).astype("float64")
    missed = int((~paid & (age > days[:, 2])).sum())
    pending = ~paid & (age <= days[:, 2])
    if len(test):
        unpaid = model.share_unpaid(trained, head, test.where(pending), x[pending], age[pending])
        # Of the share still unpaid a tenth of the whole lies after the interval, and what lies before it has passed.
        inside = (np.clip(unpaid, 0.1, 0.9) - 0.1) / np.maximum(unpaid, 0.1)
        figures["coverage"] = (int(paid.sum()) * (figures["coverage"] or 0.0) + float(inside.sum())) / len(test)
    return figures | {"still_open": int((~paid).sum()), "open_past_interval": missed}


def scored_rows(trained: Model, test: Rows, known: dt.date) -> pd.DataFrame:
    """The test rows of both targets with label and estimates: what anyone needs to compute the figures again."""
    parts = []
    for target in TARGETS:
        rows = model.labelled(test, target, features.day_number(known))
        answers = _estimates(trained, "issue", rows, target)
        part = pd.DataFrame(
            {
                "target": target,
                "invoice_id": rows["invoice_id"],
                "issue_date": _dates(rows["issue_day"]),
                "due_date": _dates(rows["due_day"]),
                "label": rows[f"is_{target}"].astype("int64"),
            }
        )
        parts.append(part.assign(**{name: answers[name] if answers[name] is not None else np.nan for name in SHOWN}))
    return pd.concat(parts, ignore_index=True)


@threadpool_limits.wrap(limits=1)
def replay(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    months: int = 12,
    progress: Callable[[str, int, int], None] | None = None,
) -> pd.DataFrame:
    """Train, score, wait, compare at the last `months` month ends.

    One row a month end, head and target: rows, base rate, AUC, Brier and ECE of the chosen estimate and of the late
    share, error of the expected date and how often its 80 % interval held. A month is judged on invoices issued in
    the month after it, and on the items that were open in that month.
    """
    ends = book_ends(con)
    learning = training.learning_rows(con, ends, settings)
    features.drop(con)
    cuts = [day for day in _month_ends(learning, ends) if len(as_known(learning, day).issue) >= 100][-months:]
    lines = []
    for done, day in enumerate(cuts):
        if progress:
            progress(day.isoformat(), done, len(cuts))
        trained = training.train(as_known(learning, day), settings)
        first, last = features.day_number(day) + 1, features.day_number(day) + 31
        for head, rows in (("issue", learning.issue), ("open", learning.open)):
            test = rows.where((rows["day"] >= first) & (rows["day"] <= last))
            if not len(test):
                continue
            dates = days_late_figures(trained, head, test, ends)
            for target in TARGETS:
                found = target_figures(trained, head, test, target, ends)
                if found["rows"]:
                    lines.append(_line(day, head, target, found, dates))
    return pd.DataFrame(lines, columns=REPLAY_COLUMNS)


REPLAY_COLUMNS = (
    "month_end",
    "head",
    "target",
    "chosen",
    "rows",
    "base_rate",
    "auc",
    "brier",
    "ece",
    "late_share_auc",
    "late_share_brier",
    "late_share_ece",
    "mae_days",
    "coverage",
    "refused",
)


def refusal_text(refused: model.Refusal) -> str:
    """The refusal as a plain English phrase for files."""
    if refused.code == "refused_short":
        return f"not enough to learn from ({refused.days} days of history)"
    return f"not enough to learn from ({refused.positives:,} of {refused.rows:,})"


def _line(day: dt.date, head: str, target: str, found: dict[str, Any], dates: dict[str, Any]) -> dict[str, Any]:
    chosen, share = found["estimators"]["chosen"], found["estimators"]["late_share"]
    return {
        "month_end": day.isoformat(),
        "head": head,
        "target": target,
        "chosen": found["chosen"],
        "rows": found["rows"],
        "base_rate": found["base_rate"],
        **{name: chosen[name] for name in ("auc", "brier", "ece")},
        **{f"late_share_{name}": share[name] for name in ("auc", "brier", "ece")},
        "mae_days": dates["mae"],
        "coverage": dates["coverage"],
        "refused": found["refused"],
    }


def _estimates(trained: Model, head: str, rows: Rows, target: str) -> dict[str, np.ndarray | None]:
    """Every estimator's answers; those that a refusal left unlearnt are None."""
    fitted = trained.heads[head].of(target)
    answers: dict[str, np.ndarray | None] = {}
    answers |= fitted.estimates(rows, features.matrix(rows, fitted.context))
    return answers if fitted.linear is not None else answers | {"logistic": None, "boosting": None}


def _month_ends(learning: Learning, ends: dt.date) -> list[dt.date]:
    if not len(learning.issue):
        return []
    first = features.EPOCH + dt.timedelta(days=int(learning.issue["issue_day"].min()))
    return [day.date() for day in pd.date_range(first, ends - dt.timedelta(days=31), freq="ME")]


def _dates(days: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(np.datetime64(features.EPOCH, "D") + days)
