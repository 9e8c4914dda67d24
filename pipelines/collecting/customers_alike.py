"""Customers that may be one: the same number or name written in different ways, with the evidence for a person."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

LIKE = 88  # of 100: names at least this alike are put before a person
APART = 60  # names less alike than this speak against two numbers being one
CROWD = 60  # a word that more customers share than this says nothing
ONE_TAX_ID = 0.97  # how sure one tax number makes it: branches of one company may be kept as two customers on purpose
TWO_TAX_IDS = 0.5
CONTACTS = ("decision_maker", "acceptor", "payer")
# Legal forms, which the same company writes in full, in short, or not at all.
_FORMS_CJK = re.compile(
    "有限责任公司|股份有限公司|有限公司|股份公司|集团公司|责任公司|公司|集团|株式会社|有限会社|合同会社|주식회사|유한회사"
)
_FORM_WORDS = (
    "co company corp corporation inc incorporated ltd limited llc llp lp plc pte pty pvt private gmbh ag kg ohg ug mbh "
    "sa sas sarl srl spa sl bv nv oy ab as aps kk the and und et"
)
_FORMS = frozenset(_FORM_WORDS.split())
_SHORT = {"limited": "ltd", "incorporated": "inc", "corporation": "corp", "private": "pte", "pvt": "pte"}
_NO_FORM = {"co", "company", "the", "and", "und", "et"}
_PLAIN_NUMBER = re.compile(r"([a-zA-Z]*)([0-9]+)")  # most numbers: nothing in them needs a closer look
_LETTERS_FIRST = re.compile(r"^[^\W\d_]+")
_MARKS = re.compile(r"[^\w\s]|_")
_ASCII_MARKS = {code: " " for code in range(128) if _MARKS.match(chr(code))} | {ord("."): ""}


@dataclass(frozen=True)
class Suggestion:
    """Customers of one entity that may be one.

    `target` is the number proposed to stay: the one with master data, else with most documents. `members` are the rows
    of the customers given, the target first, with `share` (how alike, 0 to 1) and `evidence` (a list of
    `{"code": ...}`) against the target.
    """

    entity_id: str
    target: str
    share: float
    members: pd.DataFrame


def plain_number(text: str) -> str:
    """A customer number without what spellings differ in: width, case, marks, leading zeros, a spreadsheet's `.0`."""
    if usual := _PLAIN_NUMBER.fullmatch(text):
        return usual[1].lower() + (usual[2].lstrip("0") or "0")
    wide = unicodedata.normalize("NFKC", text).strip().casefold()
    parts = re.findall(r"\d+|[^\W\d_]+", re.sub(r"(?<=\d)\.0+$", "", wide))
    plain = "|".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)
    # What stands between letters and digits says nothing; what parts two runs of digits does, but for zeros in front.
    return re.sub(r"(?<=\D)\||\|(?=\D)", "", re.sub(r"^(0\|)+(?=\d)", "", plain))


def plain_tax_id(text: object) -> str:
    """A tax or registration number without width, case and marks; empty where it is none, such as `0` or `pending`."""
    if not isinstance(text, str):
        return ""
    plain = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())
    figures = re.sub(r"\D", "", plain)
    return plain if len(plain) >= 8 and len(figures) >= 6 and len(set(figures)) > 1 else ""


@lru_cache(maxsize=200_000)
def plain_name(text: str) -> str:
    """A name without width, case, marks and legal forms; all of it where nothing else is left."""
    wide, words = _wide_words(text)
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words) or wide.strip()


def _wide_words(text: str) -> tuple[str, list[str]]:
    """A name without width and case, and its words without marks and Chinese legal forms."""
    if text.isascii():
        wide = text.lower()
        return wide, wide.translate(_ASCII_MARKS).split()
    wide = unicodedata.normalize("NFKC", text).casefold()
    return wide, _MARKS.sub(" ", _FORMS_CJK.sub(" ", wide.replace(".", ""))).split()


def _form(text: str) -> frozenset[str]:
    """The legal forms a name states, each in its short form; Chinese forms are one."""
    words = _wide_words(text)[1]
    return frozenset(_SHORT.get(word, word) for word in words if word in _FORMS - _NO_FORM)


