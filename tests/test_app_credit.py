"""The page of credit and margin: a gross margin entered shows at once; out of range is refused."""

import pytest
from test_app_agreements import field, place, refusals
from test_app_pages import healthy, opened

from pipelines import follow_up

__all__ = ["place"]


def page(place, language="en"):
    entity, customer = place["whom"]
    return opened(place["home"], place["patch"], "credit", lang=language, entity=entity, customer=customer)


def save(app):
    return next(each for each in app.get("button") if str(each.key).startswith("margin.") and ".save" in each.key)


def metric(app, label):
    return next(each.value for each in app.metric if each.label == label)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_without_gross_margins_no_margin_is_shown_and_the_page_says_so(place, language):
    app = page(place, language)
    healthy(app, language)
    assert app.warning and app.dataframe[-1].value["margin_base"].isna().all()


def test_a_margin_out_of_range_is_refused_and_a_good_one_shows_at_once(place):
    app = page(place)
    field(app, "number_input", "percent").set_value(140.0)
    save(app).click().run()
    assert len(refusals(app)) == 1 and follow_up.notes(place["settings"]) == []
    field(app, "number_input", "percent").set_value(22.5)
    save(app).click().run()
    healthy(app, "en")
    rows = app.dataframe[-1].value
    assert rows["gross_share"].dropna().round(4).tolist() == [0.225]
    assert metric(app, "Margin after costs") != "–"
