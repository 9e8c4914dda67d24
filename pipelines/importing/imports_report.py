"""What an import holds: its report (= manifest), the figures in it, and how it is stored and read back."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.errors import UserError
from pipelines.importing.imports_errors import ImportDamaged
from pipelines.importing.imports_figures import Figures
from pipelines.importing.imports_plan import Plan
from pipelines.reading.readers_layout import Layout
from pipelines.reading.readers_raw import Raw

_OPEN_WORDS = re.compile(
    r"open(?!ing)|aging|aged|ageing|outstanding|pending|unpaid|未清|未收|未付|欠款|账龄|余额|残高|"
    r"offene|미수|em aberto|impay|pendiente|задолженност|долг",
    re.I,
)

# Not those that are words of their own in other languages, as `out` and `set` are.
_MONTH_WORDS = re.compile(
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|januar|februar|märz|mai|juni|juli|oktober|dezember",
    re.I,
)

LEDGER = "ledger"  # a list of all documents, paid ones included
NO_DAY = "ledger_no_day"  # the note of a ledger that tells what is paid, but not when, nor of which day it is
OPEN_ITEMS = "open_items"  # the ledger of a list that holds only what is open on its day
LEFT_OUT = ("opening_balances", "table_above", "table_below")  # notes on what of a file no figure holds
TOTALS = "totals_by_currency"  # the note of an import of several currencies
# And of one that states a total of each: whether they are those of the rows.
STATED_AGREE, STATED_DIFFER = "stated_totals_agree", "stated_totals_differ"
_WITH_AMOUNTS = ("invoices", "receipts", "aged_summary")  # master data and rates hold none to add up


class CurrencyTotal(NamedTuple):
    """What an import accepted in one currency beside what its export states of it, if anything.

    The currency is empty of rows that name none, and of a sum over several, which is an amount of none of them.
    """

    currency: str
    is_added_up: bool
    accepted: Decimal
    stated: Decimal | None = None

    @property
    def difference(self) -> Decimal:
        """What was accepted less what is stated; nothing where nothing is."""
        return Decimal(0) if self.stated is None else self.accepted - self.stated


@dataclass(frozen=True)
class ImportReport:
    """What one import holds: the content of its manifest, and of the report shown after it."""

    import_id: str
    source: str
    kind: str
    file_name: str
    as_of: dt.date | None
    ledger: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_set_aside: int
    accepted_total: str
    control_total: str | None
    imported_at: str
    retracted_at: str | None
    already_imported: bool
    date_from: dt.date | None
    date_to: dt.date | None
    currencies: tuple[str, ...]
    columns: dict[str, dict[str, Any]]
    notes: list[dict[str, Any]]
    format: dict[str, Any]
    unmapped: tuple[str, ...] = ()
    payments: int = 0  # rows of a ledger that are no documents but money: they count as receipts

    @property
    def is_open_list(self) -> bool:
        """Whether it is a list of open items: what the next list of its source lacks counts as paid."""
        return self.ledger == OPEN_ITEMS

    @property
    def is_of_a_day(self) -> bool:
        """Whether it tells the balances of one day, whose place the next list of its source takes."""
        return self.is_open_list or self.kind == "aged_summary"

    @property
    def holds_receipts(self) -> bool:
        """Whether any of its rows is money that came in."""
        return self.kind == "receipts" or self.payments > 0

    @property
    def totals(self) -> list[tuple[str, Decimal]]:
        """What was accepted, currency by currency, as amounts of two are never added up; empty where none are held.

        The currency is empty where no row names one, and for the one sum of an import that was stored without the sums
        of its currencies.
        """
        if self.kind not in _WITH_AMOUNTS:
            return []
        return self._noted(TOTALS) or [(self._only_currency, Decimal(self.accepted_total))]

    @property
    def is_mixed(self) -> bool:
        """Whether the rows are in several currencies, so that their sum is an amount of none."""
        return self.kind in _WITH_AMOUNTS and (len(self.currencies) > 1 or len(self._noted(TOTALS)) > 1)

    @property
    def by_currency(self) -> list[CurrencyTotal]:
        """What was accepted of each currency beside what is stated of it; last what is stated of all added up."""
        whole, stated = Decimal(self.accepted_total), dict(self._stated)
        if not self.is_mixed:
            totals = self.totals or [(currency, whole) for currency in stated]
            return [CurrencyTotal(currency, False, total, stated.get(currency)) for currency, total in totals]
        added_up = CurrencyTotal("", True, whole, stated.pop("", None))
        accepted = dict(self._noted(TOTALS))
        if not accepted:
            return [added_up]
        found = [
            CurrencyTotal(currency, False, accepted.get(currency, Decimal(0)), stated.get(currency))
            for currency in dict.fromkeys([*accepted, *stated])
        ]
        return found if added_up.stated is None else [*found, added_up]

    @property
    def control_totals(self) -> list[tuple[str, Decimal]]:
        """The totals that the file or a person states, currency by currency.

        The currency is empty of one over several of them, and where no row names one.
        """
        return [(each.currency, each.stated) for each in self.by_currency if each.stated is not None]

    @property
    def differences(self) -> list[tuple[str, Decimal]]:
        """What was accepted less what is stated, for each of `control_totals`."""
        return [(each.currency, each.difference) for each in self.by_currency if each.stated is not None]

    @property
    def _stated(self) -> list[tuple[str, Decimal]]:
        found = self._noted(STATED_AGREE, STATED_DIFFER)
        if self.control_total is None or (found and sum(each for _, each in found) == Decimal(self.control_total)):
            return found
        return [*found, (self._only_currency, Decimal(self.control_total))]

    @property
    def _only_currency(self) -> str:
        return self.currencies[0] if len(self.currencies) == 1 and not self.is_mixed else ""

    def _noted(self, *codes: str) -> list[tuple[str, Decimal]]:
        """The amounts of a note, by currency; empty where there is no such note."""
        for note in self.notes:
            if note["code"] in codes:
                parts = (text.rpartition(" ") for text in note["totals"])
                return [(currency.strip("–"), Decimal(amount.replace(",", ""))) for currency, _, amount in parts]
        return []

    @property
    def total_texts(self) -> list[str]:
        """The totals as people read them: `USD 1,000.00`."""
        return texts(self.totals)


@dataclass(frozen=True)
class ColumnView:
    """One canonical column as a person checks it: where it comes from, samples as written and as read, the evidence."""

    name: str
    required: bool
    source: str | None
    how: str | None
    confidence: float
    samples: tuple[str, ...]
    parsed: tuple[str, ...]
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What an import would do, computed without storing anything.

    `problem` is the error an import would end with, None where it would succeed; `report` is None when the file could
    not be read as far as rows. `headers` are the source columns to choose from; `rejected` the first rejected rows as
    dicts (line_no, column_name, value, reason, raw).
    """

    file_name: str
    problem: UserError | None
    report: ImportReport | None
    columns: tuple[ColumnView, ...] = ()
    headers: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    rejected: list[dict[str, Any]] | None = None
    format: dict[str, Any] | None = None
    kind: str | None = None
    kind_scores: dict[str, float] | None = None


