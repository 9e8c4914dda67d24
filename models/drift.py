"""Has the world moved since training? Where today's open items lie, and how last month's forecasts came true."""

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from models import features, measures
from models.describe import bin_shares
from models.features import NAMES
from models.model import Model

MONTH = 30


def rows(
    con: duckdb.DuckDBPyConnection,
    as_of: dt.date,
    serving: Model,
    reference: dict[str, Any] | None,
    book: pd.DataFrame,
) -> pd.DataFrame:
    """One row a measure: `psi` of the forecast and of each feature against training, and last month's calibration.

    `reference` is the card's, None for the baseline, which has none; `book` are the questions of the open items.
    """
    part = serving.heads["open"].late
    found: list[tuple[str, str, float | None, int]] = []
    young = book[book["day"] <= book["late_day"]]
    if reference and reference["p_late"] and len(young):
        x = features.matrix(young, part.context)
        p = part.chosen_estimate(young, x)
        value = measures.psi(np.array(reference["p_late"]), bin_shares(p, np.arange(1, 10) / 10))
        found.append(("psi", "p_late", value, len(young)))
        for name, known in reference["features"].items():
            now = bin_shares(x[:, NAMES.index(name)], np.array(known["edges"]))
            found.append(("psi", name, measures.psi(np.array(known["shares"]), now), len(young)))
    found += _last_month(con, as_of, serving)
    return pd.DataFrame(found, columns=["measure", "name", "value", "items"])


def _last_month(
    con: duckdb.DuckDBPyConnection, as_of: dt.date, serving: Model
) -> list[tuple[str, str, float | None, int]]:
    """Items that a month ago were open and have since shown whether they are late: forecast of then against outcome."""
    part = serving.heads["open"].late
    asked = features.ask_on_day(con, as_of - dt.timedelta(days=MONTH - 1))
    seen = asked[(asked["late_day"] >= asked["day"]) & (asked["late_day"] <= features.day_number(as_of))]
    seen = seen[seen["is_labelled"] == 1]
    if seen.empty:
        return []
    y = seen["is_late"].to_numpy("float64")
    p = part.chosen_estimate(seen, features.matrix(seen, part.context))
    figures = measures.measures(y, p)
    return [
        ("last_month", "p_mean", float(p.mean()), len(seen)),
        ("last_month", "share_late", float(y.mean()), len(seen)),
        *(("last_month", name, figures[name], len(seen)) for name in ("brier", "ece", "auc")),
    ]