def suggestions(customers: pd.DataFrame, different: Iterable[frozenset[tuple[str, str]]] = ()) -> list[Suggestion]:
    """Groups of customers that look like one, the surest and then the largest first.

    `customers` has a row a customer: entity_id, customer_id, customer_name, has_master, documents, open_base, the
    contacts and, where exports state it, tax_id. `different` are pairs of (entity_id, customer_id) that a person has
    said are two.
    """
    rows = customers.reset_index(drop=True)
    apart = set(different)
    # Lists: the cells of a column are slow to walk through one by one.
    numbers, titles = rows["customer_id"].tolist(), rows["customer_name"].tolist()
    keys = list(zip(rows["entity_id"].astype(str).tolist(), map(str, numbers), strict=True))
    full = [str(name) for name in titles]
    names = [_name(row) for row in zip(titles, numbers, strict=True)]
    tax = [plain_tax_id(text) for text in rows["tax_id"].tolist()] if "tax_id" in rows else [""] * len(rows)
    pairs = {
        pair: share
        for pair, share in _by_tax(_pairs(keys, names, full), keys, tax).items()
        if frozenset((keys[pair[0]], keys[pair[1]])) not in apart
    }
    found = [_suggestion(rows, names, group, pairs, apart, keys) for group in _groups(pairs)]
    amount = {id(each): float(each.members["open_base"].abs().sum()) for each in found}
    return sorted(found, key=lambda each: (-round(each.share, 1), -amount[id(each)], each.entity_id, each.target))


def _name(row: tuple[Any, Any]) -> str:
    """The plain name of a customer, empty where it is known by its number alone."""
    name, number = row
    return "" if not isinstance(name, str) or name == number else plain_name(name)


def _pairs(keys: Sequence[tuple[str, str]], names: Sequence[str], full: Sequence[str]) -> dict[tuple[int, int], float]:
    """Pairs of places whose customers are alike, with how much, 0 to 1."""
    of_entity = defaultdict(list)
    for place, (entity, _) in enumerate(keys):
        of_entity[entity].append(place)
    found: dict[tuple[int, int], float] = {}
    for places in of_entity.values():
        _add_pairs(places, keys, names, full, found)
    return {pair: share for pair, share in found.items() if share > 0}


def _add_pairs(
    places: Sequence[int],
    keys: Sequence[tuple[str, str]],
    names: Sequence[str],
    full: Sequence[str],
    found: dict[tuple[int, int], float],
) -> None:
    """Add the pairs among the customers of one entity."""
    numbers = [plain_number(keys[place][1]) for place in places]
    for one, other in _pairs_sharing(places, ([number] for number in numbers)):
        found[one, other] = _share_of_number(names[one], names[other])
    # C-123 and 123 may be one where letters stand before the digits in one place only.
    digits = (_LETTERS_FIRST.sub("", number).lstrip("0") for number in numbers)
    for one, other in _pairs_sharing(places, ([each] if len(each) >= 3 else [] for each in digits)):
        share = min(_share_of_number(names[one], names[other]), 0.8)
        found[one, other] = max(found.get((one, other), 0.0), share)
    named = [place for place in places if len(names[place]) > 1]
    for one, other in _pairs_sharing(named, ([names[place].replace(" ", "")] for place in named)):
        share = 0.95 if _one_form(full[one], full[other]) else 0.8
        found[one, other] = max(found.get((one, other), 0.0), share)
    for group in _sharing(named, (_words(names[place]) for place in named)):
        _add_fuzzy(group, names, found)


def _pairs_sharing(places: Sequence[int], texts: Iterable[Iterable[str]]) -> Iterator[tuple[int, int]]:
    return chain.from_iterable(combinations(group, 2) for group in _sharing(places, texts))


def _sharing(places: Sequence[int], texts: Iterable[Iterable[str]]) -> list[list[int]]:
    """The places that have a text in common, a group a text; not where it is empty or that of a crowd."""
    of_place = list(texts)
    counts = Counter(chain.from_iterable(of_place))
    telling: dict[str, list[int]] = {text: [] for text, count in counts.items() if text and 1 < count <= CROWD}
    if telling:
        for place, own in zip(places, of_place, strict=True):
            for text in own:
                if text in telling:
                    telling[text].append(place)
    return list(telling.values())


def _by_tax(
    pairs: Mapping[tuple[int, int], float], keys: Sequence[tuple[str, str]], tax: Sequence[str]
) -> dict[tuple[int, int], float]:
    """The pairs with those of one tax number added; two tax numbers speak against what is alike otherwise."""
    found = {
        (one, other): min(share, TWO_TAX_IDS) if tax[one] and tax[other] and tax[one] != tax[other] else share
        for (one, other), share in pairs.items()
    }
    alike = defaultdict(list)
    for place, number in enumerate(tax):
        if number:
            alike[keys[place][0], number].append(place)
    for places in alike.values():
        if 1 < len(places) <= CROWD:
            for pair in combinations(places, 2):
                found[pair] = max(found.get(pair, 0.0), ONE_TAX_ID)
    return found


def _one_form(one: str, other: str) -> bool:
    """Whether two names can be of one legal form: the same, or one of them states none."""
    forms = _form(one), _form(other)
    return not all(forms) or bool(forms[0] & forms[1])


