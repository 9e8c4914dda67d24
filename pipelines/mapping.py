"""Source headers to canonical columns: what the person said, what was saved, synonyms, then likeness."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipelines.canonical import KINDS
from pipelines.mapping_errors import BadMapping, KindUnclear, MissingColumns

OPTIONS = ("kind", "columns", "sheet", "ledger", "date_order", "decimal", "currency", "control_total")
HELPERS = {"invoices": ("paid_amount",)}  # columns read only to derive others
_BRACKETS = re.compile(r"[(\[【（「<][^)\]】）」>]*[)\]】）」>]")
_NOT_WORD = re.compile(r"[\W_]+")
_DATA = re.compile(
    r"""^[\s¥￥$€£(+-]*\d[\d.,'\s]*\)?\s*(CR|DR|%)?$           # a number
      | ^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T ].*)?$       # a date in figures
      | ^\d{1,2}[-\s.][A-Za-z]{3,9}[-\s.,]+\d{2,4}$            # a date with a month's name
    """,
    re.VERBOSE,
)
# What makes rows of a kind worth having when the plain column is missing.
_STAND_INS = {"customer_id": "customer_name", "amount": "open_amount"}
_KIND_WORDS = {
    "invoices": (
        "invoice",
        "receivable",
        "open item",
        "bill",
        "debtor",
        "应收",
        "发票",
        "开票",
        "未清",
        "rechnung",
        "請求",
        "매출",
    ),
    "receipts": (
        "payment",
        "receipt",
        "collection",
        "cash app",
        "收款",
        "回款",
        "到账",
        "zahlung",
        "入金",
        "수금",
        "pagamento",
    ),
    "customers": (
        "customer master",
        "customers",
        "client list",
        "客户档案",
        "客户主数据",
        "客户资料",
        "credit limit",
        "kunden",
        "得意先",
    ),
    "fx_rates": ("rate", "fx", "汇率", "kurse"),
}


@dataclass(frozen=True)
class SourceColumn:
    """Where a canonical column comes from; `how` is given, saved, synonym, fuzzy or group."""

    index: int
    header: str
    how: str
    confidence: float


@dataclass(frozen=True)
class Mapping:
    """One export's columns by canonical name, and the source headers left over."""

    kind: str
    columns: dict[str, SourceColumn]
    unmapped: tuple[str, ...]
    scores: dict[str, float] = field(default_factory=dict)


@lru_cache(maxsize=20_000)
def compact(header: str) -> str:
    """A header reduced to what is compared: width and case folded, brackets, spaces and punctuation gone."""
    text = unicodedata.normalize("NFKC", header).casefold()
    bare = _NOT_WORD.sub("", _BRACKETS.sub("", text))
    return bare or _NOT_WORD.sub("", text)


@cache
def synonyms(kind: str) -> dict[str, list[tuple[str, int]]]:
    """Compacted header → canonical columns of the kind, each with the header's place in its list."""
    with (Path(__file__).parent / "synonyms.toml").open("rb") as file:
        lists = tomllib.load(file)
    wanted = [column.name for column in KINDS[kind]] + list(HELPERS.get(kind, ()))
    found: dict[str, list[tuple[str, int]]] = {}
    for section in (kind, "common"):
        for name, words in lists.get(section, {}).items():
            if name in wanted:
                for place, word in enumerate(words):
                    found.setdefault(compact(word), []).append((name, place))
    for name in wanted:
        found.setdefault(compact(name), []).insert(0, (name, 0))
    return found


@cache
def _known() -> frozenset[str]:
    return frozenset().union(*(synonyms(kind) for kind in KINDS))


def rank_header(cells: Sequence[str]) -> float:
    """How much a record looks like the header of an export: known names count for it, data cells against it."""
    known = len({key for cell in cells if cell and (key := compact(cell)) in _known()})
    data = sum(1 for cell in cells if cell and is_data(cell))
    return known - 2 * data


def is_data(cell: str) -> bool:
    """Whether a cell is a number or a date, which no header is."""
    return bool(_DATA.match(cell.strip()))


