"""The page of escalation and law: steps and stages entered by a person, refused beside their field."""

import datetime as dt

import pytest
from test_app_agreements import field, place, refusals
from test_app_pages import healthy, opened

from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject
from pipelines.settings import Settings

__all__ = ["place"]
TODAY = journal.business_day(Settings())


def page(place, language="en"):
    entity, customer = place["whom"]
    return opened(place["home"], place["patch"], "escalation", lang=language, entity=entity, customer=customer)


def button(app, name: str):
    return next(each for each in app.get("button") if str(each.key).startswith(f"{name}.") and ".save" in each.key)


def entered(place, kind):
    return follow_up.notes(place["settings"], kind=kind)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_step_is_stored_with_its_exposure_and_shows_at_once(place, language):
    app = page(place, language)
    healthy(app, language)
    assert "overdue_then_base" not in app.dataframe[1].value, "nobody is on the ladder yet"
    button(app, "ladder").click().run()
    healthy(app, language)
    (note,) = entered(place, "ladder_step")
    assert (note.payload.step, note.payload.direction) == ("stop_supply", "up")
    assert note.payload.overdue_base == place["owed"]["overdue"].quantize(note.payload.overdue_base)
    board = app.dataframe[1].value
    assert board["overdue_then_base"].dropna().tolist() == [float(note.payload.overdue_base)]


def test_law_without_a_named_approver_is_refused_and_the_reason_is_kept(place):
    app = page(place)
    field(app, "selectbox", "step_up").set_value("law")
    field(app, "text_input", "note").set_value("Plant is being sold")
    button(app, "ladder").click().run()
    assert entered(place, "ladder_step") == []
    assert len(refusals(app)) >= 1
    assert field(app, "text_input", "note").value == "Plant is being sold"
    field(app, "text_input", "approver").set_value("Li")
    button(app, "ladder").click().run()
    assert [note.payload.approver for note in entered(place, "ladder_step")] == ["Li"]


def test_a_stage_without_its_name_or_in_the_future_is_refused(place):
    app = page(place)
    field(app, "date_input", "happened_on").set_value(TODAY + dt.timedelta(days=3))
    button(app, "legal").click().run()
    assert entered(place, "legal_stage") == []
    field(app, "selectbox", "stage").set_value("lawyer_letter")
    button(app, "legal").click().run()
    assert len(refusals(app)) == 1 and "has not come yet" in refusals(app)[0]
    field(app, "date_input", "happened_on").set_value(TODAY)
    field(app, "text_input", "document").set_value("EMS 1")
    field(app, "number_input", "cost").set_value(2000.0)
    button(app, "legal").click().run()
    healthy(app, "en")
    (note,) = entered(place, "legal_stage")
    assert (note.payload.stage, note.payload.document, note.payload.cost) == ("lawyer_letter", "EMS 1", 2000)


def test_a_step_on_an_outdated_page_says_who_was_first(place):
    app = page(place)
    step = {"step": "stop_supply"}
    journal.append(place["settings"], "ladder_step", Subject(*place["whom"]), step, who="Li")
    button(app, "ladder").click().run()
    assert len(entered(place, "ladder_step")) == 1
