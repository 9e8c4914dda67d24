"""Mappings kept per source: what a person said once is applied to the next export, and a changed layout is noticed."""

import json
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.reading.mapping import Mapping
from pipelines.warehouse import write_text_atomically


class MappingDamaged(UserError):
    """What was kept of a source's mapping cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__("error.mapping_damaged", file=str(path))


_KEPT = ("ledger", "date_order", "decimal", "currency", "entity")  # words about a source, not about one file
_SAME_LAYOUT = 0.5  # share of headers two exports must have in common to be of one layout


def saved_for(folder: Path, source: str, headers: Sequence[str]) -> dict[str, Any] | None:
    """What was kept for a source and a layout like this one: kind, columns, headers, said; None for nothing.

    Raises MappingDamaged.
    """
    found: list[tuple[float, dict[str, Any]]] = []
    for path in sorted(folder.glob(f"{_name(source)}.*.json")):
        kept = _kept(path)
        share = _common(kept["headers"], headers)
        if share >= _SAME_LAYOUT:
            found.append((share, kept))
    return max(found, key=lambda item: item[0])[1] if found else None


def _kept(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if kept.keys() >= {"kind", "columns", "headers", "said"}:
            return kept
    except (ValueError, AttributeError):
        pass
    raise MappingDamaged(path)


def apply(
    saved: Dict[str, Any], given: Dict[str, Any], headers: Sequence[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A person's words of this time over those kept, and notes on what the layout has gained and lost since."""
    columns = {c: h for c, h in saved["columns"].items() if h is None or h in headers}
    merged: dict[str, Any] = {**saved["said"], **given}
    if given.get("kind", saved["kind"]) == saved["kind"]:
        merged["kind"] = saved["kind"]
        merged["columns"] = {**columns, **(given.get("columns") or {})}
    gone = [h for h in saved["headers"] if h not in headers]
    new = [h for h in _labels(headers) if h not in saved["headers"]]
    if not gone and not new:
        return merged, []
    return merged, [{"code": "layout_changed", "gone": ", ".join(gone) or "-", "new": ", ".join(new) or "-"}]


def save(folder: Path, source: str, mapping: Mapping, headers: Sequence[str], said: Dict[str, Any]) -> None:
    """Keep what a person said about an export, and its headers, for the next one of the same source."""
    kept = {
        "source": source,
        "kind": mapping.kind,
        "columns": {name: c.header for name, c in mapping.columns.items() if c.how in ("given", "saved")},
        "headers": _labels(headers),
        "said": {k: v for k, v in said.items() if k in _KEPT},
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1, default=str)
    write_text_atomically(folder / f"{_name(source)}.{mapping.kind}.json", text)


def _labels(headers: Sequence[str]) -> list[str]:
    """The columns of an export, without the one that says beside rows to mend why they were not accepted."""
    ours = {i18n.translate(language, "report.why_not_accepted") for language in i18n.LANGUAGES}
    return [h for h in headers if h.strip() and h not in ours]


def _name(source: str) -> str:
    return re.sub(r"[^\w\-]+", "_", source)[:80] or "_"


def _common(one: Sequence[str], other: Sequence[str]) -> float:
    a, b = {h for h in one if h.strip()}, {h for h in other if h.strip()}
    return len(a & b) / max(1, len(a | b))
