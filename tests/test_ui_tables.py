"""Tables as people read them: of many rows the first go to the browser, and the files hold all."""

import json
import math
from decimal import Decimal

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ui import tables
from ui.export import csv_bytes
from ui.i18n import Reader
from ui.tables import MOST, words

COLUMNS = words("customer_id open_base habit")


def many(rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"C{number}" for number in range(rows)],
            "open_base": [float(rows - number) for number in range(rows)],
            "pattern": "day_of_month",
            "run_day": 15.0,
            "run_weekday": None,
        }
    )


def script(rows: int, language: str) -> None:
    from tests.test_ui_tables import COLUMNS, many
    from ui.i18n import Reader
    from ui.tables import table

    table(Reader(language, "CNY"), many(rows), COLUMNS, key="t", alt="t", file_name="t")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The first 1,000 of 1,001 rows; the files hold all."),
        ("zh_CN", "仅显示前 1,000 行（共 1,001 行），下载文件包含全部。"),
    ],
)
def test_of_many_rows_the_first_are_shown_and_a_line_says_so(language, line):
    app = AppTest.from_function(script, args=(MOST + 1, language)).run()
    assert not app.exception
    (shown,) = app.dataframe
    assert shown.value["customer_id"].tolist() == [f"C{number}" for number in range(MOST)]
    assert line in [caption.value for caption in app.caption]
    assert not AppTest.from_function(script, args=(MOST, language)).run().caption


def test_the_files_hold_every_row(monkeypatch):
    filed = []
    monkeypatch.setattr(tables, "downloads", lambda _, frame, columns, **__: filed.append((len(frame), columns)))
    tables.table(Reader("en", "CNY"), many(MOST + 1), COLUMNS, key="t", alt="t", file_name="t")
    assert filed == [(MOST + 1, COLUMNS)]


def test_a_habit_is_said_from_the_pay_calendar():
    said = tables.readable(Reader("en", "CNY"), many(1), COLUMNS)
    assert said["habit"].tolist() == ["pays around day 15 of the month"]


def test_what_a_blank_means_is_said():
    rows = pd.DataFrame(
        {
            "owner": ["", None],
            "queue_trend": [None, "better"],
            "side": ["", "ours"],
            "rep": ["Li", ""],
            "rating": ["4 / 5", ""],
        }
    )
    said = tables.readable(Reader("en", "CNY"), rows, list(rows))
    assert said.to_dict("list") == {
        "owner": ["Unassigned", "Unassigned"],
        "queue_trend": ["nothing to compare with", "better than a year ago"],
        "side": ["Not looked into", "our side"],
        "rep": ["Li", "Unassigned"],
        "rating": ["4 / 5", "Not rated"],
    }


def test_columns_in_which_nothing_stands_are_left_out_where_they_may_be():
    rows = pd.DataFrame(
        {"rep": ["", ""], "note": ["", None], "reasons": ["[]", "[]"], "made_on": [pd.NaT, pd.NaT], "who": ["Li", ""]}
    )
    assert tables.with_content(rows, list(rows), ("note", "reasons", "made_on", "who")) == ["rep", "who"]


def test_what_is_said_of_a_bill_in_hand_is_not_cut():
    said = "HP-2 · ¥25,000.00 · due day not known"
    assert tables._config("bill_in_hand", "Bill", pd.Series(["", said]))["width"] > 6 * len(said)


@pytest.mark.parametrize(("language", "amount", "days"), [("en", "Open", "CNY·d"), ("zh_CN", "未清", "CNY·天")])
def test_a_heading_names_the_currency_in_files_and_beside_other_currencies(language, amount, days):
    reader = Reader(language, "CNY")
    columns = ["open_base", "amount_days"]
    alone = tables.headings(reader, columns)
    assert alone["open_base"] == amount, "the head of the page names the currency"
    beside = tables.headings(reader, [*columns, "open_doc"])
    assert amount in beside["open_base"] and "CNY" in beside["open_base"] and days in beside["amount_days"]
    rows = pd.DataFrame({"open_base": [1.0], "amount_days": [2.0]})
    assert list(tables.named(reader, rows, columns)) == [beside[name] for name in columns], "a file has no head"


def reasons_page(times: int, **shape: bool) -> None:
    import json

    import pandas as pd

    from ui.i18n import Reader
    from ui.tables import table

    grew = {"code": "overdue_grew", "amount": 1000.0, "currency": "CNY"}
    rows = pd.DataFrame({"customer_id": ["C1"], "reasons": [json.dumps([grew] * times)]})
    table(Reader("en", "CNY"), rows, ["customer_id", "reasons"], key="t", alt="t", **shape)


