"""Files of tables: readable by Excel, and no cell is a formula."""

import io

import pandas as pd
from python_calamine import load_workbook

from ui.export import csv_bytes, xlsx_bytes

FRAME = pd.DataFrame(
    {
        "=客户": ["=1+1", "+86 10", "-5", "@x", "正常"],
        "金额": [-1.5, 2.0, 3.0, 4.0, None],
        "到期日": pd.to_datetime(["2026-03-05", None, "2026-03-06", "2026-03-07", "2026-03-08"]),
    }
)


def test_csv_text_never_starts_a_formula_and_numbers_stay_numbers():
    lines = csv_bytes(FRAME).decode("utf-8-sig").splitlines()
    assert lines[0] == "'=客户,金额,到期日"
    assert lines[1] == "'=1+1,-1.5,2026-03-05"
    assert [line.split(",")[0] for line in lines[2:]] == ["'+86 10", "'-5", "'@x", "正常"]


def test_csv_opens_as_utf8_in_excel():
    assert csv_bytes(FRAME).startswith(b"\xef\xbb\xbf")


def test_xlsx_holds_text_as_text_numbers_as_numbers_and_dates_as_dates():
    rows = load_workbook(io.BytesIO(xlsx_bytes(FRAME, "数据"))).get_sheet_by_index(0).to_python()
    assert rows[0] == ["=客户", "金额", "到期日"]
    assert rows[1][0] == "=1+1"
    assert rows[1][1] == -1.5
    assert rows[1][2].isoformat() == "2026-03-05"


def test_an_empty_table_still_has_its_header():
    rows = load_workbook(io.BytesIO(xlsx_bytes(FRAME.head(0), "Data"))).get_sheet_by_index(0).to_python()
    assert rows[0] == ["=客户", "金额", "到期日"]
