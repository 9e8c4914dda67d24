"""Source headers to canonical columns: what a person said or once said, then known names, then likeness."""

import json
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.canonical import KINDS
from pipelines.reading.mapping_buckets import Bucket, bucket_of
from pipelines.reading.mapping_errors import (
    BadMapping,
    BankAccount,
    KindUnclear,
    MissingColumns,
    StatementOfNobody,
    SumsByMonth,
)
from pipelines.reading.mapping_headers import (
    FUZZY_THRESHOLD,
    HELPERS,
    bank_columns,
    compact,
    is_data,
    is_debit,
    known_as,
    likeness,
    months,
    rank_header,
)
from pipelines.reading.mapping_pairs import (
    SourceColumn,
    clearing_day,
    pair_sides,
    pair_tax,
    side_of_balance,
    split_customer,
    whole_receipts,
)

__all__ = [
    "OPTIONS",
    "STAND_INS",
    "Mapping",
    "SourceColumn",
    "choose",
    "is_data",
    "missing",
    "rank_header",
    "read_file",
]

OPTIONS = ("kind", "columns", "sheet", "ledger", "date_order", "decimal", "currency", "entity", "control_total")
_AGED = "aged_summary"
_FAR_FULLER = 1.6  # times the score from which a kind that lacks a column is asked about, not given up
# In the titles of lists of money received.
_RECEIPT_LISTS = ("收款单", "回款单", "receipt register", "payment register", "receipts journal")
# What makes rows of a kind worth having when the plain column is missing.
STAND_INS = {"customer_id": "customer_name", "amount": "open_amount"}
_SPENT = re.compile(r"报销|费用|供应商|应付|采购|vendor|supplier|expense|payable|employee", re.I)
_DOCUMENT = {"invoices": ("invoice_id", "issue_date"), "receipts": ("receipt_id", "paid_on")}
_KIND_WORDS = {
    "invoices": (
        *("invoice", "receivable", "open item", "bill", "debtor", "应收", "发票", "开票", "未清", "rechnung"),
        *("задолженност", "реализац"),
    ),
    "receipts": (
        *("payment", "receipt", "collection", "cash app", "收款", "回款", "到账", "zahlung", "入金", "수금"),
        *("поступлен", "оплат"),
    ),
    "customers": ("customer master", "customers", "client list", "客户档案", "客户主数据", "客户资料", "credit limit"),
    "aged_summary": ("aging summary", "aged summary", "summary", "账龄汇总", "账龄分析", "opening balance", "期首残高"),
    "fx_rates": ("rate", "fx", "汇率", "kurse"),
}  # fmt: skip


@dataclass(frozen=True)
class Mapping:
    """One export's columns by canonical name, its bucket columns, and the source headers left over."""

    kind: str
    columns: dict[str, SourceColumn]
    unmapped: tuple[str, ...]
    buckets: tuple[tuple[SourceColumn, Bucket], ...] = ()
    scores: dict[str, float] = field(default_factory=dict)


