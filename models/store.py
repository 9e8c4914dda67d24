"""Model files: written and read with skops under an allow-list, a card beside each, one of them serving, a log."""

import datetime as dt
import getpass
import hashlib
import json
import os
from dataclasses import fields
from typing import Any

import sklearn
import skops.io

from models.card import (
    CARD,
    FORMAT,
    Card,
    ModelUnusable,
    card_path,
    checked_bytes,
    model_path,
    read_card,
    serving_card,
    stored,
)
from models.card_tables import history
from models.dates import DateModel
from models.estimators import Classifier, Linear
from models.features import NAMES, Context
from models.forest import Forest
from models.model import Head, Model, Refusal
from pipelines.errors import UserError
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse, sync_folder, write_text_atomically

# A model file holds plain values and numpy arrays alone: beside what skops itself holds safe nothing is trusted.
TRUSTED: list[str] = []


class NothingBefore(UserError):
    """There is no earlier model to go back to."""

    def __init__(self) -> None:
        super().__init__("error.model_nothing_before")


def save(model: Model, card: dict[str, Any], settings: Settings) -> Card:
    """Write a candidate: `<model_id>.skops` and its card; the same data and settings give the same id."""
    content = dumps(model)
    model_id = f"{model.known:%Y%m%d}-{model.fingerprint[:10]}"
    warehouse = Warehouse.of(settings)
    warehouse.model.mkdir(parents=True, exist_ok=True)
    path = model_path(settings, model_id)
    temporary = path.with_name(f"{UNFINISHED}{os.getpid()}-{path.name}")
    digest = hashlib.sha256(content).hexdigest()
    whole = {"model_id": model_id, "format": FORMAT, "sklearn": sklearn.__version__, "sha256": digest} | card
    with warehouse.lock("model", wait=True):
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(warehouse.model)
        write_text_atomically(card_path(settings, model_id), json.dumps(whole, ensure_ascii=False, indent=1))
    return read_card(card_path(settings, model_id))


def serve(settings: Settings, model_id: str) -> str:
    """Let the model `model_id` answer from the next build on, and log who did it; returns what was logged.

    `rolled_back` where it takes the place of another and has served before, else `kept`.
    """
    load(settings, model_id)
    before = serving_card(settings)
    is_back = before is not None and before.model_id != model_id and model_id in _served(settings)
    action = "rolled_back" if is_back else "kept"
    card = read_card(card_path(settings, model_id))
    warehouse = Warehouse.of(settings)
    with warehouse.lock("model", wait=True):
        write_text_atomically(warehouse.model / CARD, json.dumps(card.data, ensure_ascii=False, indent=1))
    log(settings, action, model_id, before.model_id if before else None)
    return action


def candidate(settings: Settings, model_id: str) -> Card:
    """The card of a stored model; raises ModelUnusable when there is none of that name."""
    if model_id not in stored(settings):
        raise ModelUnusable("model_missing", model_id)
    return read_card(card_path(settings, model_id))


def before(settings: Settings) -> str:
    """The model that served before the present one; raises NothingBefore when there is none."""
    card = serving_card(settings)
    served = _served(settings)
    now = card.model_id if card else None
    # Newest first: skip back to where the present model was let in, then take what served before it.
    for model_id in served[served.index(now) + 1 :] if now in served else []:
        if model_id != now:
            return str(model_id)
    raise NothingBefore


def _served(settings: Settings) -> list[str]:
    """The models that were let in to serve, newest first; one may stand there more than once."""
    entries = history(settings)
    return [str(each) for each in entries[entries["action"].isin(["kept", "rolled_back"])]["model_id"]]


def log(settings: Settings, action: str, model_id: str, before: str | None) -> None:
    """Add one line to the model log: when, who, what."""
    entry = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": _who(),
        "action": action,
        "model_id": model_id,
        "before": before,
    }
    path = Warehouse.of(settings).model / "log.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def load(settings: Settings, model_id: str) -> Model:
    """The model of a file whose content and version are those of its card; raises ModelUnusable otherwise."""
    return loads(checked_bytes(settings, model_id), model_id)


def dumps(model: Model) -> bytes:
    """The model as skops bytes: plain dicts, numbers and arrays."""
    return bytes(skops.io.dumps(_plain(model)))


def loads(content: bytes, model_id: str = "") -> Model:
    """The model of skops bytes; anything outside the allow-list is refused before it is built."""
    try:
        foreign = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
        if foreign:
            raise ModelUnusable("model_untrusted", model_id, types=", ".join(sorted(foreign)))
        plain = skops.io.loads(content, trusted=TRUSTED)
        if plain["features"] != list(NAMES):
            raise ModelUnusable("model_version", model_id, found="features", here="features")
        return _model(plain)
    except ModelUnusable:
        raise
    except Exception as problem:  # skops raises whatever a broken file provokes; none of it may stop a build
        raise ModelUnusable("model_broken", model_id, problem=type(problem).__name__) from problem


def _plain(model: Model) -> dict[str, Any]:
    def fields_of(item: Any) -> dict[str, Any]:
        return {field.name: getattr(item, field.name) for field in fields(item)}

    def classifier(item: Classifier) -> dict[str, Any]:
        linear, boosting = (None if part is None else fields_of(part) for part in (item.linear, item.boosting))
        context = fields_of(item.context) | {"segments": {k: dict(v) for k, v in item.context.segments.items()}}
        return fields_of(item) | {
            "context": context,
            "linear": linear,
            "boosting": boosting,
            "validation": dict(item.validation),
        }

    def when(item: DateModel) -> dict[str, Any]:
        return fields_of(item) | {"median": None if item.median is None else fields_of(item.median)}

    heads = {
        name: {"late": classifier(h.late), "very_late": classifier(h.very_late), "when": when(h.when)}
        for name, h in model.heads.items()
    }
    return fields_of(model) | {
        "features": list(NAMES),
        "heads": heads,
        "refusals": {target: fields_of(item) for target, item in model.refusals.items()},
        "known": model.known.isoformat(),
        "first_issue": model.first_issue.isoformat() if model.first_issue else None,
        "rows": dict(model.rows),
    }


def _model(plain: dict[str, Any]) -> Model:
    def classifier(item: dict[str, Any]) -> Classifier:
        linear = None if item["linear"] is None else Linear(**item["linear"])
        boosting = None if item["boosting"] is None else Forest(**item["boosting"])
        return Classifier(**item | {"context": Context(**item["context"]), "linear": linear, "boosting": boosting})

    def when(item: dict[str, Any]) -> DateModel:
        return DateModel(**item | {"median": None if item["median"] is None else Forest(**item["median"])})

    heads = {
        name: Head(classifier(h["late"]), classifier(h["very_late"]), when(h["when"]))
        for name, h in plain["heads"].items()
    }
    rest = {name: value for name, value in plain.items() if name != "features"}
    return Model(
        **rest
        | {
            "heads": heads,
            "refusals": {target: Refusal(**item) for target, item in plain["refusals"].items()},
            "known": dt.date.fromisoformat(plain["known"]),
            "first_issue": dt.date.fromisoformat(plain["first_issue"]) if plain["first_issue"] else None,
        }
    )


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
