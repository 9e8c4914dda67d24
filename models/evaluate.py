"""Figures of a model: how it did on outcomes it had not seen."""

from dataclasses import asdict
from typing import Any

from models.model import HEADS, TARGETS, Learning, Model
from pipelines.settings import Settings


def card(trained: Model, learning: Learning, settings: Settings, build_id: str) -> dict[str, Any]:
    """The model card as a JSON object."""
    return {
        "build_id": build_id,
        "known": trained.known.isoformat(),
        "first_issue": trained.first_issue.isoformat() if trained.first_issue else None,
        "items": trained.items,
        "rows": dict(trained.rows),
        "refusals": {target: asdict(item) for target, item in trained.refusals.items()},
        "settings": {"late_grace_days": settings.late_grace_days, "very_late_days": settings.very_late_days},
        "chosen": {head: {target: trained.heads[head].of(target).chosen for target in TARGETS} for head in HEADS},
    }
