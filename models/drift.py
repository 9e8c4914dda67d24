"""Has the world moved since training? Where today's open items lie, and how last month's forecasts came true."""

import datetime as dt
from typing import Any

import duckdb
import numpy as np

from models import features, measures
from models.features import NAMES
from models.measures import bin_shares
from models.model import Model, share_of
from models.rows import Rows

MONTH = 30
MOST_ITEMS = 200_000  # a larger book is judged on a part of its customers


def rows(
    con: duckdb.DuckDBPyConnection,
    as_of: dt.date,
    serving: Model,
    reference: dict[str, Any] | None,
    book: Rows,
) -> Rows:
    """One row a measure: `psi` of the forecast and of each feature against training, and last month's calibration.

    `reference` is the card's, None for the baseline, which has none; `book` are the questions of the open items.
    """
    part = serving.heads["open"].late
    found: list[tuple[str, str, float | None, int]] = []
    young = book.where(book["day"] <= book["late_day"])
    if reference and reference["p_late"] and len(young):
        x = features.matrix(young, part.context)
        p = part.chosen_estimate(young, x)
        value = measures.psi(np.array(reference["p_late"]), bin_shares(p, np.arange(1, 10) / 10))
        found.append(("psi", "p_late", value, len(young)))
        for name, known in reference["features"].items():
            now = bin_shares(x[:, NAMES.index(name)], np.array(known["edges"]))
            found.append(("psi", name, measures.psi(np.array(known["shares"]), now), len(young)))
    found += _last_month(con, as_of, serving)
    measure, name, values, items = zip(*found, strict=True) if found else ((), (), (), ())
    return Rows(
        {
            "measure": np.array(measure, dtype=object),
            "name": np.array(name, dtype=object),
            "value": np.array(values, dtype="float64"),
            "items": np.array(items, dtype="int64"),
        }
    )


def _last_month(
    con: duckdb.DuckDBPyConnection, as_of: dt.date, serving: Model
) -> list[tuple[str, str, float | None, int]]:
    """Items that a month ago were open and have since shown whether they are late: forecast of then against outcome."""
    part = serving.heads["open"].late
    (count,) = con.execute("select count(*) from risk_outcomes").fetchall()[0]
    seen = features.ask_on_day(con, as_of - dt.timedelta(days=MONTH - 1), as_of, share_of(count, MOST_ITEMS))
    if not len(seen):
        return []
    seen = seen.where(np.argsort(seen["item_key"]))  # sums in one order are the same to the last bit
    y = seen["is_late"].astype("float64")
    p = part.chosen_estimate(seen, serving.heads["open"].matrix(seen))
    figures = measures.measures(y, p)
    return [
        ("last_month", "p_mean", float(p.mean()), len(seen)),
        ("last_month", "share_late", float(y.mean()), len(seen)),
        *(("last_month", name, figures[name], len(seen)) for name in ("brier", "ece", "auc")),
    ]
