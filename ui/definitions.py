"""The definition of every figure on the pages, from one set of texts, with this installation's settings filled in."""

from itertools import pairwise
from typing import NamedTuple

from pipelines.settings import Settings
from ui.buckets import bucket_name
from ui.formats import percent
from ui.i18n import Reader

GROUPS = {
    "balance": ("outstanding", "not_due", "overdue", "unapplied", "overdue_ratio", "exchange_difference"),
    "aging": ("days_past_due", "ledger_age", "buckets"),
    "dso": ("dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei"),
    "risk": ("p_late", "days_late", "priority_score", "queue_place", "call_by"),
}


class Definition(NamedTuple):
    """One figure: its name, its formula and what to know about it."""

    group: str
    name: str
    title: str
    formula: str
    note: str


def definitions(reader: Reader, settings: Settings) -> list[Definition]:
    """All definitions in the order they are shown."""
    params: dict[str, dict[str, object]] = {
        "buckets": {"text": _buckets(reader, settings)},
        "priority_score": {"text": _score(reader, settings)},
        "dso_simple": {"months": settings.dso_window_months},
        "call_by": {"days": settings.call_lead_days},
        "p_late": {"days": settings.late_grace_days, "late_days": settings.very_late_days},
    }
    return [
        Definition(
            group,
            name,
            reader.t(f"metric.{name}"),
            reader.t(f"definition.{name}", **params.get(name, {})),
            reader.t(f"definition.{name}_note", **params.get(name, {})),
        )
        for group, names in GROUPS.items()
        for name in names
    ]


def matching(all_of_them: list[Definition], text: str) -> list[Definition]:
    """Those that hold the words of `text` anywhere."""
    words = text.casefold().split()
    return [each for each in all_of_them if all(word in " ".join(each[1:]).casefold() for word in words)]


def _buckets(reader: Reader, settings: Settings) -> str:
    edges = settings.bucket_edges
    late = [f"{low + 1}-{high}" for low, high in pairwise(edges)] + [f"{edges[-1]}+"]
    return " · ".join(bucket_name(reader, bucket) for bucket in ("not_due", *late, "unapplied"))


def _score(reader: Reader, settings: Settings) -> str:
    whole = sum(settings.priority_weights.values())
    parts = [
        f"{percent(reader, weight / whole, 0)} {reader.t(f'definition.component_{name}')}"
        for name, weight in sorted(settings.priority_weights.items(), key=lambda each: -each[1])
        if weight > 0
    ]
    return " + ".join(parts)
