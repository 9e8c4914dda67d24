"""Receipts without a number that an earlier import holds: said before and after loading, as both would count."""

from pathlib import Path

import pytest

from pipelines import i18n
from pipelines.importing.imports import ImportReport, import_file, list_imports, preview, retract
from pipelines.importing.imports_held import standing
from pipelines.settings import Settings
from tests.loaded_files import written

UNNUMBERED = "Customer ID,Payment Date,Amount,Note\nC1,2026-01-05,100,by bank\nC1,2026-01-06,50,by bank\n"
NUMBERED = "Receipt No,Customer ID,Payment Date,Amount,Note\nR1,C1,2026-01-05,100,x\nR2,C1,2026-01-06,50,y\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def held(report: ImportReport | None) -> list[tuple[int, str]]:
    assert report is not None
    return [(note["count"], note["id"]) for note in report.notes if note["code"] == "held_unnumbered"]


def test_a_file_read_again_with_other_columns_is_said_to_count_twice(tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path, "bank", UNNUMBERED)
    first, corrected = import_file(path, settings), {"columns": {"reference": None}}
    assert held(first) == []
    assert held(preview(path, settings, mapping=corrected).report) == [(2, first.import_id)]
    second = import_file(path, settings, mapping=corrected)
    assert held(second) == [(2, first.import_id)]
    said = i18n.reason("en", second.notes[-1])
    assert said.startswith(
        f"2 of the 2 rows are already held by the import {first.import_id} (bank.csv), and no receipt"
    )
    retract(settings, first.import_id)
    assert standing(second.notes, list_imports(settings)) == [
        note for note in second.notes if note["code"] != "held_unnumbered"
    ]


@pytest.mark.parametrize(("first", "second"), [(NUMBERED, UNNUMBERED), (UNNUMBERED, NUMBERED)])
def test_it_is_enough_that_one_of_the_two_knows_no_numbers(
    tmp_path: Path, settings: Settings, first: str, second: str
) -> None:
    earlier = import_file(written(tmp_path, "first", first), settings)
    assert held(import_file(written(tmp_path, "second", second), settings)) == [(2, earlier.import_id)]


@pytest.mark.parametrize(
    "other",
    [
        "Customer ID,Payment Date,Amount\nC1,2026-01-05,99\nC2,2026-01-05,100\nC1,2026-01-07,100\n",
        NUMBERED.replace("R", "S"),
    ],
)
def test_other_payers_days_amounts_and_numbers_are_other_receipts(
    tmp_path: Path, settings: Settings, other: str
) -> None:
    import_file(written(tmp_path, "first", NUMBERED), settings)
    assert held(import_file(written(tmp_path, "second", other), settings)) == []


def test_payments_of_different_invoices_are_different_receipts(tmp_path: Path, settings: Settings) -> None:
    line = "Customer ID,Payment Date,Amount,Invoice No\nC1,2026-01-05,100,{}\n"
    import_file(written(tmp_path, "first", line.format("A")), settings)
    assert held(import_file(written(tmp_path, "second", line.format("B")), settings)) == []


ZEROS = "Customer No,Invoice No,Invoice Date,Due Date,Amount\n{}"
TWO = "C1,{0}4711,2026-01-15,2026-02-14,100.00\nC1,{0}4712,2026-01-16,2026-02-14,50.00\n"


@pytest.mark.parametrize(("first", "second"), [("000", ""), ("", "000"), ("0", "00")])
def test_invoices_whose_numbers_lost_their_zeros_are_said_to_count_twice(
    tmp_path: Path, settings: Settings, first: str, second: str
) -> None:
    earlier = import_file(written(tmp_path, "jan", ZEROS.format(TWO.format(first))), settings)
    found = import_file(written(tmp_path, "feb", ZEROS.format(TWO.format(second))), settings).notes
    (note,) = [note for note in found if note["code"] == "held_renumbered"]
    assert (note["count"], note["id"], note["example"]) == (2, earlier.import_id, f"{second}4711 / {first}4711")
    assert all(f"{second}4711" in i18n.reason(language, note) for language in i18n.LANGUAGES)
    retract(settings, earlier.import_id)
    assert note not in standing(found, list_imports(settings))


@pytest.mark.parametrize(
    "other", [TWO.format("0").replace("100.00", "99.00").replace("50.00", "49.00"), TWO.format("A"), TWO.format("000")]
)
def test_invoices_of_other_amounts_and_the_same_numbers_are_not(tmp_path: Path, settings: Settings, other: str) -> None:
    import_file(written(tmp_path, "jan", ZEROS.format(TWO.format("000"))), settings)
    found = import_file(written(tmp_path, "feb", ZEROS.format(other)), settings).notes
    assert "held_renumbered" not in {note["code"] for note in found}
