"""A file that names no entity, in a book of several: said before it is loaded, settled by stating the entity."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import i18n
from pipelines.importing.imports import ImportReport, import_file, list_imports, preview, retract
from pipelines.importing.imports_held import standing
from pipelines.settings import Settings
from tests.loaded_files import written
from tests.oracle_builds import built

EAST = """Entity,Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount
East,E-1,C1,Alder,2025-05-10,2025-06-10,100
East,E-2,C2,Birch,2025-05-11,2025-06-11,200
West,W-1,C2,Birch,2025-05-12,2025-06-12,300
"""
OWN = "Invoice No,Customer ID,Customer Name,Invoice Date,Due Date,Amount\nM-1,C9,Maple,2025-05-10,2025-06-10,50\n"
RECEIPTS = """Receipt No,Customer ID,Payment Date,Amount
R1,C1,2025-06-01,100
R2,C2,2025-06-02,200
R3,C7,2025-06-03,5
"""
CODES = ("entity_not_stated", "entity_not_stated_of_invoices", "entity_new", "entity_new_of_invoices")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def held(report: ImportReport | None) -> list[dict[str, Any]]:
    assert report is not None
    return [note for note in report.notes if note["code"] == "held_elsewhere"]


def noted(report: ImportReport | None) -> list[dict[str, Any]]:
    assert report is not None
    return [note for note in report.notes if note["code"] in CODES]


def entities(settings: Settings, report: ImportReport) -> set[str | None]:
    rows = settings.home / "imports" / report.import_id / "rows.parquet"
    return {name for (name,) in duckdb.execute("select entity_id from read_parquet(?)", [str(rows)]).fetchall()}


def test_customers_known_in_another_entity_only_are_counted(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    path = written(tmp_path, "receipts", RECEIPTS)
    expected = [
        {
            "code": "entity_not_stated", "rows": 3, "count": 3, "own": 0, "entity": "main",
            "entities": ["East (2)", "West (1)"],
        }
    ]  # fmt: skip
    assert noted(preview(path, settings).report) == expected
    report = import_file(path, settings)
    assert noted(report) == expected
    said = {language: i18n.reason(language, expected[0]) for language in i18n.LANGUAGES}
    assert "3 rows name no entity" in said["en"]
    assert "East (2), West (1)" in said["en"]
    assert "East (2)、West (1)" in said["zh_CN"]


def test_the_note_stays_though_money_loaded_by_mistake_names_the_customers(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    import_file(written(tmp_path, "receipts", RECEIPTS), settings)
    later = written(tmp_path, "receipts_2", RECEIPTS.replace("\nR", "\nS"))
    assert noted(preview(later, settings).report)[0]["own"] == 0


@pytest.mark.parametrize(
    ("book", "text"),
    [
        ((), RECEIPTS),
        ((OWN,), RECEIPTS),
        ((EAST, OWN), RECEIPTS.replace("C1", "C9").replace("C2", "C8")),
        ((EAST, OWN.replace("C9", "C1") + "M-2,C2,Birch,2025-05-10,2025-06-10,50\n"), RECEIPTS),
        ((EAST,), "Entity," + RECEIPTS.replace("\nR", "\nEast,R")),
    ],
    ids=["first", "one entity", "own customers", "known in both", "stated in the file"],
)
def test_no_note_where_nothing_speaks_for_another_entity(
    tmp_path: Path, settings: Settings, book: tuple[str, ...], text: str
) -> None:
    for number, each in enumerate(book):
        import_file(written(tmp_path, f"book_{'ab'[number]}", each), settings)
    assert noted(preview(written(tmp_path, "receipts", text), settings).report) == []


def test_a_retracted_import_speaks_for_nobody(tmp_path: Path, settings: Settings) -> None:
    retract(settings, import_file(written(tmp_path, "east", EAST), settings).import_id)
    assert noted(preview(written(tmp_path, "receipts", RECEIPTS), settings).report) == []


def test_money_that_names_invoices_only_is_told_by_them(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    text = "Receipt No,Invoice No,Payment Date,Amount\nR1,E-1,2025-06-01,100\nR2,X-1,2025-06-02,200\n"
    (note,) = noted(preview(written(tmp_path, "receipts", text), settings).report)
    assert (note["code"], note["count"], note["own"], note["entities"]) == (CODES[1], 2, 0, ["East (1)"])
    assert all("East (1)" in i18n.reason(language, note) for language in i18n.LANGUAGES)


def test_names_stand_for_customers_where_a_file_has_no_numbers(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    text = "Invoice No,Customer Name,Invoice Date,Amount\nN-1,Alder,2025-06-01,100\n"
    (note,) = noted(preview(written(tmp_path, "new", text), settings).report)
    assert (note["count"], note["entities"]) == (1, ["East (1)"])


def test_a_stated_entity_is_that_of_rows_that_name_none(tmp_path: Path, settings: Settings) -> None:
    text = "Entity," + RECEIPTS.replace("\nR1", "\nWest,R1").replace("\nR2", "\n,R2").replace("\nR3", "\n,R3")
    path, mapping = written(tmp_path, "receipts", text), tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"entity": "East"}), encoding="utf-8")
    report = import_file(path, settings, mapping=mapping)
    assert entities(settings, report) == {"East", "West"}
    assert {"code": "entity_stated", "entity": "East"} in report.columns["entity_id"]["evidence"]


def test_money_pays_the_invoices_of_the_entity_that_was_stated(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    report = import_file(written(tmp_path, "receipts", RECEIPTS), settings, mapping={"entity": "East"})
    assert noted(report) == []
    with built(settings, dt.date(2025, 6, 30)) as con:
        applied = con.execute(
            "select entity_id, invoice_id, cast(amount_base as integer) from fct_applications order by 1, 2"
        ).fetchall()
    assert applied == [("East", "E-1", 100), ("East", "E-2", 200)]


def test_a_remembered_entity_is_doubted_where_the_customers_are_of_another(tmp_path: Path, settings: Settings) -> None:
    """Two entities of one system give their exports the same name: what was said of one is not silently true of all."""
    import_file(written(tmp_path, "east", EAST), settings)
    first = import_file(written(tmp_path, "receipts_01", RECEIPTS), settings, mapping={"entity": "East"})
    second = import_file(written(tmp_path, "receipts_02", RECEIPTS.replace("\nR", "\nS")), settings)
    assert entities(settings, first) == entities(settings, second) == {"East"}
    assert noted(second) == []
    south = EAST.replace("East", "South").replace("C1", "S1").replace("C2", "S2")
    import_file(written(tmp_path, "south", south), settings)
    third = preview(written(tmp_path, "receipts_03", RECEIPTS.replace("C1", "S1").replace("C2", "S2")), settings)
    (note,) = noted(third.report)
    assert (note["entity"], note["own"], note["entities"]) == ("East", 0, ["South (2)", "West (1)"])


WITHOUT = EAST.replace("Entity,", "").replace("East,", "").replace("West,", "")
NAMED = "Entity," + RECEIPTS.replace("\nR1", "\nEast,R1").replace("\nR2", "\nEast,R2").replace("\nR3", "\nEast,R3")


def test_an_entity_is_doubted_where_its_customers_were_all_loaded_without_one(
    tmp_path: Path, settings: Settings
) -> None:
    import_file(written(tmp_path, "book", WITHOUT), settings)
    path = written(tmp_path, "receipts", NAMED)
    expected = [
        {
            "code": "entity_new", "rows": 3, "count": 3, "own": 0, "known": 2, "entities": ["East"], "entity": "main",
        }
    ]  # fmt: skip
    assert noted(preview(path, settings).report) == expected
    assert noted(import_file(path, settings)) == expected
    said = {language: i18n.reason(language, expected[0]) for language in i18n.LANGUAGES}
    assert (
        "3 rows go to the entity East, where 0 of their 3 customers are known; 2 are known in “main” only" in said["en"]
    )
    assert "“East”" in said["zh_CN"] and "2 个只在“main”" in said["zh_CN"]


def test_an_entity_that_a_person_states_is_doubted_alike(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "book", WITHOUT), settings)
    path = written(tmp_path, "receipts", RECEIPTS)
    (note,) = noted(preview(path, settings, mapping={"entity": "East"}).report)
    assert (note["code"], note["rows"], note["known"]) == ("entity_new", 3, 2)
    assert noted(preview(path, settings).report) == []


def test_money_of_an_entity_that_names_invoices_only_is_told_by_them(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "book", WITHOUT), settings)
    text = "Entity,Receipt No,Invoice No,Payment Date,Amount\nEast,R1,E-1,2025-06-01,100\nEast,R2,X-1,2025-06-02,200\n"
    (note,) = noted(preview(written(tmp_path, "receipts", text), settings).report)
    assert (note["code"], note["count"], note["own"], note["known"]) == ("entity_new_of_invoices", 2, 0, 1)
    assert all("East" in i18n.reason(language, note) for language in i18n.LANGUAGES)


@pytest.mark.parametrize(
    "book",
    [(), (OWN,), (EAST, OWN), (WITHOUT, EAST), (WITHOUT.replace("C1", "main-1").replace("C2", "main-2"),)],
    ids=["first", "other customers", "known there", "known in both", "known by other names"],
)
def test_an_entity_is_not_doubted_where_no_customer_speaks_for_none(
    tmp_path: Path, settings: Settings, book: tuple[str, ...]
) -> None:
    for number, each in enumerate(book):
        import_file(written(tmp_path, f"book_{'ab'[number]}", each), settings)
    assert noted(preview(written(tmp_path, "receipts", NAMED), settings).report) == []


UNNUMBERED = "Customer ID,Payment Date,Amount\nC1,2025-06-01,100\nC2,2025-06-02,200\nC7,2025-06-03,5\n"


@pytest.mark.parametrize(
    "text", [WITHOUT, RECEIPTS, UNNUMBERED], ids=["invoices", "receipts", "receipts without numbers"]
)
def test_a_file_that_is_held_without_an_entity_is_said_to_count_twice(
    tmp_path: Path, settings: Settings, text: str
) -> None:
    path = written(tmp_path, "export", text)
    first = import_file(path, settings)
    expected = [
        {"code": "held_elsewhere", "rows": 3, "count": 3, "entity": "main", "id": first.import_id, "file": path.name}
    ]
    assert held(preview(path, settings, mapping={"entity": "East"}).report) == expected
    second = import_file(path, settings, mapping={"entity": "East"})
    assert held(second) == expected
    assert "3 of the 3 rows are already held under the entity “main”" in i18n.reason("en", expected[0])
    assert first.import_id in i18n.reason("zh_CN", expected[0])
    retract(settings, first.import_id)
    assert held(preview(path, settings, mapping={"entity": "East"}).report) == []
    assert standing(second.notes, list_imports(settings)) == [note for note in second.notes if note not in expected]


def test_a_file_that_is_held_under_an_entity_is_said_to_count_twice_without(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    report = preview(written(tmp_path, "again", WITHOUT + "N-1,C2,Birch,2025-05-20,2025-06-20,10\n"), settings).report
    assert [(note["entity"], note["count"], note["rows"]) for note in held(report)] == [("East", 2, 4), ("West", 1, 4)]


def test_balances_that_are_held_without_an_entity_are_said_to_count_twice(tmp_path: Path, settings: Settings) -> None:
    text = "Customer,Current,1-30,31-60,61-90,90+\nAlder,10.00,0.00,5.00,0.00,0.00\nBirch,0.00,3.00,0.00,0.00,0.00\n"
    path = written(tmp_path, "aging summary", text)
    import_file(path, settings, as_of=dt.date(2025, 6, 30))
    (note,) = held(preview(path, settings, as_of=dt.date(2025, 6, 30), mapping={"entity": "East"}).report)
    assert (note["entity"], note["count"], note["rows"]) == ("main", 2, 2)


@pytest.mark.parametrize(
    "text",
    [
        EAST.replace("East,", "South,").replace("West,", "South,").replace("2025-05", "2025-04"),
        EAST.replace("East,", "South,").replace("West,", "South,").replace("C1", "S1").replace("C2", "S2"),
        EAST,
    ],
    ids=["other days", "other customers", "the same entity"],
)
def test_numbers_alone_are_no_sign_of_the_same_document(tmp_path: Path, settings: Settings, text: str) -> None:
    import_file(written(tmp_path, "east", EAST), settings)
    assert held(preview(written(tmp_path, "again", text), settings).report) == []


def test_a_few_receipts_without_numbers_may_be_alike_by_chance(tmp_path: Path, settings: Settings) -> None:
    import_file(written(tmp_path, "receipts", UNNUMBERED), settings)
    other = UNNUMBERED.replace("200", "201").replace(",5\n", ",6\n")
    assert held(preview(written(tmp_path, "other", other), settings, mapping={"entity": "East"}).report) == []
