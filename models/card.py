"""Model cards in store, and which of them serves. A build reads this: nothing heavy is imported here."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.errors import UserError
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

CARD = "card.json"  # the card of the model that serves
BASELINE = "baseline"
FORMAT = 2  # of model files; raised whenever an older one would be read wrongly


class ModelUnusable(UserError):
    """A model file that may not or cannot be used; the baseline serves instead."""

    def __init__(self, code: str, model_id: str, **params: object) -> None:
        super().__init__(f"error.{code}", model_id=model_id, **params)


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


def unusable(settings: Settings) -> ModelUnusable | None:
    """Why the model that should serve cannot, or None: it can, or none was ever let in."""
    if not (Warehouse.of(settings).model / CARD).exists():
        return None
    card = serving_card(settings)
    if card is None:
        return ModelUnusable("model_card_damaged", CARD)
    try:
        checked_bytes(settings, card.model_id)
    except ModelUnusable as reason:
        return reason
    return _trained_otherwise(settings, card)


def _trained_otherwise(settings: Settings, card: Card) -> ModelUnusable | None:
    """The reason where what counts as late is another than when the model was trained."""
    then = card.data.get("settings")
    if not then:
        return ModelUnusable("model_card_damaged", CARD)
    before = (then["late_grace_days"], then["very_late_days"])
    now = (settings.late_grace_days, settings.very_late_days)
    if before == now:
        return None
    said = dict(zip(("grace", "very_late", "grace_now", "very_late_now"), (*before, *now), strict=True))
    return ModelUnusable("model_lateness", card.model_id, **said)


def checked_bytes(settings: Settings, model_id: str) -> bytes:
    """The file of a model, if its version and content are those of its card; raises ModelUnusable otherwise."""
    try:
        card = read_card(card_path(settings, model_id))
        stored_bytes = model_path(settings, model_id).read_bytes()
    except (OSError, ValueError, KeyError):
        raise ModelUnusable("model_missing", model_id) from None
    here = version("scikit-learn")
    if card.data.get("format") != FORMAT or card.data.get("sklearn") != here:
        raise ModelUnusable("model_version", model_id, found=str(card.data.get("sklearn")), here=here)
    if hashlib.sha256(stored_bytes).hexdigest() != card.data.get("sha256"):
        raise ModelUnusable("model_changed", model_id)
    return stored_bytes


def stored(settings: Settings) -> list[str]:
    """The ids of all stored models, oldest known day first."""
    cards = (path.name for path in Warehouse.of(settings).model.glob("*.card.json"))
    return sorted(name.removesuffix(".card.json") for name in cards if not name.startswith(UNFINISHED))