def _share_of_number(one: str, other: str) -> float:
    """How sure the same number makes it, by what the names say; nothing where they speak of two companies."""
    if not one or not other:
        return 0.9
    alike = fuzz.token_sort_ratio(one, other)
    return 0.99 if alike >= LIKE else 0.0 if alike < APART else 0.85


def _add_fuzzy(places: Sequence[int], names: Sequence[str], found: dict[tuple[int, int], float]) -> None:
    texts = [names[place] for place in places]
    scores = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE)
    for left, right in zip(*np.nonzero(np.triu(scores, 1)), strict=True):
        one, other = texts[left], texts[right]
        # Plant 1 and Plant 2 differ in nothing but what tells them apart; names that are one were seen to before.
        if re.findall(r"\d+", one) != re.findall(r"\d+", other) or one.replace(" ", "") == other.replace(" ", ""):
            continue
        pair = tuple(sorted((places[left], places[right])))
        found[pair[0], pair[1]] = max(found.get((pair[0], pair[1]), 0.0), float(scores[left, right]) / 100 * 0.9)


def _words(name: str) -> set[str]:
    """What a name is looked up by: words of three letters and more, and pairs of Chinese, Japanese or Korean signs."""
    latin = {word for word in name.split() if len(word) > 2 and word.isascii()}
    if name.isascii():
        return latin
    signs = re.sub(r"[\x00-\x7f]", "", name)
    return latin | {signs[i : i + 2] for i in range(len(signs) - 1)}


def _groups(pairs: Mapping[tuple[int, int], float]) -> list[list[int]]:
    """Places joined by pairs, each group in order."""
    parent: dict[int, int] = {}

    def root(place: int) -> int:
        while parent.setdefault(place, place) != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in pairs:
        parent[root(other)] = root(one)
    joined = defaultdict(list)
    for place in sorted(parent):
        joined[root(place)].append(place)
    return list(joined.values())


def _suggestion(
    rows: pd.DataFrame,
    names: Sequence[str],
    group: Sequence[int],
    pairs: Mapping[tuple[int, int], float],
    apart: set[frozenset[tuple[str, str]]],
    keys: Sequence[tuple[str, str]],
) -> Suggestion:
    master, documents, owed = (rows[name].tolist() for name in ("has_master", "documents", "open_base"))
    ranked = sorted(group, key=lambda place: (not master[place], -documents[place], -abs(owed[place]), place))
    target = ranked[0]
    members = [place for place in ranked if place == target or frozenset((keys[target], keys[place])) not in apart]
    shares = [1.0 if place == target else _share(pairs, place, group) for place in members]
    found = rows.loc[members].reset_index(drop=True)
    found["share"] = shares
    found["evidence"] = pd.Series(
        [_evidence(rows, names, target, place) if place != target else [] for place in members], dtype=object
    )
    return Suggestion(keys[target][0], keys[target][1], min(shares[1:], default=0.0), found)


def _share(pairs: Mapping[tuple[int, int], float], place: int, group: Sequence[int]) -> float:
    """How sure a place belongs to its group: by the pair that holds it there best."""
    return max(pairs.get((min(place, other), max(place, other)), 0.0) for other in group if other != place)


def _evidence(rows: pd.DataFrame, names: Sequence[str], target: int, place: int) -> list[dict[str, Any]]:
    """What speaks for (or against) a customer being the target, as reasons to be put in words."""
    one, other = rows.loc[target], rows.loc[place]
    found: list[dict[str, Any]] = []
    number = plain_number(str(other["customer_id"]))
    if number == plain_number(str(one["customer_id"])):
        found.append({"code": "alike_number", "id_number": number})
    if names[target] and names[place]:
        if names[target].replace(" ", "") == names[place].replace(" ", ""):
            found.append({"code": "alike_name", "text": names[place]})
            if not _one_form(str(one["customer_name"]), str(other["customer_name"])):
                found.append({"code": "forms_differ"})
        else:
            ratio = fuzz.token_sort_ratio(names[target], names[place]) / 100
            found.append({"code": "alike_nearly" if ratio >= LIKE / 100 else "names_differ", "share": ratio})
    tax = plain_tax_id(one.get("tax_id")), plain_tax_id(other.get("tax_id"))
    if all(tax):
        found.append({"code": "alike_tax_id", "text": tax[0]} if tax[0] == tax[1] else {"code": "tax_ids_differ"})
    contacts = {str(one[name]) for name in CONTACTS if isinstance(one.get(name), str) and one[name]}
    shared = contacts & {str(other[name]) for name in CONTACTS if isinstance(other.get(name), str) and other[name]}
    if shared:
        found.append({"code": "alike_contact", "text": ", ".join(sorted(shared))})
    for name, code in (("rep", "alike_rep"), ("region", "alike_region")):
        if one.get(name) and one.get(name) == other.get(name):
            found.append({"code": code, "text": str(one[name])})
    return found
