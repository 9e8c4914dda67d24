"""Model cards in store, and which of them serves. A build reads this: nothing heavy is imported here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

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
    cards = (path.name for path in Warehouse.of(settings).model.glob("*.card.json"))
    return sorted(name.removesuffix(".card.json") for name in cards if not name.startswith(UNFINISHED))
