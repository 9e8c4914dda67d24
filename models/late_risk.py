"""Score the open items of a build. Imports nothing heavy unless a trained model serves."""

import datetime as dt

import duckdb
import numpy as np
from threadpoolctl import threadpool_limits

from models import drift, explain, features, model
from models.card import BASELINE, Card, ModelUnusable, serving_card
from models.explain import GROUPS
from models.model import Head, Model
from models.rows import Rows
from pipelines.settings import Settings


@threadpool_limits.wrap(limits=1)
def score_build(con: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings) -> str:
    """Create `fct_late_risk` in a build's own connection; the id of the model that answered, or `baseline`.

    The baseline answers when nothing is trained yet, when the model refuses or cannot be used, or when the lateness
    settings are no longer those it was trained with.
    """
    features.prepare(con, as_of, settings)
    serving, card = serving_model(con, as_of, settings)
    model_id = card.model_id if card else BASELINE
    rows = features.ask_for_book(con, as_of)
    scores = score_rows(serving, rows, model_id)
    _make_table(con, "fct_late_risk", "risk_scores", scores, as_of, model_id)
    reference = card.data.get("reference", {}).get("open") if card else None
    moved = drift.rows(con, as_of, serving, reference, rows)
    _make_table(con, "fct_model_drift", "risk_drift", moved, as_of, model_id)
    features.drop(con)
    return model_id


def _make_table(
    con: duckdb.DuckDBPyConnection, table: str, frame_name: str, frame: Rows, as_of: dt.date, model_id: str
) -> None:
    """Create a table of the build from its statement, which reads `frame` by `frame_name`."""
    con.register(frame_name, dict(frame.columns))
    if table == "fct_late_risk":
        features.create(con, "risk_reasons", {})
    con.execute(f"create or replace table {table} as {features.sql(table)}", {"as_of": as_of, "model_id": model_id})
    con.unregister(frame_name)


def serving_model(con: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings) -> tuple[Model, Card | None]:
    """The model that may answer for this build with its card; the baseline otherwise.

    The baseline is learnt from the prepared book. A build that goes on from another holds just the touched customers
    of it, and takes what the other learnt.
    """
    card = serving_card(settings)
    if card is not None:
        from models import store  # a second and a half of import that a build without a trained model is spared

        try:
            found = store.load(settings, card.model_id)
        except ModelUnusable:
            found = None
        if found and (found.grace, found.very_late) == (settings.late_grace_days, settings.very_late_days):
            return found, card
    known = "select count(*) > 0 from duckdb_tables() where table_name = 'int_risk_baseline'"
    if con.execute(known).fetchall()[0][0]:
        ((learnt,),) = con.execute("select learnt from int_risk_baseline").fetchall()
        return model.baseline_from_json(learnt, as_of, settings), None
    baseline = model.baseline(con, as_of, settings)
    con.execute("create table int_risk_baseline as select ? as learnt", [model.baseline_as_json(baseline)])
    return baseline, None


def score_rows(serving: Model, rows: Rows, model_id: str) -> Rows:
    """One row an item: item_key, probabilities, days late, band, and the groups that speak with their effect."""
    head = serving.heads["open"]
    context = head.late.context
    x = head.matrix(rows)
    scores = model.score(serving, "open", rows, x)
    codes, effects = _reasons(head, serving, rows, x)
    rates = features.segment_rates(rows, context)
    # Several segments speak together: the rate that is said is the one furthest to the side they lead to.
    leads = np.where(np.where(codes == "segment", effects, 0.0).sum(axis=1) < 0, -1, 1)
    away = (rates - context.late_rate) * leads[:, None]
    furthest = away.argmax(axis=1) if len(rows) else np.empty(0, dtype="int64")
    columns = {
        "item_key": rows["item_key"],
        "p_late": scores.p_late,
        "p_very_late": scores.p_very_late,
        "days_late": scores.days_late[:, 1],
        "days_late_p10": scores.days_late[:, 0],
        "days_late_p90": scores.days_late[:, 2],
        "risk_band": band(scores.p_late, scores.p_very_late),
        "rate": np.full(len(rows), round(context.late_rate, 4)),
        "rate_low": np.full(len(rows), round(context.share_low, 4)),
        "rate_high": np.full(len(rows), round(context.share_high, 4)),
        "rate_segment": np.round(rates[np.arange(len(rows)), furthest], 4),
    }
    for place in range(explain.SAID):
        columns[f"reason_{place + 1}"] = codes[:, place]
        columns[f"effect_{place + 1}"] = effects[:, place]
    if model_id == BASELINE:
        columns["reason_2"], columns["effect_2"] = np.full(len(rows), "baseline", dtype=object), np.zeros(len(rows))
    return Rows(columns)


def band(p_late: np.ndarray, p_very_late: np.ndarray) -> np.ndarray:
    """Risk band: very_high when more likely very late than not, else by the probability of late."""
    return np.select(
        [p_very_late >= 0.5, p_late >= 0.5, p_late >= 0.25], ["very_high", "high", "medium"], default="low"
    ).astype(object)


def _reasons(head: Head, serving: Model, rows: Rows, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Group codes and effects of shape (rows, SAID): an item late already is explained by its risk of very late."""
    days_past_due = rows["day"] - 1 - rows["due_day"]
    past = days_past_due > serving.grace
    parts = np.zeros((len(rows), len(GROUPS)))
    for inside, part in ((~past, head.late), (past, head.very_late)):
        if inside.any():
            parts[inside] = explain.contributions(part, rows.where(inside), x[inside])
    # A customer without history is rated by others, and an item long overdue by its age: that is said first.
    always = {"record": rows["known_n"] == 0, "age": days_past_due > serving.very_late}
    order, worth = explain.strongest(parts, always)
    codes = np.array(GROUPS, dtype=object)[order]
    codes[~worth] = None
    return codes, np.take_along_axis(parts, order, axis=1)
