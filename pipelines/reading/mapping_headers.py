"""Headers of exports: how they are compared, what they are known to mean, and how alike two of them are."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipelines.canonical import KINDS, MONEY
from pipelines.reading.mapping_buckets import bucket_of
from pipelines.reading.values_numbers import CODES, with_unit_in_brackets

HELPERS = {
    "invoices": ("paid_amount", "credit_amount", "side", "void_flag", "tax_amount", "e_invoice_no"),
    "receipts": ("customer_name",),
    "aged_summary": ("total_amount", "credit_amount", "side"),
    "fx_rates": ("unit_amount",),
}  # read only to derive or to check others
FUZZY_THRESHOLD = 90
_BRACKETS = re.compile(r"[(\[【（「<][^)\]】）」>]*[)\]】）」>]")
_NOT_WORD = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = {
    "amt": "amount", "amnt": "amount", "inv": "invoice", "invc": "invoice", "cust": "customer", "cstmr": "customer",
    "nbr": "number", "num": "number", "nr": "number", "no": "number", "id": "id", "dt": "date", "dte": "date",
    "curr": "currency", "cur": "currency", "ccy": "currency", "bal": "balance", "doc": "document", "pmt": "payment",
    "pymt": "payment", "pay": "payment", "rcpt": "receipt", "acct": "account", "acc": "account", "ref": "reference",
    "os": "outstanding", "outst": "outstanding", "tot": "total", "desc": "description", "nm": "name", "typ": "type",
    "cd": "code", "stat": "status", "terr": "territory", "reg": "region", "cr": "credit", "lmt": "limit", "signed": "",
    "orig": "original",
}  # fmt: skip
_SIMPLIFIED = str.maketrans(
    "額發幣號碼編稱開單據賬帳應總業務員區項訂備類狀態種貨別餘結還戶銷聯絡電話稅價證實際過賒滙匯購憑條約對銀轉責經採",
    "额发币号码编称开单据账账应总业务员区项订备类状态种货别余结还户销联络电话税价证实际过赊汇汇购凭条约对银转责经采",
)
_OF_BOOKS = re.compile(
    r"\b(local|loc\.? curr?|lcurr|lc|lcy|cocd|company code curr\w*|functional|dmbtr)\b|本位币|本币"
    r"|(home|base|accounting) currency"
    r"|hausw(ä|ae?)hrung|\bhw\b|\bhwähr|devise interne|moneda local|国内通貨"
    r"|^(?!.*currency).*\bsigned$",  # Odoo's words for the company's currency
    re.I,
)
_OF_DOCUMENTS = re.compile(
    r"\b(doc|document|transaction|invoice|foreign)\b|原币|外币"
    r"|(beleg|transaktions)w(ä|ae?)hrung|devise (de la )?pi[eè]ce|moneda de(l)? documento|伝票通貨",
    re.I,
)
_BALANCE = re.compile(r"balance|\bbal\b|saldo|solde|余额|残高|잔액")
_OF_DOCUMENT = re.compile(
    r"invoice|open|due|outstanding|remaining|unpaid|pending|未|待|尚欠|offen|aberto|pendiente|미수|回収"
)
_DATA = re.compile(
    r"""^[\s¥￥$€£(+-]*\d[\d.,'\s]*\)?\s*(CR|DR|%)?$           # a number
      | ^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T ].*)?$       # a date in figures
      | ^\d{1,2}[-\s.][A-Za-z]{3,9}[-\s.,]+\d{2,4}$            # a date with a month's name
    """,
    re.VERBOSE,
)
_CURRENCY_BESIDE = re.compile(rf"(?:^|(?<=\s))({CODES})[\s_-]+|[\s_-]+(?:in\s+)?({CODES})$")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z]{2}")
_AFTER = 200  # places behind all names without a currency
_MONTH = re.compile(
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-\s.,/']*(20)?\d\d|20\d\d\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?"
    r"|(0?[1-9]|1[0-2])\s*[/月]\s*(20\d\d)?",
    re.I,
)
_FIGURES = re.compile(r"\d{3}")  # no name of a column has as many: documents' numbers are not taken apart as words
# Words that change what a column means: a header with one of them is not like a name without it.
_OTHER_MEANING = frozenset(
    (
        *("tax", "vat", "gst", "discount", "days", "late", "quantity", "qty", "rate", "percent", "cost", "price"),
        *("unit", "freight", "phone", "email", "address", "year", "month", "original", "local", "base", "net", "gross"),
        *("last", "first", "next", "previous", "expected", "planned", "actual"),
    )
)


@lru_cache(maxsize=20_000)
def compact(header: str) -> str:
    """A header reduced to what is compared: width, case and script folded; brackets, spaces and punctuation gone."""
    text = _without_accents(unicodedata.normalize("NFKC", header).casefold())
    text = text if text.isascii() else text.translate(_SIMPLIFIED)
    bare = _NOT_WORD.sub("", _BRACKETS.sub("", text))
    return bare or _NOT_WORD.sub("", text)


def _without_accents(text: str) -> str:
    """Latin letters without their accents, which exports drop as often as not: `Nº Título` is `No Titulo`."""
    if text.isascii() or unicodedata.is_normalized("NFD", text):
        return text
    bases = ((letter, unicodedata.normalize("NFD", letter)[0]) for letter in text)
    return "".join(base if base.isascii() and base.isalpha() else letter for letter, base in bases)


@lru_cache(maxsize=20_000)
def words_of(header: str) -> tuple[str, ...]:
    """The words of a header, abbreviations written out: `Inv_Amt (USD)` and `InvAmt` are invoice, amount."""
    text = _without_accents(unicodedata.normalize("NFKC", _BRACKETS.sub(" ", header))).replace("#", " number ")
    words = _NOT_WORD.split(_CAMEL.sub(" ", text))
    full = (_SHORT.get(word.casefold(), word.casefold()) for word in words if word)
    return tuple(word for word in full if word)


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    with (Path(__file__).parent / "synonyms.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)
    return found


@cache
def names_of(kind: str) -> dict[str, list[str]]:
    """Canonical and helper columns of a kind with all their names, the most telling first."""
    wanted = [column.name for column in KINDS[kind]] + list(HELPERS.get(kind, ()))
    own, common = _lists().get(kind, {}), _lists()["common"]
    return {name: [name, *own.get(name, []), *common.get(name, [])] for name in wanted}


@cache
def synonyms(kind: str) -> dict[str, list[tuple[str, int]]]:
    """Compacted header → canonical columns of the kind, each with the header's place in its list."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, names in names_of(kind).items():
        for place, word in enumerate(names):
            for key in dict.fromkeys((compact(word), "".join(words_of(word)))):
                if name not in (n for n, _ in found.get(key, [])):
                    found.setdefault(key, []).append((name, place))
    return found


