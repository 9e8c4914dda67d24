"""Customers whose number and name share one cell."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.importing.imports import import_file, preview
from pipelines.importing.imports_store import rows_of
from pipelines.settings import Settings
from tests.test_open_lists import found, load, settings

__all__ = ["settings"]  # the fixture

HEAD = "Invoice No,Invoice Date,Amount,"


def taken(settings: Settings, tmp_path: Path, header: str, *cells: str, **said: Any) -> tuple[list[Any], list[str]]:
    """Number and name of the customer of each row, and the codes of the notes."""
    path = tmp_path / "ledger.csv"
    rows = [f"F{place},2026-01-05,100,{cell}" for place, cell in enumerate(cells)]
    path.write_text("\n".join([HEAD + header, *rows]), encoding="utf-8")
    report = import_file(path, settings, mapping=said or None)
    query = f"select customer_id, customer_name from '{rows_of(settings, report)}' order by line_no"
    return duckdb.connect().execute(query).fetchall(), [note["code"] for note in report.notes]


@pytest.mark.parametrize(
    ("header", "pattern"),
    [
        ("客户", "{}-{}"),
        ("客户", "{}　{}"),
        ("Customer", "[{}] {}"),
        ("Customer", "{} - {}"),
        ("客户", "{1}({0})"),
        ("客户名称", "{1}（{0}）"),
        ("客户编号", "{} {}"),  # under the header of the number alone
    ],
)
def test_number_and_name_in_one_cell_are_taken_apart(
    settings: Settings, tmp_path: Path, header: str, pattern: str
) -> None:
    pairs = [("C001", "华东钢铁"), ("C002", "3M China"), ("C003", "Acme (North) Ltd"), ("C001", "华东钢铁")]
    rows, codes = taken(settings, tmp_path, header, *(pattern.format(*pair) for pair in pairs))
    assert rows == pairs
    assert "customer_cells_split" in codes and "name_is_id" not in codes


@pytest.mark.parametrize(
    "names",
    [
        ("3M China", "7-Eleven", "360 Security - North", "21st Century Fox"),
        ("Acme (2019) Ltd", "Bolt Ltd", "Core Ltd"),
        ("10-4 Radio", "Acme", "Bolt"),
    ],
)
def test_names_with_figures_stay_whole(settings: Settings, tmp_path: Path, names: tuple[str, ...]) -> None:
    rows, codes = taken(settings, tmp_path, "Customer", *names)
    assert rows == [(name, name) for name in names]
    assert not [code for code in codes if code.startswith("customer_cells")]


@pytest.mark.parametrize(
    "cells",
    [
        ("021-East Steel", "021-South Steel", "021-Acme", "010-Bolt"),  # a region before the name
        ("C001-East Steel", "C002-South Steel"),  # too few to be sure
    ],
)
def test_cells_in_doubt_stay_whole_and_are_named(settings: Settings, tmp_path: Path, cells: tuple[str, ...]) -> None:
    rows, codes = taken(settings, tmp_path, "Customer", *cells)
    assert rows == [(cell, cell) for cell in cells]
    assert "customer_cells_perhaps" in codes


@pytest.mark.parametrize(
    "numbers",
    [
        ("1234-ABCDE", "2345-FGHIJ", "3456-KLMNO", "4567-PQRST"),
        ("1234-abc", "2345-def", "3456-ghi", "4567-jkl"),
        ("C01-A1", "C02-B22", "C03-C333", "C04-D4"),
    ],
)
def test_numbers_in_two_parts_stay_whole(settings: Settings, tmp_path: Path, numbers: tuple[str, ...]) -> None:
    rows, codes = taken(settings, tmp_path, "Customer", *numbers)
    assert [number for number, _ in rows] == list(numbers)
    assert not [code for code in codes if code.startswith("customer_cells")]


def test_short_names_in_capitals_are_still_names(settings: Settings, tmp_path: Path) -> None:
    rows, _ = taken(settings, tmp_path, "Customer", "C001-BOSCH", "C002-BASF", "C003-SIEMENS")
    assert rows == [("C001", "BOSCH"), ("C002", "BASF"), ("C003", "SIEMENS")]


def test_a_column_of_numbers_beside_leaves_the_names_whole(settings: Settings, tmp_path: Path) -> None:
    cells = [f"K{place},C00{place}-Acme {place}" for place in range(4)]
    rows, _ = taken(settings, tmp_path, "Customer No,Customer Name", *cells)
    assert rows == [("K0", "C000-Acme 0"), ("K1", "C001-Acme 1"), ("K2", "C002-Acme 2"), ("K3", "C003-Acme 3")]


def test_a_person_keeps_the_cells_whole(settings: Settings, tmp_path: Path) -> None:
    cells = ("[C001] East", "[C002] South")
    rows, _ = taken(settings, tmp_path, "Customer", *cells, columns={"customer_id": None})
    assert rows == [(cell, cell) for cell in cells]


def test_the_preview_shows_both_parts(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(f"{HEAD}Customer\nF1,2026-01-05,100,[C001] East\nF2,2026-01-05,100,[C002] South", encoding="utf-8")
    columns = {view.name: view for view in preview(path, settings).columns}
    assert columns["customer_id"].parsed == ("C001", "C002")
    assert columns["customer_name"].parsed == ("East", "South")


def test_it_is_the_customer_of_an_export_that_splits_them(settings: Settings) -> None:
    load(settings, "ledger.csv", HEAD + "Customer", "F1,2026-01-05,100,[C001] East", "F2,2026-01-05,50,[C002] South")
    load(settings, "receipts.csv", "Receipt No,Customer No,Payment Date,Amount,Invoice No", "R1,C001,2026-02-10,100,F1")
    open_items = "select customer_id, open_doc from fct_open_items"
    assert found(settings, open_items, dt.date(2026, 3, 31)) == [("C002", 50)]