def choose(
    headers: Sequence[str],
    name: str,
    *,
    kind: str | None = None,
    given: Dict[str, Any] | None = None,
    titles: Sequence[str] = (),
    group_column: int | None = None,
    saved: Sequence[str] = (),
    barred: Set[tuple[str, int]] = frozenset(),
) -> Mapping:
    """The mapping of a header row: what was `given` first, then known names, then likeness.

    `group_column` is the column whose headings name the customer of the rows below; they are found in a column added
    after the last one. `saved` are the canonical columns of `given` that were kept from an earlier export. `barred` are
    pairs of canonical column and place that the values rule out.

    Raises BadMapping for a header or column that does not exist, MissingColumns, KindUnclear, StatementOfNobody,
    BankAccount and SumsByMonth.
    """
    given = given or {}
    stated, columns = kind or given.get("kind"), given.get("columns") or {}
    if stated is not None and stated not in KINDS:
        raise BadMapping(name, "kind", str(stated), ", ".join(KINDS))
    kinds = [stated] if stated else [k for k in KINDS if set(columns) <= _allowed(k)] or list(KINDS)
    for each in kinds[:1]:
        _check(columns, headers, each, name)
    tries = {k: _assign(headers, k, columns, group_column, saved, barred) for k in kinds}
    scores = {k: _score(k, found, headers, [*titles, Path(name).stem]) for k, found in tries.items()}
    ready = {k: score for k, score in scores.items() if not missing(k, tries[k], headers)}
    if stated is None and not columns:
        _refuse_others(name, headers, tries)
    if not ready:
        nearest = max(scores, key=lambda k: scores[k] - 2 * len(missing(k, tries[k], headers)))
        lacking = missing(nearest, tries[nearest], headers)
        if stated is None and nearest == "receipts":
            _refuse_statement(name, headers, tries[nearest])
        raise MissingColumns(name, nearest, lacking, [h for h in headers if h.strip()], tries[nearest])
    ranked = sorted(ready, key=lambda k: -ready[k])
    fullest = max(scores, key=lambda k: scores[k])
    if fullest not in ready and scores[fullest] > _FAR_FULLER * ready[ranked[0]]:
        # Most of the header speaks of another kind: one column is missing, the rest is not to be dropped.
        lacking = missing(fullest, tries[fullest], headers)
        raise MissingColumns(name, fullest, lacking, [h for h in headers if h.strip()], tries[fullest])
    best = ranked[0]
    if (
        stated is None
        and {"invoices", "receipts"} == set(ranked[:2])
        and _is_account(tries["invoices"], tries["receipts"])
    ):
        best = "invoices"
    elif len(ranked) > 1 and ready[ranked[0]] - ready[ranked[1]] < 0.25:
        raise KindUnclear(name, ranked[:2])
    if stated is None and best == "receipts" and _is_spending(headers, tries[best]):
        raise MissingColumns(name, best, ["customer_id"], [h for h in headers if h.strip()], tries[best])
    if stated is None and best == "receipts":
        _refuse_statement(name, headers, tries[best])
        if _falls_due(tries):
            if "invoices" not in ready:
                lacking = missing("invoices", tries["invoices"], headers)
                raise MissingColumns(name, "invoices", lacking, [h for h in headers if h.strip()], tries["invoices"])
            best = "invoices"
    if stated is None and (documents := _documents(best, tries)):
        if documents not in ready:  # a list of documents is no master of the customers that stand on it
            lacking = missing(documents, tries[documents], headers)
            raise MissingColumns(name, documents, lacking, [h for h in headers if h.strip()], tries[documents])
        best = documents
    if best == "receipts":  # which kind it is, the day of clearing does not say
        clearing_day(tries[best], headers, columns)
    buckets = _buckets(headers, tries[best]) if best == _AGED or _by_age(best, tries[best]) else ()
    if buckets and best == _AGED and "open_amount" in tries[best]:  # beside buckets a balance is their total
        tries[best].setdefault("total_amount", tries[best].pop("open_amount"))
    used = {column.index for column in tries[best].values()} | {column.index for column, _ in buckets}
    left = tuple(h for i, h in enumerate(headers) if i not in used and h.strip())
    return Mapping(best, tries[best], left, buckets, {k: round(s, 2) for k, s in scores.items()})


def _is_account(invoices: Dict[str, SourceColumn], receipts: Dict[str, SourceColumn]) -> bool:
    """Whether columns are those of a customer's account, of which money received is but the credit side."""
    debit, credit = invoices.get("amount"), invoices.get("credit_amount")
    if debit is None or credit is None or not is_debit(debit.header) or "method" in receipts:
        return False
    whose = [invoices[name] for name in ("customer_id", "customer_name") if name in invoices]
    return any(column.how != "fuzzy" for column in whose)


def _refuse_others(name: str, headers: Sequence[str], tries: Dict[str, dict[str, SourceColumn]]) -> None:
    """Raise for a table of something else: sums by month, or an account at a bank that names no payer."""
    invoices, receipts = tries.get("invoices", {}), tries.get("receipts", {})
    if len(by_month := months(headers)) > 1 and not {"invoice_id", "issue_date"} & invoices.keys():
        raise SumsByMonth(name, by_month)
    if (bank := bank_columns(headers)) and not {"customer_id", "customer_name"} & receipts.keys():
        raise BankAccount(name, bank)