@cache
def _debit_words() -> frozenset[str]:
    return frozenset(compact(word) for word in _lists()["debits"]["amount"])


def is_debit(header: str) -> bool:
    """Whether a column holds the debit side of entries whose credit side has a column of its own."""
    return compact(header) in _debit_words()


@cache
def _net_words() -> frozenset[str]:
    return frozenset(compact(word) for word in _lists()["net"]["amount"])


def is_net(header: str) -> bool:
    """Whether a column holds amounts without tax, where their tax has a column of its own."""
    return compact(header) in _net_words() and not re.search(r"(?<![不未])含税|incl", header, re.I)


def is_of_books(header: str) -> bool:
    """Whether a header says that its amounts or currency are those of the books, not of the document."""
    return bool(_OF_BOOKS.search(unicodedata.normalize("NFKC", header)))


def is_account_balance(header: str) -> bool:
    """Whether a header may speak of the balance of an account, and not only of what is open of a document."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return bool(_BALANCE.search(text)) and not _OF_DOCUMENT.search(text)


def is_of_document(header: str) -> bool:
    """Whether a header says that a currency is that of the document."""
    return bool(_OF_DOCUMENTS.search(header))


def is_clearing(header: str, what: str = "date") -> bool:
    """Whether a column of receipts holds the day they were cleared, or (`document`) the number they were cleared by."""
    words = _clearing_words(what)
    return compact(header) in words or "".join(words_of(header)) in words


@cache
def _clearing_words(what: str) -> frozenset[str]:
    return frozenset(key for word in _lists()["clearing"][what] for key in (compact(word), "".join(words_of(word))))


@cache
def _line_words() -> frozenset[str]:
    return frozenset(compact(word) for words in _lists()["lines"].values() for word in words)


def line_columns(headers: Sequence[str]) -> list[int]:
    """The columns that only an export with a row for every line of an invoice has."""
    return [i for i, header in enumerate(headers) if header.strip() and compact(header) in _line_words()]


def known_as(kind: str, header: str) -> list[tuple[str, int]]:
    """Canonical columns a header is known for, with its place in their lists; abbreviations count.

    An amount may have its currency beside its name, and comes after one without: `Amount EUR`, `Balance in USD`; or its
    unit: `Amount in thousands`.
    """
    found = synonyms(kind).get(compact(header)) or synonyms(kind).get("".join(words_of(header)))
    if not found and (parts := _in_two_scripts(header)):
        one, other = (known_as(kind, part) for part in parts)
        found = [pair for pair in one if pair[0] in {name for name, _ in other}]
    bracketed = with_unit_in_brackets(header)
    if not found and bracketed != header:
        return [pair for pair in known_as(kind, bracketed) if pair[0] in _money(kind)]
    if found or not currency_beside(header):
        return found or []
    bare = known_as(kind, _CURRENCY_BESIDE.sub("", header))
    return [(name, place + _AFTER) for name, place in bare if name in _money(kind)]


def _in_two_scripts(header: str) -> tuple[str, str] | None:
    """A header that says the same in Chinese and in Latin letters, taken apart: `发票号 Invoice No`."""
    text = unicodedata.normalize("NFKC", header)
    chinese, latin = "".join(_CHINESE.findall(text)), _CHINESE.sub(" ", text)
    return (chinese, latin) if chinese and _LATIN.search(latin) else None


def currency_beside(header: str) -> str | None:
    """The code of a currency that stands before or behind the name of an amount without brackets."""
    found = _CURRENCY_BESIDE.search(header)
    return next(filter(None, found.groups())) if found else None


@cache
def _money(kind: str) -> frozenset[str]:
    helpers = (name for name in HELPERS.get(kind, ()) if name.endswith("amount"))
    return frozenset((*(column.name for column in KINDS[kind] if column.sql_type == MONEY), *helpers))


@cache
def _bank_words(what: str) -> frozenset[str]:
    return frozenset(compact(word) for word in _lists()["bank"][what])


def bank_columns(headers: Sequence[str]) -> list[str]:
    """The columns of what came in and what went out of an account at a bank; empty where one of them is missing."""
    sides = [[h for h in headers if compact(h) in _bank_words(what)] for what in ("in", "out")]
    return [header for side in sides for header in side] if all(sides) else []


def months(headers: Sequence[str]) -> list[str]:
    """The columns named after a month of a year."""
    return [header for header in headers if _MONTH.fullmatch(unicodedata.normalize("NFKC", header).strip())]


def likeness(kind: str, header: str, canonical: str) -> float:
    """How alike a header and the names of a canonical column are, up to 100; 0 below the threshold.

    A word that changes the meaning makes two names unlike.
    """
    words = words_of(header)
    text, best = " ".join(words), 0.0
    for name in names_of(kind)[canonical]:
        others = words_of(name)
        other = " ".join(others)
        if not _may_be_alike(text, other) or _OTHER_MEANING & (set(words) ^ set(others)):
            continue
        if min(len("".join(words)), len("".join(others))) >= 4:
            from rapidfuzz import fuzz  # takes as long to load as all the rest: most headers never come here

            best = max(best, fuzz.token_sort_ratio(text, other))
    return best if best >= FUZZY_THRESHOLD else 0.0


def _may_be_alike(one: str, other: str) -> bool:
    """Whether two texts could reach the threshold: what they have in common counts twice over the length of both."""
    needed = FUZZY_THRESHOLD * (len(one) + len(other))
    if 200 * min(len(one), len(other)) < needed:
        return False
    return 200 * (Counter(one) & Counter(other)).total() >= needed


@cache
def _known() -> frozenset[str]:
    return frozenset().union(*(synonyms(kind) for kind in KINDS))


def _is_known(header: str) -> bool:
    return compact(header) in _known() or "".join(words_of(header)) in _known()


def rank_header(cells: Sequence[str]) -> float:
    """How much a record looks like the header of an export: known names count for it, data cells against it."""
    named = [cell for cell in cells if cell and not _FIGURES.search(cell)]
    keys = {compact(cell) if compact(cell) in _known() else "".join(words_of(cell)) for cell in named}
    keys |= {compact(parts[0]) for cell in named if (parts := _in_two_scripts(cell)) and _is_known(parts[1])}
    buckets = sum(1 for cell in cells if cell and bucket_of(cell))
    data = sum(1 for cell in cells if cell and is_data(cell))
    return len(keys & _known()) + (buckets if buckets > 1 else 0) - 2 * data


def is_data(cell: str) -> bool:
    """Whether a cell is a number or a date, which no header is."""
    return bool(_DATA.match(cell.strip()))
