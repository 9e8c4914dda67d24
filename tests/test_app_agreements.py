"""The page of promises and plans: what it shows, a plan stored, and every refusal beside its field."""

import datetime as dt
from decimal import Decimal

import pytest
from test_app_pages import ask, healthy, opened

from pipelines.collecting import agreements, follow_up, journal
from pipelines.collecting.agreements import Part
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_collect, queries_payers
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

TODAY = journal.business_day(Settings())


@pytest.fixture
def place(sample_copy, monkeypatch):
    """A warehouse to write to, its customer with most overdue, and what that customer owes."""
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    whom = (first["entity_id"], first["customer_id"])
    owed = ask(sample_copy, queries_collect.debts, Scope(), *whom)[0]
    return {
        "home": sample_copy,
        "settings": Settings(home=sample_copy),
        "whom": whom,
        "owed": owed,
        "patch": monkeypatch,
    }


def page(place, language="en"):
    entity, customer = place["whom"]
    return opened(place["home"], place["patch"], "agreements", lang=language, entity=entity, customer=customer)


def field(app, kind, name):
    return next(each for each in app.get(kind) if str(each.key).endswith(f".{name}"))


def plans(place):
    return follow_up.notes(place["settings"], kind="plan")


def refusals(app) -> list[str]:
    return [each.value for each in app.markdown if each.value.startswith(":red[:material/error:")]


@pytest.mark.parametrize(("language", "said"), [("en", "where the weeks shown end"), ("zh_CN", "在图中最后一周")])
def test_what_of_a_plan_lies_beyond_the_weeks_shown_is_said(place, language, said):
    """The sample's books end long before today, so that every instalment lies after the thirteen weeks."""
    app = page(place, language)
    (line,) = [each.value for each in app.caption if said in each.value]
    total = place["owed"]["overdue"].quantize(Decimal("0.01"))
    assert f"{total:,.2f}" in line.replace("\\", "")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_plan_over_the_overdue_money_is_proposed_and_stored(place, language):
    app = page(place, language)
    healthy(app, language)
    field(app, "button", "save").click().run()
    healthy(app, language)
    (plan,) = plans(place)
    assert plan.payload.total == place["owed"]["overdue"].quantize(Decimal("0.01"))
    assert len(plan.payload.instalments) == 3
    app = page(place, language)
    healthy(app, language)
    assert len(app.dataframe[0].value) >= 0
    assert any("1\\." in each.value for each in app.markdown), "the open plan stands on the page"


def test_a_plan_above_the_debt_is_refused_at_its_field_and_the_rest_is_kept(place):
    app = page(place)
    field(app, "text_input", "note").set_value("agreed by phone")
    field(app, "number_input", "total").set_value(1e9).run()
    field(app, "button", "save").click().run()
    assert plans(place) == []
    assert len(refusals(app)) == 1 and "owed" in refusals(app)[0]
    assert field(app, "text_input", "note").value == "agreed by phone"
    assert field(app, "number_input", "total").value == 1e9


def test_a_plan_that_does_not_add_up_or_lies_in_the_past_is_refused_row_by_row(place, monkeypatch):
    days = [TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=9)]
    monkeypatch.setattr(agreements, "schedule", lambda *_: [Part(day, Decimal(10)) for day in days])
    app = page(place)
    field(app, "button", "save").click().run()
    assert plans(place) == []
    said = " ".join(refusals(app))
    assert "add up" in said and "Row 1" in said and "has passed" in said


def test_of_two_people_ending_one_plan_the_second_is_told(place):
    rows = [{"due_on": TODAY + dt.timedelta(days=9), "amount": "100"}]
    plan = {"total": "100", "currency": place["owed"]["currency"], "instalments": rows}
    made = journal.append(
        place["settings"], "plan", Subject(*place["whom"]), plan, who="Li", debt=place["owed"]["owed"]
    )
    app = page(place)
    journal.close(place["settings"], made.id, {"outcome": "cancelled"}, who="Li")
    app.button(key=f"replaced-{made.id}").click().run()
    assert any("Li has already closed this" in each.value for each in app.toast)
    assert [note.outcome for note in plans(place)] == ["cancelled"]


def test_what_was_agreed_stands_in_the_list_and_cannot_smuggle_markup(place):
    promise = {"promised_on": TODAY, "amount": "100", "currency": place["owed"]["currency"], "made_by": "=1+1"}
    journal.append(
        place["settings"], "promise", Subject(*place["whom"]), promise, who="*Li*", debt=place["owed"]["owed"]
    )
    app = page(place)
    healthy(app, "en")
    shown = app.dataframe[0].value
    assert shown["agreed_state"].tolist() == ["Open"] and shown["promised_doc"].tolist() == [100.0]


def test_a_promise_of_no_single_invoice_names_none_beside_one_that_does(place):
    owed = place["owed"]
    promise = {"promised_on": TODAY, "amount": "100", "currency": owed["currency"]}
    for subject in (Subject(*place["whom"]), Subject(*place["whom"], "B-1")):
        journal.append(place["settings"], "promise", subject, promise, who="Li", debt=owed["owed"])
    app = page(place)
    assert {"Promise", "Promise · B-1"} <= set(app.dataframe[0].value["about"])


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_plan_and_a_sanction_stand_on_the_payers_page(place, language):
    about, currency = Subject(*place["whom"]), place["owed"]["currency"]
    rows = [{"due_on": TODAY + dt.timedelta(days=9 + month), "amount": "100"} for month in range(2)]
    plan = {"total": "200", "currency": currency, "instalments": rows}
    journal.append(place["settings"], "plan", about, plan, who="Li", debt=place["owed"]["owed"])
    journal.append(place["settings"], "ladder_step", about, {"step": "stop_supply"}, who="Li")
    address = {"lang": language, "entity": about.entity_id, "customer": about.customer_id}
    app = opened(place["home"], place["patch"], "payer", **address)
    healthy(app, language)
    badges = [each.value for each in app.markdown if "-badge[" in each.value]
    assert any(":material/calendar_month:" in badge for badge in badges)
    assert any(":material/stairs:" in badge for badge in badges)
    assert app.info, "a plan that runs keeps the customer off the list, and the page says so"