def _refuse_statement(name: str, headers: Sequence[str], columns: Dict[str, SourceColumn]) -> None:
    """Raise StatementOfNobody where columns tell debits from credits and none tells whose they are."""
    if {"customer_id", "customer_name", "invoice_id"} & columns.keys():
        return
    known = {header: {column for column, _ in known_as("invoices", header)} for header in headers}
    sides = [header for header, names in known.items() if is_debit(header) or names & {"side", "credit_amount"}]
    if len(sides) > 1 or any("side" in known[header] for header in sides):
        raise StatementOfNobody(name, sides)


def _is_spending(headers: Sequence[str], columns: Dict[str, SourceColumn]) -> bool:
    """Whether columns speak of money spent, and none of a customer or an invoice."""
    if {"customer_id", "customer_name", "invoice_id"} & columns.keys():
        return False
    return any(_SPENT.search(header) for header in headers)


def _falls_due(tries: Dict[str, dict[str, SourceColumn]]) -> bool:
    """Whether rows taken for money received fall due, as bills do, and have nothing that only money received has."""
    due = tries.get("invoices", {}).get("due_date")
    only = {"receipt_id", "method", "kind", "reference", "cleared_on"}
    return due is not None and due.how != "fuzzy" and not only & tries["receipts"].keys()


def _documents(chosen: str, tries: Dict[str, dict[str, SourceColumn]]) -> str | None:
    """The kind of the documents whose number and date stand in columns that a kind without documents leaves over."""
    if chosen not in ("customers", _AGED, "fx_rates"):
        return None
    used = {column.index for column in tries[chosen].values()}
    for kind, named in _DOCUMENT.items():
        columns = [tries.get(kind, {}).get(name) for name in named]
        if all(column and column.how != "fuzzy" and column.index not in used for column in columns):
            return kind
    return None


def _by_age(kind: str, columns: Dict[str, SourceColumn]) -> bool:
    """Whether the amount of an invoice can only stand in columns by age."""
    return kind == "invoices" and not {"amount", "open_amount"} & columns.keys()


def missing(kind: str, columns: Dict[str, SourceColumn], headers: Sequence[str] = ()) -> list[str]:
    """Required canonical columns that neither a source column nor its stand-in fills."""
    lacking = [
        c.name for c in KINDS[kind] if c.required and c.name not in columns and STAND_INS.get(c.name) not in columns
    ]
    if _by_age(kind, columns) and len(_buckets(headers, columns)) >= 2:
        lacking.remove("amount")
    if kind == "receipts" and not {"customer_id", "customer_name", "invoice_id", "reference"} & set(columns):
        lacking.append("customer_id")
    if kind == "customers" and len(columns) < 2:
        lacking.append("customer_name")
    if kind == _AGED:
        lacking = [name for name in lacking if name not in ("bucket", "open_amount")]
        if len(_buckets(headers, columns)) < 2 and "open_amount" not in columns:
            lacking.append("bucket")
    return lacking


def _allowed(kind: str) -> set[str]:
    return {c.name for c in KINDS[kind]} | set(HELPERS.get(kind, ()))


def _check(given: Dict[str, str | None], headers: Sequence[str], kind: str, name: str) -> None:
    """Refuse a person's mapping that names what does not exist. Raises BadMapping."""
    for canonical, header in given.items():
        if canonical not in _allowed(kind):
            raise BadMapping(name, "columns", canonical, ", ".join(sorted(_allowed(kind))))
        if header is not None and header not in headers:
            raise BadMapping(name, canonical, header, ", ".join(h for h in headers if h.strip()))


