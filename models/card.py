"""What a page shows of the models: cards, history, problems, the cost curve. Light: no scikit-learn here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

CARD = "card.json"  # the card of the model that serves
BASELINE = "baseline"


@dataclass(frozen=True)
class Card:
    """A model card; `data` is the JSON as stored."""

    model_id: str
    data: dict[str, Any]


def model_path(settings: Settings, model_id: str) -> Path:
    return Warehouse.of(settings).model / f"{model_id}.skops"


def card_path(settings: Settings, model_id: str) -> Path:
    return Warehouse.of(settings).model / f"{model_id}.card.json"


def read_card(path: Path) -> Card:
    """The card in `path`; raises OSError, ValueError or KeyError when it is none."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Card(str(data["model_id"]), data)


def serving_card(settings: Settings) -> Card | None:
    """The card of the model that answers in the next build, or None when the baseline does."""
    try:
        return read_card(Warehouse.of(settings).model / CARD)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stored(settings: Settings) -> list[str]:
    """The ids of all stored models, oldest known day first."""
    return sorted(path.name.removesuffix(".card.json") for path in Warehouse.of(settings).model.glob("*.card.json"))


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


def problem(settings: Settings, build_model_id: str) -> str | None:
    """Key of the sentence a page shows when the baseline answers, or a newer model waits for a build; else None."""
    card = serving_card(settings)
    if card is None:
        return "model.none_serves" if build_model_id == BASELINE else None
    if build_model_id == BASELINE:
        return "model.unusable" if stored(settings) else "model.none_serves"
    return None if build_model_id == card.model_id else "model.waits_for_build"