def choose(
    headers: Sequence[str],
    name: str,
    *,
    kind: str | None = None,
    given: Dict[str, Any] | None = None,
    titles: Sequence[str] = (),
    group_column: int | None = None,
) -> Mapping:
    """The mapping of a header row: `given` (a person's or a saved one) first, then synonyms.

    `group_column` is the column whose headings name the customer of the rows below; they are found in a column added
    after the last one.

    Raises BadMapping for a header or column that does not exist, MissingColumns and KindUnclear.
    """
    given = given or {}
    stated = kind or given.get("kind")
    if stated is not None and stated not in KINDS:
        raise BadMapping(name, "kind", str(stated), ", ".join(KINDS))
    tries = {
        k: _assign(headers, k, given.get("columns") or {}, name, group_column) for k in ([stated] if stated else KINDS)
    }
    scores = {k: _score(k, columns, [*titles, Path(name).stem]) for k, columns in tries.items()}
    ready = {k: score for k, score in scores.items() if not missing(k, tries[k])}
    if not ready:
        nearest = max(scores, key=lambda k: scores[k] - 2 * len(missing(k, tries[k])))
        raise MissingColumns(name, nearest, missing(nearest, tries[nearest]), [h for h in headers if h.strip()])
    ranked = sorted(ready, key=lambda k: -ready[k])
    if len(ranked) > 1 and ready[ranked[0]] - ready[ranked[1]] < 0.25:
        raise KindUnclear(name, ranked[:2])
    best = ranked[0]
    used = {column.index for column in tries[best].values()}
    left = tuple(h for i, h in enumerate(headers) if i not in used and h.strip())
    return Mapping(best, tries[best], left, {k: round(s, 2) for k, s in scores.items()})


def missing(kind: str, columns: Dict[str, SourceColumn]) -> list[str]:
    """Required canonical columns that neither a source column nor its stand-in fills."""
    lacking = [
        c.name for c in KINDS[kind] if c.required and c.name not in columns and _STAND_INS.get(c.name) not in columns
    ]
    if kind == "receipts" and not {"customer_id", "invoice_id", "reference"} & set(columns):
        lacking.append("customer_id")
    if kind == "customers" and len(columns) < 2:
        lacking.append("customer_name")
    return lacking


def _assign(
    headers: Sequence[str], kind: str, given: Dict[str, str | None], name: str, group_column: int | None
) -> dict[str, SourceColumn]:
    """Source columns by canonical name; the most telling pair first, each side used once."""
    allowed = [c.name for c in KINDS[kind]] + list(HELPERS.get(kind, ()))
    found: dict[str, SourceColumn] = {}
    for canonical, header in given.items():
        if canonical not in allowed:
            raise BadMapping(name, "columns", canonical, ", ".join(allowed))
        if header is not None:
            if header not in headers:
                raise BadMapping(name, canonical, header, ", ".join(h for h in headers if h.strip()))
            found[canonical] = SourceColumn(headers.index(header), header, "given", 1.0)
    taken = {column.index for column in found.values()}
    if group_column is not None and kind in ("invoices", "receipts"):
        label = headers[group_column] if group_column < len(headers) else ""
        found["customer_name"] = SourceColumn(len(headers), label or "-", "group", 1.0)
        taken.add(group_column)
    pairs = [
        (place, index, canonical)
        for index, header in enumerate(headers)
        if header.strip()
        for canonical, place in synonyms(kind).get(compact(header), [])
    ]
    for _, index, canonical in sorted(pairs):
        if canonical not in found and canonical not in given and index not in taken:
            found[canonical] = SourceColumn(index, headers[index], "synonym", 1.0)
            taken.add(index)
    return found


def _score(kind: str, columns: Dict[str, SourceColumn], titles: Sequence[str]) -> float:
    """How well a kind explains the header: columns found, telling names first, words of titles and file name."""
    places = {
        c: min((p for n, p in synonyms(kind).get(compact(s.header), []) if n == c), default=0)
        for c, s in columns.items()
    }
    quality = sum(1.0 + 1.0 / (1 + places[c]) for c in columns)
    text = " ".join(titles).casefold().replace("_", " ")
    return quality + (1.0 if any(word in text for word in _KIND_WORDS[kind]) else 0.0)


def read_file(path: Path) -> dict[str, Any]:
    """A mapping file: a JSON object with any of the OPTIONS.

    Raises BadMapping when it is not that.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadMapping(path.name, "JSON", str(error), "JSON") from None
    unknown = [k for k in found if k not in OPTIONS] if isinstance(found, dict) else ["JSON"]
    if unknown:
        raise BadMapping(path.name, unknown[0], "", ", ".join(OPTIONS))
    return dict(found)
