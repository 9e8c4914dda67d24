"""What a page shows of the models: history, figures, drift, the cost curve. No scikit-learn here."""

import json

import duckdb
import pandas as pd

from models.card import Card
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse


def history(settings: Settings) -> pd.DataFrame:
    """The log of trained, kept and rolled back models, newest first: at, by, action, model_id, before."""
    path = Warehouse.of(settings).model / "log.jsonl"
    columns = ["at", "by", "action", "model_id", "before"]
    if not path.exists():
        return pd.DataFrame(columns=columns)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return pd.DataFrame(lines, columns=columns).iloc[::-1].reset_index(drop=True)


def cost_curve(
    card: Card, call_cost: float, late_month_rate: float, avoided: float = 0.5, head: str = "open"
) -> pd.DataFrame:
    """Cost of calling every item whose probability of late reaches a threshold, on the held-back part of the data.

    A call costs `call_cost` in base currency; a late month costs `late_month_rate` of the amount; a call in time avoids
    the share `avoided` of that. Columns threshold, called, late_called, call_cost, late_cost, cost; the threshold to
    choose is the one of the smallest cost. Empty when the card holds no figures.
    """
    columns = ["threshold", "called", "late_called", "call_cost", "late_cost", "cost"]
    test = card.data.get("test")
    steps = test["heads"][head]["targets"]["late"].get("thresholds", []) if test else []
    lines = []
    for step in steps:
        calls = step["called"] * call_cost
        late = (step["money_months"] - avoided * step["money_months_called"]) * late_month_rate
        lines.append([step["threshold"], step["called"], step["late_called"], calls, late, calls + late])
    return pd.DataFrame(lines, columns=columns)


def best_threshold(curve: pd.DataFrame) -> float | None:
    """The threshold of the smallest cost; of equal ones the highest, which makes the fewest calls."""
    if curve.empty:
        return None
    return float(curve.loc[curve["cost"] <= curve["cost"].min() + 1e-9, "threshold"].max())


def figures(card: Card, head: str, target: str) -> pd.DataFrame:
    """The card's figures of a head (`issue`, `open`) and target (`late`, `very_late`): one row an estimator.

    Columns estimator, rows, base_rate, auc, pr_auc, brier, ece, log_loss, and `<name>_low`, `<name>_high` of each.
    """
    test = card.data.get("test")
    if not test:
        return pd.DataFrame()
    lines = []
    for name, found in test["heads"][head]["targets"][target]["estimators"].items():
        plain = {key: value for key, value in found.items() if key != "interval"}
        bounds = {}
        for measure, low_high in (found.get("interval") or {}).items():
            bounds[f"{measure}_low"], bounds[f"{measure}_high"] = low_high or (None, None)
        lines.append({"estimator": name} | plain | bounds)
    return pd.DataFrame(lines)


def details(card: Card, head: str, target: str, what: str) -> pd.DataFrame:
    """A list of the card as a table: `calibration`, `lift`, `segments` or `importance`; empty when there is none."""
    test = card.data.get("test")
    return pd.DataFrame(test["heads"][head]["targets"][target].get(what, []) if test else [])


def drift(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The drift of the build's model: as_of, model_id, measure (psi, last_month), name, value, items."""
    return con.cursor().execute("select * from fct_model_drift order by measure, value desc, name").df()
