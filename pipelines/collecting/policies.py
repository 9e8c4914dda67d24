"""How customers are ranked, approached and shared out: the settings, and what was decided on a page since."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from pipelines.errors import UserError
from pipelines.settings import Settings
from pipelines.settings_policy import PRIORITY_COMPONENTS, Policies
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.collecting.follow_up import Note

# Decided in the journal, so that it is kept who changed what and when; about no customer.
NOBODY = ("", "")
FIELDS = {"weights": "priority_weights", "strategy_rules": "strategy_rules", "calls_by_rep": "calls_by_rep"}


class Decision(NamedTuple):
    """What was decided, by whom and when (UTC), and the version of the journal that holds it."""

    value: Any
    who: str
    at: dt.datetime
    version_id: int


class PolicyRefused(UserError):
    """A policy that contradicts itself is not stored; the reason says what to change."""


def in_force(settings: Settings, known_at: dt.datetime | None = None) -> Settings:
    """The settings with the newest decision of each kind, entered up to `known_at`, in their place."""
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return settings
    from pipelines.collecting import follow_up

    subject = {"entity_id": NOBODY[0], "customer_id": NOBODY[1]}
    return with_decisions(settings, follow_up.notes(settings, kind="policy", known_at=known_at, **subject))


def with_decisions(settings: Settings, notes: "Sequence[Note]") -> Settings:
    """The settings with the decisions of these notes, oldest first, in their place."""
    decided = {FIELDS[name]: decision.value for name, decision in decisions(notes).items()}
    return settings.model_copy(update=decided) if decided else settings


def decisions(notes: "Sequence[Note]") -> dict[str, Decision]:
    """The newest decision of each kind: `weights`, `strategy_rules`, `calls_by_rep`."""
    found: dict[str, Decision] = {}
    for note in notes:
        for name in FIELDS if note.kind == "policy" else ():
            value = getattr(note.payload, name)
            if value is not None:
                found[name] = Decision(value, note.changed_by, note.changed_at, note.version_id)
    return found


def decide(settings: Settings, name: str, value: Any, *, who: str, note: str = "") -> None:
    """Store a decision: weights, strategy rules or capacities. Raises PolicyRefused when it cannot stand."""
    from pipelines.collecting import journal

    payload = {"note": note, name: checked(name, value)}
    journal.append(settings, "policy", journal.Subject(*NOBODY), payload, who=who)


def checked(name: str, value: Any) -> Any:
    """The value as the settings take it; raises PolicyRefused with the reason."""
    field = FIELDS[name]
    try:
        return getattr(Policies.model_validate({field: value}), field)
    except ValidationError as mistakes:
        first = mistakes.errors()[0]
        lines = [part + 1 for part in first["loc"] if isinstance(part, int)]
        code = f"error.policy_{name}"
        raise PolicyRefused(f"{code}_line" if lines else code, line=lines[0] if lines else 0) from None


def changed(old: Mapping[str, float], new: Mapping[str, float]) -> bool:
    """Whether two sets of weights differ in what they do: only their proportions count."""
    sums = [sum(weights.values()) or 1.0 for weights in (old, new)]
    return any(abs(old.get(name, 0) / sums[0] - new.get(name, 0) / sums[1]) > 1e-9 for name in PRIORITY_COMPONENTS)
