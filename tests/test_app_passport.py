"""Passports on the pages: every key figure opens one, in both languages, and nothing is computed before it is asked."""

import datetime as dt
import json

import pytest

from pipelines import i18n
from pipelines.building import publish
from pipelines.importing import imports
from pipelines.reporting import passports
from pipelines.reporting.passport_figures import FIGURES
from pipelines.settings import Settings
from tests.oracle_builds import unscored
from tests.test_app_pages import healthy, opened, texts
from ui.definitions import GROUPS

ON_PAGES = {
    "overview": (
        *("outstanding", "overdue", "overdue_ratio", "dso_countback", "add_days", "cei", "overdue_customers"),
        *("p_late_weighted", "aging", "dso_family"),
    ),
    "behaviour": ("days_late", "days_late_with_open", "days_to_pay", "days_late_before", "at_risk_rate"),
    "cash": ("cash_to_come", "cash_soon", "cash_expected", "cash_later"),
    "rolls": ("roll_rate", "provision"),
    "aging": ("aging",),
}


def test_every_figure_with_a_passport_has_a_definition():
    assert set(FIGURES) <= {name for names in GROUPS.values() for name in names}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("page", ON_PAGES)
def test_each_key_figure_opens_its_passport(sample_warehouse, monkeypatch, page, language):
    asked = []
    make = passports.passport
    monkeypatch.setattr(passports, "passport", lambda *given: asked.append(given) or make(*given))
    app = opened(sample_warehouse, monkeypatch, page, lang=language)
    assert asked == []
    say = i18n.catalogue(language)
    for name in ON_PAGES[page]:
        app.button(key=f"passport_{name}").click().run()
        healthy(app, language, f"{page}: {name}")
        said = " ".join(texts(app))
        assert say["passport.with_numbers"] in said and say["passport.holds"] in said, name
        assert say["passport.left_out"] in said and app.get("latex"), name


def test_a_passport_follows_the_month_that_is_chosen(sample_warehouse, monkeypatch):
    app = opened(sample_warehouse, monkeypatch, lang="en")
    app.button(key="passport_dso_countback").click().run()
    assert any("At 2026-06-30" in each.value for each in app.caption)
    app.session_state["passport_month"] = dt.date(2025, 12, 31)
    app.button(key="passport_dso_countback").click().run()
    healthy(app, "en")
    assert any("At 2025-12-31" in each.value for each in app.caption)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_bridge_to_an_earlier_build_is_shown_and_complete(sample_copy, monkeypatch, language):
    settings = Settings(home=sample_copy)
    last = next(each for each in imports.list_imports(settings) if each.file_name == "receipts_2026H1.xlsx")
    imports.retract(settings, last.import_id)
    publish.build(settings, score=unscored)
    app = opened(sample_copy, monkeypatch, "imports", lang=language, role="analyst")
    app.session_state["known_against"] = True
    app.run()
    healthy(app, language)
    say = i18n.catalogue(language)
    assert say["bridge.explained"] in " ".join(texts(app))
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["data"][0]["type"] == "waterfall"
    assert [name for name in app.selectbox(key="bridge_part").options if name == say["code.part.retracted"]]