def _assign(
    headers: Sequence[str],
    kind: str,
    given: Dict[str, str | None],
    group_column: int | None,
    saved: Sequence[str],
    barred: Set[tuple[str, int]],
) -> dict[str, SourceColumn]:
    """Source columns by canonical name; the most telling pair first, each side used once."""
    found = {
        canonical: SourceColumn(headers.index(header), header, "saved" if canonical in saved else "given", 1.0)
        for canonical, header in given.items()
        if header is not None and header in headers
    }
    taken = {column.index for column in found.values()}
    if group_column is not None and kind in ("invoices", "receipts"):
        label = headers[group_column] if group_column < len(headers) else ""
        found["customer_name"] = SourceColumn(len(headers), label or "-", "group", 1.0)
        taken.add(group_column)
    pairs = [
        (place, index, canonical, "synonym", 1.0)
        for index, header in enumerate(headers)
        if header.strip() and not (kind == _AGED and bucket_of(header))
        for canonical, place in _known_names(kind, header, headers)
        if (canonical, index) not in barred
    ]
    known = {index for _, index, *_ in pairs}
    pairs += [
        (round(1000 - alike), index, canonical, "fuzzy", alike / 100)
        for index, header in enumerate(headers)
        if header.strip() and index not in known and index not in taken and not is_data(header)
        for canonical in _allowed(kind)
        if (canonical, index) not in barred and (alike := likeness(kind, header, canonical)) >= FUZZY_THRESHOLD
    ]
    for _, index, canonical, how, confidence in sorted(pairs):
        if canonical not in found and canonical not in given and index not in taken:
            found[canonical] = SourceColumn(index, headers[index], how, confidence)
            taken.add(index)
    if "invoice_id" not in found and "e_invoice_no" in found:
        found["invoice_id"] = found.pop("e_invoice_no")
    split_customer(found, headers, kind, taken)
    if kind == _AGED:
        side_of_balance(found, headers, given)
    else:
        pair_sides(found)
        pair_tax(found, headers, given)
    whole_receipts(found, headers, kind, taken)
    if kind == _AGED and not {"customer_id", "customer_name"} & set(found) and headers and not headers[0].strip():
        found["customer_name"] = SourceColumn(0, "-", "place", 0.8)  # a summary's first column often has no header
    return found


def _known_names(kind: str, header: str, headers: Sequence[str]) -> list[tuple[str, int]]:
    """What a header is known for; the key of a database comes after the number that people know a document by."""
    names = known_as(kind, header)
    if compact(header) == "invoiceid" and any(compact(h) in ("invoicenumber", "invoiceno") for h in headers):
        return [(name, place + 100) for name, place in names]
    return names


def _buckets(headers: Sequence[str], columns: Dict[str, SourceColumn]) -> tuple[tuple[SourceColumn, Bucket], ...]:
    """The bucket columns of an aged summary, in the order they stand."""
    used = {column.index for column in columns.values()}
    named = [(i, h, bucket_of(h)) for i, h in enumerate(headers) if h.strip() and i not in used]
    found: list[tuple[SourceColumn, Bucket]] = []
    for index, header, bucket in named:
        if bucket is None:
            continue
        if found and bucket.last is None and bucket.first == found[-1][1].last:  # "90+" after "61-90" starts at 91
            bucket = Bucket((bucket.first or 0) + 1, None)
        found.append((SourceColumn(index, header, "synonym", 1.0), bucket))
    return tuple(found)


def _score(kind: str, columns: Dict[str, SourceColumn], headers: Sequence[str], titles: Sequence[str]) -> float:
    """How well a kind explains the header: columns found, telling names first, words of titles and file name."""
    places = {
        c: min((p for n, p in known_as(kind, s.header) if n == c), default=0 if s.how != "fuzzy" else 9)
        for c, s in columns.items()
    }
    quality = sum(1.0 + 1.0 / (1 + places[c]) for c in columns if c not in HELPERS.get(kind, ()) or c == "paid_amount")
    if kind == _AGED:
        quality += len(_buckets(headers, columns))
    text = " ".join(titles).casefold().replace("_", " ")
    if kind == "receipts" and "method" in columns and any(word in text for word in _RECEIPT_LISTS):
        quality += 3.0
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
