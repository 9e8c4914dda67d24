"""The page of financing and bills: the comparison, and bills entered and moved by a person."""

import datetime as dt
from decimal import Decimal

import duckdb
import pandas as pd
import pytest
from test_app_agreements import field, place, refusals
from test_app_pages import healthy, opened

from pipelines.building import builds
from pipelines.collecting import bills, follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.settings import Settings
from ui import financing_parts, tables
from ui.formats import money
from ui.i18n import Reader

__all__ = ["place"]
TODAY = journal.business_day(Settings())


def page(place, language="en"):
    entity, customer = place["whom"]
    return opened(place["home"], place["patch"], "financing", lang=language, entity=entity, customer=customer)


def button(app, name: str):
    return next(each for each in app.get("button") if str(each.key).startswith(f"{name}.") and ".save" in each.key)


def states(place) -> list[str]:
    settings = place["settings"]
    day = Day(TODAY, settings, follow_up.by_customer(follow_up.notes(settings)))
    return [note.payload.state for note in bills.standing(day)]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_bill_comes_in_and_moves_on(place, language):
    app = page(place, language)
    healthy(app, language)
    button(app, "bill").click().run()
    assert states(place) == [] and len(refusals(app)) == 3, "number, amount and day are missing"
    field(app, "text_input", "number").set_value("=1+1")
    field(app, "number_input", "amount").set_value(5000.0)
    field(app, "date_input", "due_on").set_value(TODAY + dt.timedelta(days=40))
    button(app, "bill").click().run()
    healthy(app, language)
    assert states(place) == ["received"]
    button(app, "move").click().run()
    assert len(refusals(app)) == 1
    field(app, "button_group", "state").set_value("cleared")
    field(app, "date_input", "state_on").set_value(TODAY)
    button(app, "move").click().run()
    healthy(app, language)
    assert states(place) == ["cleared"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_open_items_of_a_payer_say_what_a_bill_covers_of_each(place, language):
    """A bill of 50 more than the two instalments open of an invoice covers each with what is open of it."""
    with duckdb.connect(str(builds.current(place["settings"])), read_only=True) as con:
        entity, customer, invoice = con.execute(
            "select entity_id, customer_id, invoice_id from fct_open_items where currency = 'CNY' and open_doc > 0 "
            "group by all having count(*) = 2 and min(due_date) < max(due_date) order by all limit 1"
        ).fetchone()
        parts = [
            amount
            for (amount,) in con.execute(
                "select open_doc from fct_open_items where entity_id = ? and invoice_id = ? order by due_date",
                [entity, invoice],
            ).fetchall()
        ]
    whole = sum(parts) + 50
    payload = {"number": "B-77", "amount": whole, "currency": "CNY", "due_on": TODAY}
    journal.append(place["settings"], "bill", Subject(entity, customer, invoice), payload, who="Cashier")
    app = opened(place["home"], place["patch"], "payer", lang=language, entity=entity, customer=customer)
    healthy(app, language)
    shown = next(each.value for each in app.dataframe if "bill_in_hand" in each.value)
    reader = Reader(language, "CNY")
    said = [
        reader.t("payer.bill_part", part=money(reader, part, "CNY"), whole=money(reader, whole, "CNY"))
        for part in parts
    ]
    assert list(shown.loc[shown["invoice_id"] == invoice, "bill_in_hand"]) == [
        f"B-77 · {each} · {TODAY:%Y-%m-%d}" for each in said
    ]
    assert not shown.loc[shown["invoice_id"] != invoice, "bill_in_hand"].str.contains("B-77").any()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_bill_older_than_one_can_run_is_marked_and_one_that_may_still_run_is_not(place, language):
    for number, days in (("OLD", 300), ("NEW", 30)):
        payload = {
            "number": number, "amount": Decimal(700), "currency": "CNY", "due_on": TODAY,
            "state_on": TODAY - dt.timedelta(days=days),
        }  # fmt: skip
        journal.append(place["settings"], "bill", Subject(*place["whom"], None), payload, who="Cashier")
    app = page(place, language)
    healthy(app, language)
    shown = next(each.value for each in app.dataframe if "bill_state" in each.value).set_index("bill_number")
    reader = Reader(language, "CNY")
    assert dict(shown["to_ask"]) == {"OLD": reader.t("financing.outlived"), "NEW": ""}
    assert reader.t("financing.outlived_count", count=1) in [each.value for each in app.warning]


@pytest.mark.parametrize(
    ("received_on", "until"),
    [
        ("2022-03-31", "2023-03-31"),
        ("2022-12-31", "2023-12-31"),
        ("2023-01-01", "2023-12-31"),  # it may have been drawn in 2022
        ("2023-08-31", "2024-02-29"),
        ("2026-01-15", "2026-07-15"),
    ],
)
def test_a_bill_runs_six_months_and_twelve_where_it_was_drawn_before_2023(received_on, until):
    last = dt.date.fromisoformat(until)
    assert bills.runs_until(dt.date.fromisoformat(received_on)) == last
    found = pd.DataFrame({"received_on": [received_on, received_on, None], "currency": ["CNY", "USD", "CNY"]})
    found["received_on"] = pd.to_datetime(found["received_on"])
    assert list(bills.outlived(found, last)) == [False] * 3
    assert list(bills.outlived(found, last + dt.timedelta(days=1))) == [True, False, False]
    cleared = found.assign(bill_state="cleared")
    assert not bills.outlived(cleared, last + dt.timedelta(days=1)).any()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_instalments_of_an_invoice_are_told_apart(place, language):
    with duckdb.connect(str(builds.current(place["settings"])), read_only=True) as con:
        entity, customer, invoice = con.execute(
            "select entity_id, customer_id, invoice_id from fct_open_items where open_base > 0 "
            "group by all having count(*) = 2 order by all limit 1"
        ).fetchone()
    app = opened(place["home"], place["patch"], "financing", lang=language, entity=entity, customer=customer)
    healthy(app, language)
    items = app.dataframe[0].value
    numbers = sorted(items.loc[items["invoice_id"] == invoice, "instalment_no"])
    assert len(set(numbers)) == 2
    options = next(each.options for each in app.selectbox if str(each.key).startswith("item-"))
    reader = Reader(language, "CNY")
    starts = tuple(f"{invoice} · {reader.t('financing.instalment_no', number=number)} · " for number in numbers)
    assert len([each for each in options if each.startswith(starts)]) == 2


def test_cheaper_money_makes_waiting_the_cheapest(place):
    app = page(place)
    best = app.dataframe[0].value
    assert (best["saved_base"] >= -0.005).all()
    app.number_input(key="financing_carrying_rate").set_value(0.0).run()
    healthy(app, "en")
    assert set(app.dataframe[0].value["option_cost_base"]) == {0.0}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_bills_that_only_the_exports_know_are_listed_with_their_sum(place, language):
    app = page(place, language)
    healthy(app, language)
    settings = place["settings"]
    with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
        held = con.execute("select bill_number, amount_doc from fct_bills_in_hand where basis = 'ledger'").fetchall()
    assert held, "the sample holds bills that clear after its day"
    listed = next(each.value for each in app.dataframe if "bill_number" in each.value)
    assert sorted(listed["bill_number"]) == sorted(number for number, _ in held)
    assert listed["amount_doc"].sum() == pytest.approx(float(sum(amount for _, amount in held)))


def test_the_file_of_bills_holds_those_beyond_the_list(place, monkeypatch):
    """The list is cut to one line, so that the sample has more."""
    filed = []
    monkeypatch.setattr(financing_parts, "MOST", 1)
    monkeypatch.setattr(tables, "downloads", lambda *_, **__: filed.append((_[1], __["file_name"])))
    app = page(place)
    healthy(app, "en")
    listed = next(each.value for each in app.dataframe if "bill_number" in each.value)
    rows = next(rows for rows, name in filed if name == "bills-exports")
    with duckdb.connect(str(builds.current(place["settings"])), read_only=True) as con:
        held = con.execute("select bill_number from fct_bills_in_hand where basis = 'ledger'").fetchall()
    assert len(listed) == 1 < len(held)
    assert sorted(rows()["bill_number"]) == sorted(number for (number,) in held)
    assert any("the files hold all of them" in each.value for each in app.caption)