def texts(amounts: Sequence[tuple[str, Decimal]]) -> list[str]:
    """Amounts with their currencies as people read them: `USD 1,000.00`."""
    return [f"{currency} {amount:,.2f}".strip() for currency, amount in amounts]


def ledger_of(found: Figures, texts: list[str], stated: object) -> tuple[str, dict[str, Any]]:
    """Whether invoices are a ledger (paid ones included) or an open-items list, with the evidence as a note.

    `texts` are the titles, the sheet's name and the file's name; `stated` is a person's word.
    """
    if stated in (LEDGER, OPEN_ITEMS):
        return str(stated), {"code": "ledger_stated"}
    if found["settled"]:
        return LEDGER, {"code": "ledger_settled_dates", "rows": found["settled"]}
    if found["paid"]:
        return LEDGER, {"code": "ledger_paid_status", "rows": found["paid"]}
    if any(_OPEN_WORDS.search(text.replace("_", " ")) for text in texts):
        return OPEN_ITEMS, {"code": "open_items_title"}
    if found["closed"]:
        return LEDGER, {"code": "ledger_closed_rows", "rows": found["closed"]}
    if found["with_open"] == found["rows"]:
        return OPEN_ITEMS, {"code": "open_items_all_open", "rows": found["with_open"]}
    return LEDGER, {"code": "ledger_no_sign"}


def source_name(path: Path) -> str:
    """The source an export belongs to when nobody names one: its file name without dates, numbers and months."""
    stem = re.sub(r"[\s_.()\-]*\d[\d\-_.年月日()]*", " ", path.stem)
    stem = re.sub(r"(?:十[一二]|[一二三四五六七八九十])月(?:份)?", " ", stem)
    parts = [part for part in re.split(r"[\s_\-.]+", stem) if part and not _MONTH_WORDS.fullmatch(part)]
    words = "_".join(parts).casefold()
    return words or path.stem.casefold()


def columns_of(plan: Plan) -> dict[str, dict[str, Any]]:
    """Canonical column → source header, how it was found, and the evidence."""
    return {
        name: {
            "source": p.source.header if p.source else None,
            "how": p.source.how if p.source else "derived",
            "confidence": p.source.confidence if p.source else 1.0,
            "evidence": p.evidence,
        }
        for name, p in plan.columns.items()
        if p.source or p.evidence
    }


def format_of(raw: Raw, layout: Layout) -> dict[str, Any]:
    """How the file is written, for people and the manifest."""
    return {
        "format": raw.format,
        "encoding": raw.encoding,
        "delimiter": raw.delimiter,
        "sheet": raw.sheet,
        "sheets": list(raw.sheets),
        "together": list(raw.together),
        "header_line": layout.header_line,
        "titles": list(layout.titles[:10]),
    }


def manifest_text(report: ImportReport) -> str:
    """A report as the JSON text of `manifest.json`."""
    plain = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asdict(report).items()}
    return json.dumps(plain, ensure_ascii=False, indent=1)


def load_report(folder: Path) -> ImportReport:
    """The report of an import folder, with the day it was retracted if it was. Raises ImportDamaged."""
    manifest, marker = folder / "manifest.json", folder / "retracted.json"
    with _told_apart(marker):
        retracted_at = json.loads(marker.read_text(encoding="utf-8"))["retracted_at"] if marker.exists() else None
    with _told_apart(manifest):
        report = _report(json.loads(manifest.read_text(encoding="utf-8")), retracted_at)
    return report


@contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    """A file of an import that is lost or holds something else than was stored is no fault of the program."""
    try:
        yield
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise ImportDamaged(path.parent.name, path.name) from None


def _report(stored: dict[str, Any], retracted_at: str | None) -> ImportReport:
    stored["retracted_at"] = retracted_at
    # What was noted before lines were named with it says so when it is shown.
    stored["notes"] = [
        {"lines": "…", **note} if note["code"] in ("due_before_issue", "due_far_away") else note
        for note in stored["notes"]
    ]
    stored.setdefault("payments", 0)  # stored before they were told apart
    for name in ("as_of", "date_from", "date_to"):
        stored[name] = dt.date.fromisoformat(stored[name]) if stored[name] else None
    for name in ("currencies", "unmapped"):
        stored[name] = tuple(stored[name])
    return ImportReport(**{f.name: stored[f.name] for f in fields(ImportReport)})
