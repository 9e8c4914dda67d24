"""The page of credit and margin: a gross margin entered shows at once; out of range is refused."""

import datetime as dt

import pytest
from small_ledgers import built
from test_app_agreements import field, place, refusals
from test_app_pages import healthy, opened, turned_to

from pipelines import i18n
from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject

__all__ = ["place"]


def page(place, language="en"):
    entity, customer = place["whom"]
    app = opened(place["home"], place["patch"], "credit", lang=language, entity=entity, customer=customer)
    return turned_to(app, "credit", i18n.translate(language, "credit.margin"))


def save(app):
    return next(each for each in app.get("button") if str(each.key).startswith("margin.") and ".save" in each.key)


def metric(app, label):
    return next(each.value for each in app.metric if each.label == label)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_without_gross_margins_no_margin_is_shown_and_the_page_says_so(place, language):
    app = page(place, language)
    healthy(app, language)
    shown = app.dataframe[-1].value
    assert app.warning and "carrying_base" in shown
    assert not {"verdict", "gross_share", "gross_base", "margin_base", "margin_share"} & set(shown), "no blank columns"


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


def test_a_payers_timeline_shows_plans_stages_bills_and_margins(place):
    owed, today = place["owed"], journal.business_day(place["settings"])
    later = today + dt.timedelta(days=20)
    about = Subject(*place["whom"])
    plan = {"total": "100", "currency": owed["currency"], "instalments": [{"due_on": later, "amount": "100"}]}
    stage = {
        "stage": "lawyer_letter",
        "happened_on": today,
        "document": "<b>EMS</b> 1",
        "cost": "2000",
        "next_on": later,
    }
    bill = {"number": "B-7", "amount": "50", "currency": "CNY", "due_on": later}
    entries = {"plan": plan, "legal_stage": stage, "bill": bill, "margin": {"percent": "18"}}
    for kind, payload in entries.items():
        journal.append(place["settings"], kind, about, payload, who="R", debt=owed["owed"])
    journal.append(place["settings"], "ladder_step", about, {"step": "stop_supply"}, who="R")
    for language in ("en", "zh_CN"):
        address = {"entity": about.entity_id, "customer": about.customer_id}
        app = opened(place["home"], place["patch"], "payer", lang=language, **address)
        healthy(app, language)
        said = " ".join(each.value for each in [*app.markdown, *app.caption])
        assert "B\\-7" in said and r"\<b\>EMS" in said and "18" in said


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_where_no_customer_has_a_limit_nothing_is_said_to_be_above_it(tmp_path, monkeypatch, language):
    invoices = "Invoice No,Customer ID,Invoice Date,Due Date,Amount\nA1,C1,2026-05-01,2026-05-31,100"
    built(tmp_path, "2026-06-30", {"invoices": invoices}).close()
    app = opened(tmp_path / "warehouse", monkeypatch, "credit", lang=language)
    healthy(app, language)
    shown = next(each for each in app.metric if each.label == i18n.translate(language, "credit.over_limit"))
    assert (shown.value, shown.help) == ("–", i18n.translate(language, "credit.over_limit_unknown"))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_sales_that_lists_of_open_items_tell_are_said_not_to_be_all(tmp_path, monkeypatch, language):
    header = "Customer ID,Invoice No,Invoice Date,Due Date,Open Amount"
    lists = {
        "open items 2026-05-31": f"{header}\nC1,A1,2026-05-01,2026-05-31,100",
        "open items 2026-06-30": f"{header}\nC1,A2,2026-06-01,2026-06-15,70",
    }
    built(tmp_path, "2026-06-30", lists).close()
    app = opened(tmp_path / "warehouse", monkeypatch, "credit", lang=language)
    healthy(app, language)
    said = i18n.translate(language, "credit.of_lists", day="2026-05-31")
    assert any(said in each.value for each in app.caption)
