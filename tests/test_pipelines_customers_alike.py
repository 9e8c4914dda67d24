"""Customers that look like one: by number, by name, never by chance, and always with the evidence."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.collecting.customers_alike import Suggestion, plain_name, plain_number, suggestions

SPELLINGS = ("00123", "123", "0000123", "１２３", "123 ", " 123", "123.0", "0123", "00 123", "000-123", "#123")


def customers(*rows: tuple[str, str], **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "customer_name"])
    given: dict[str, Any] = {
        "entity_id": "main", "rep": "", "region": "", "decision_maker": None, "acceptor": None, "payer": None,
        "has_master": False, "documents": 1, "items": 1, "open_base": 10.0,
    }  # fmt: skip
    return frame.assign(**(given | columns))


def only(frame: pd.DataFrame, different: tuple[frozenset[tuple[str, str]], ...] = ()) -> Suggestion:
    (found,) = suggestions(frame, different)
    return found


def codes(found: Suggestion, customer_id: str) -> list[str]:
    by_id = dict(zip(found.members["customer_id"], found.members["evidence"], strict=True))
    return [item["code"] for item in by_id[customer_id]]


def test_eleven_spellings_of_one_number_are_one_suggestion() -> None:
    found = only(customers(*[(spelling, "") for spelling in SPELLINGS]))
    assert sorted(found.members["customer_id"]) == sorted(SPELLINGS)
    assert all(codes(found, each) == ["alike_number"] for each in SPELLINGS if each != found.target)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C-123", "c00123"),
        ("ＫＨ００１", "kh1"),
        ("1001.0", "1001"),
        ("A/0010", "a10"),
    ],
)
def test_numbers_that_are_one(one: str, other: str) -> None:
    assert plain_number(one) == plain_number(other)


@pytest.mark.parametrize(("one", "other"), [("120", "12"), ("10-01", "1001"), ("A1", "B1"), ("1.5", "15")])
def test_numbers_that_are_two(one: str, other: str) -> None:
    frame = customers((one, "Alder"), (other, "Birch"))
    assert suggestions(frame) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华星电子有限公司", "华星电子股份有限公司"),
        ("Alder Co., Ltd.", "ALDER COMPANY LIMITED"),
        ("株式会社アルダー", "アルダー"),
        ("Müller & Söhne GmbH", "müller söhne gmbh"),
        ("ＡＬＤＥＲ　Ｉｎｃ．", "Alder"),
    ],
)
def test_names_that_are_one(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)
    assert codes(only(customers(("1", one), ("2", other))), "2") == ["alike_name"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alder Plant 1", "Alder Plant 2"),
        ("上海华东机械有限公司", "上海华南机械有限公司"),
        ("Northern Steel", "Southern Steel"),
        ("有限公司", "股份有限公司"),
    ],
)
def test_names_that_are_two(one: str, other: str) -> None:
    assert suggestions(customers(("1", one), ("2", other))) == []


def test_another_legal_form_is_said_and_less_sure() -> None:
    same = only(customers(("1", "Alder Ltd"), ("2", "Alder Limited")))
    other = only(customers(("1", "Alder Ltd"), ("2", "Alder GmbH")))
    assert other.share < same.share
    assert "forms_differ" in codes(other, "2")


def test_one_number_with_two_names_is_no_suggestion_and_a_near_name_is() -> None:
    assert suggestions(customers(("001", "Alder Tools"), ("1", "Zephyr Paper"))) == []
    found = only(customers(("001", "Alder Tools"), ("1", "Alder Toolz")))
    assert codes(found, "1") == ["alike_number", "alike_nearly"]


def test_two_entities_never_meet() -> None:
    frame = customers(("1", "Alder"), ("1", "Alder"))
    frame["entity_id"] = ["a", "b"]
    assert suggestions(frame) == []


def test_who_has_master_data_then_most_documents_is_proposed_to_stay() -> None:
    frame = customers(("1", "Alder"), ("2", "Alder"), ("3", "Alder"), documents=[5, 1, 9])
    assert only(frame).target == "3"
    frame["has_master"] = [False, True, False]
    assert only(frame).target == "2"


def test_shared_contacts_and_reps_are_evidence() -> None:
    frame = customers(("1", "Alder"), ("2", "Alder"), payer="Chen", rep="wang")
    assert codes(only(frame), "2") == ["alike_name", "alike_contact", "alike_rep"]


def test_what_a_person_said_are_two_is_not_suggested_again() -> None:
    frame = customers(("1", "Alder"), ("2", "Alder"), ("3", "Alder"))
    pair = frozenset({("main", "1"), ("main", "2")})
    assert list(only(frame, (pair,)).members["customer_id"]) == ["1", "3"]
    assert suggestions(frame.head(2), (pair,)) == []


def test_the_largest_of_the_sure_ones_come_first() -> None:
    frame = customers(("1", "Alder"), ("2", "Alder"), ("3", "Birch"), ("4", "Birch"), open_base=[1, 1, 500, 1])
    assert [each.target for each in suggestions(frame)] == ["3", "1"]


TAX_ID = "91310000MA1K4XXXX1"


def test_one_tax_number_suggests_customers_whose_names_and_numbers_say_nothing() -> None:
    frame = customers(("A7", "Northwind Trading"), ("Z901", "NWT Handel"), ("Q3", "Other"))
    found = only(frame.assign(tax_id=[TAX_ID, "9131 0000-ma1k4xxxx1", "pending"]))
    assert set(found.members["customer_id"]) == {"A7", "Z901"} and found.share > 0.9
    assert "alike_tax_id" in codes(found, next(c for c in ("A7", "Z901") if c != found.target))


def test_two_tax_numbers_speak_against_one_name() -> None:
    frame = customers(("1", "Ash Works Ltd"), ("2", "ASH WORKS LIMITED"))
    found = only(frame.assign(tax_id=["DE123456789", "DE987654321"]))
    assert found.share <= 0.5 and codes(found, "2") == ["alike_name", "tax_ids_differ"]
    assert only(frame.assign(tax_id=["DE123456789", None])).share > 0.9


@pytest.mark.parametrize("text", ["", "0", "N/A", "00000000", "n.v. 12", None])
def test_what_is_no_tax_number_makes_nobody_alike(text: str | None) -> None:
    assert suggestions(customers(("A7", "Northwind"), ("Z901", "Elm")).assign(tax_id=[text, text])) == []


WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}  # the same signs as a Chinese keyboard writes them


@given(st.text(st.characters(codec="ascii"), max_size=12))
def test_what_needs_no_closer_look_is_read_like_what_does(text):
    assert plain_number(text) == plain_number(text.translate(WIDE))
    assert plain_name(text) == plain_name(text.translate(WIDE))
