"""The page of reps: targets set by the office show against actual; a rep sees only their own."""

import json

import pytest
from test_app_agreements import place
from test_app_pages import ask, healthy, opened, turned_to

from pipelines import i18n
from pipelines.collecting import follow_up
from pipelines.reporting import queries_reps
from pipelines.reporting.queries import Scope

__all__ = ["place"]


def page(place, language="en", **address):
    return opened(place["home"], place["patch"], "results", lang=language, **address)


def save(app):
    return next(each for each in app.get("button") if str(each.key).startswith("targets."))


def lines(app) -> int:
    """How many figures the chart of the weeks shows."""
    return len(json.loads(app.get("plotly_chart")[0].proto.spec)["data"])


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_targets_proposed_from_the_forecast_are_saved(place, language):
    app = page(place, language)
    healthy(app, language)
    assert lines(app) == 1, "no line, and no name of one, of targets that nobody has set"
    save(app).click().run()
    healthy(app, language)
    assert lines(app) == 2
    (note,) = follow_up.notes(place["settings"], kind="target")
    assert note.payload.rep == app.selectbox(key="results_rep").value
    assert all(week.amount >= 0 for week in note.payload.weeks) and note.payload.weeks
    card = turned_to(app, "results", i18n.translate(language, "results.scorecard")).dataframe[-1].value
    assert card["collected_base"].sum() > 0 and (card["charge_base"] >= 0).all()


def test_a_rep_sees_their_own_result_and_cannot_set_targets(place):
    rep = ask(place["home"], queries_reps.balances, Scope())["rep"].iloc[-1]
    app = page(place, role="rep", me=rep)
    healthy(turned_to(app, "results", "Scorecard"), "en")
    assert app.dataframe[-1].value["rep"].tolist() == [rep]
    assert not [each for each in app.get("button") if str(each.key).startswith("targets.")]