@pytest.mark.parametrize(("times", "height"), [(1, None), (4, tables.WRAPPED)])
def test_long_reasons_go_on_in_further_lines(times, height):
    app = AppTest.from_function(reasons_page, kwargs={"times": times, "wraps": True}).run()
    assert not app.exception
    shown = app.dataframe[0]
    assert shown.value["reasons"].iloc[0].count("Overdue grew by 1,000 CNY") == times
    assert (shown.proto.row_height or None) == height
    assert json.loads(shown.proto.columns)["reasons"]["width"] <= tables.REASONS_WIDTH


def test_of_reasons_that_are_cut_the_first_words_stand_in_one_line_and_the_cell_holds_all():
    app = AppTest.from_function(reasons_page, kwargs={"times": 4, "cuts": True}).run()
    assert not app.exception
    shown = app.dataframe[0]
    assert shown.value["reasons"].iloc[0].count("Overdue grew by 1,000 CNY") == 4
    assert not shown.proto.row_height
    assert json.loads(shown.proto.columns)["reasons"]["width"] == tables.FIRST_WORDS_WIDTH


def test_an_amount_in_the_currency_of_the_books_is_not_said_twice():
    columns = words("invoice_id currency amount_doc amount_base")
    at_home = pd.DataFrame({"currency": ["CNY", "CNY"]})
    assert tables.said_once(Reader("en", "CNY"), at_home, columns) == ["invoice_id", "amount_base"]
    abroad = pd.DataFrame({"currency": ["CNY", "USD"]})
    assert tables.said_once(Reader("en", "CNY"), abroad, columns) == list(columns)


@pytest.mark.parametrize(("value", "shown"), [(-0.001, 0.0), (-0.006, -0.01), (Decimal("-12.346"), -12.35)])
def test_an_amount_in_a_table_that_rounds_to_nothing_has_no_minus(value: object, shown: float) -> None:
    rows = pd.DataFrame({"customer_id": ["C1"], "open_base": [value], "pattern": None, "run_day": None})
    found, _ = tables.on_page(Reader("en", "CNY"), rows.assign(run_weekday=None), COLUMNS)
    (amount,) = found["open_base"]
    assert (amount, math.copysign(1, amount)) == (shown, math.copysign(1, shown))


def script_of_further(language: str) -> None:
    from tests.test_ui_tables import COLUMNS, many
    from ui.i18n import Reader
    from ui.tables import table

    table(Reader(language, "CNY"), many(3), COLUMNS, key="t", alt="t", file_name="t", further=("habit",))


@pytest.mark.parametrize(("language", "label"), [("en", "All columns"), ("zh_CN", "显示全部列")])
def test_further_columns_stand_on_the_screen_once_they_are_asked_for(language, label):
    app = AppTest.from_function(script_of_further, args=(language,)).run()
    assert not app.exception
    assert list(app.dataframe[0].value) == ["customer_id", "open_base"]
    (asked,) = app.toggle
    assert asked.label == label
    asked.set_value(True).run()
    assert list(app.dataframe[0].value) == list(COLUMNS)
    app.toggle[0].set_value(False).run()
    assert list(app.dataframe[0].value) == ["customer_id", "open_base"]


def test_the_files_hold_the_further_columns(monkeypatch):
    filed = []
    monkeypatch.setattr(tables, "downloads", lambda _, frame, columns, **__: filed.append(columns))
    tables.table(Reader("en", "CNY"), many(3), COLUMNS, key="t", alt="t", file_name="t", further=("habit",))
    assert filed == [COLUMNS]


@pytest.mark.parametrize(("language", "never"), [("en", "not within a year"), ("zh_CN", "一年内难以收回")])
def test_a_forecast_that_ends_without_a_payment_names_no_day(language, never):
    days = pd.to_datetime(["2026-07-31", "2027-06-30", None])
    items = pd.DataFrame({"expected_pay_date": days, "is_beyond_forecast": [False, True, None]})
    reader = Reader(language, "CNY")
    shown, _ = tables.on_page(reader, items, ["expected_pay_date"])
    assert list(shown["expected_pay_date"]) == ["2026-07-31", never, ""]
    filed = tables.named(reader, items, ["expected_pay_date"])
    assert csv_bytes(filed).decode("utf-8-sig").splitlines()[1:] == ["2026-07-31", never, '""']
