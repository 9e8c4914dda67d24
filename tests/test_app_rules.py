"""The office's pages: rules with their effect before saving, blockers, visits, print, what works, early warnings."""

import datetime as dt

import pytest
from test_app_pages import ask, healthy, opened, turned_to

from pipelines import i18n
from pipelines.collecting import follow_up, journal, policies
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_blockers, queries_calls, queries_priority
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from pipelines.settings_policy import PRIORITY_COMPONENTS, StrategyRule

LANGUAGES = ("en", "zh_CN")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["weights", "strategy_rules", "calls_by_rep"])
def test_the_rules_show_what_is_in_force_and_offer_nothing_to_save(sample_warehouse, monkeypatch, part, language):
    app = opened(sample_warehouse, monkeypatch, "rules", lang=language)
    app.segmented_control(key="rules_part").set_value(part).run()
    healthy(app, language)
    assert app.button(key=f"save-{part}").disabled


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_counts_at_once_where_it_can_and_says_who_made_it(sample_copy, monkeypatch, language):
    settings = Settings(home=sample_copy)
    rep = ask(sample_copy, queries_calls.reps, Scope())["rep"][0]
    policies.decide(settings, "calls_by_rep", {rep: 2}, who="王总")
    policies.decide(settings, "weights", {"age": 1.0}, who="王总")
    calls = opened(sample_copy, monkeypatch, "calls", lang=language, role="rep", me=rep)
    healthy(calls, language)
    ends = {"en": "The day's 2 contacts end here", "zh_CN": "今日可联系 2 家"}[language]
    assert any(ends in each.value for each in calls.markdown)
    rules = opened(sample_copy, monkeypatch, "rules", lang=language)
    healthy(rules, language)
    assert any("王总" in each.value for each in rules.caption)
    assert len(rules.metric) == 3, "the build has other weights, so the effect shows who will move"
    rules.button(key="reset-weights").click().run()
    assert policies.in_force(settings).priority_weights == settings.priority_weights


def test_a_rep_may_not_change_the_rules(sample_warehouse, monkeypatch):
    with pytest.raises(ValueError, match="rules"):
        opened(sample_warehouse, monkeypatch, "rules", lang="en", role="rep")


def test_the_effect_of_weights_on_the_sample_moves_customers_and_keeps_ranks_whole(sample_warehouse):
    age_only = tuple((name, float(name == "age")) for name in PRIORITY_COMPONENTS)
    found = ask(sample_warehouse, queries_priority.trial, Scope(), age_only)
    assert sorted(found["new_rank"]) == sorted(found["old_rank"]) == list(range(1, len(found) + 1))
    assert (found["moved"] != 0).any() and found["moved"].sum() == 0
    rules = (StrategyRule(strategy="partner", method="visit"),)
    changed = ask(sample_warehouse, queries_priority.strategies, Scope(), rules)
    assert set(changed["new_strategy"]) == {"partner"}
    assert len(changed) == sum(ask(sample_warehouse, queries_calls.reps, Scope())["customers"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_visits_are_listed_by_region_and_the_list_prints(sample_warehouse, monkeypatch, language):
    rep = ask(sample_warehouse, queries_calls.reps, Scope())["rep"][0]
    app = opened(sample_warehouse, monkeypatch, "calls", lang=language, role="rep", me=rep)
    app.segmented_control(key="calls_shape").set_value("visits").run()
    healthy(app, language)
    calls = ask(sample_warehouse, queries_calls.call_list, Scope(reps=(rep,)), rep)
    visits = calls[calls["next_action"] == "visit"]
    shown = [name for table in app.dataframe for name in table.value.get("customer_name", [])]
    assert sorted(shown) == sorted(visits["customer_name"])
    assert {"calls.html", "calls.ics"} <= {each.key for each in app.get("download_button")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_blocker_is_told_for_several_invoices_at_once(sample_copy, monkeypatch, language):
    items = ask(sample_copy, queries_blockers.overdue_items, Scope())
    app = opened(sample_copy, monkeypatch, "blockers", lang=language)
    healthy(app, language)
    subjects = tuple(Subject(row.entity_id, row.customer_id, row.invoice_id) for row in items.head(3).itertuples())
    payload = {"side": "ours", "reason": "invoice_fault", "owner": "王敏"}
    journal.append_all(Settings(home=sample_copy), "blocker", dict.fromkeys(subjects, payload), who="boss")
    app.run()
    healthy(app, language)
    ours = {"en": "Waits for us", "zh_CN": "卡在我方"}[language]
    assert {each.label: each.value for each in app.metric}[ours][0] != "0"
    healthy(turned_to(app, "blockers", i18n.translate(language, "blockers.tab_faults")), language)
    faults = next(table.value for table in app.dataframe if "days_lost" in table.value)
    assert len(faults) == 3 and (faults["days_lost"] > 0).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_works_shows_logged_contacts(sample_copy, monkeypatch, language):
    settings = Settings(home=sample_copy)
    rep = ask(sample_copy, queries_calls.reps, Scope())["rep"][0]
    calls = ask(sample_copy, queries_calls.call_list, Scope(), rep).head(5)
    for number, row in enumerate(calls.to_dict("records")):
        payload = {
            "method": "call", "result": "reached", "next_action": "call", "next_on": "2026-07-30", "fallback": "visit",
            "planned": row["next_action"], "payer_class": row["payer_class"],
        }  # fmt: skip
        at = dt.datetime(2026, 5, 4 + number, 4, tzinfo=dt.UTC)
        subject = Subject(row["entity_id"], row["customer_id"])
        journal.append(settings, "contact", subject, payload, who=rep, now=at)
    app = opened(sample_copy, monkeypatch, "effects", lang=language)
    healthy(app, language)
    assert app.metric[0].value == "5"
    assert app.dataframe[0].value["contacts"].sum() + app.dataframe[0].value["waiting"].sum() == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_narrows_the_early_warnings(sample_warehouse, monkeypatch, language):
    app = opened(sample_warehouse, monkeypatch, "warnings", lang=language)
    next(each for each in app.get("button_group") if each.key == "warnings_sign").set_value("is_slower").run()
    healthy(app, language)
    found = ask(sample_warehouse, queries_priority.early_warnings, Scope())
    assert len(app.dataframe[0].value) == found["is_slower"].sum() > 0


def test_a_contact_keeps_what_the_list_advised(sample_copy, monkeypatch):
    settings = Settings(home=sample_copy)
    rep = ask(sample_copy, queries_calls.reps, Scope())["rep"][0]
    first = ask(sample_copy, queries_calls.call_list, Scope(), rep).iloc[0]
    app = opened(sample_copy, monkeypatch, "calls", lang="en", role="rep", me=rep)
    app.button(key=f"log-{first['entity_id']}-{first['customer_id']}").click().run()
    next(each for each in app.get("button_group") if str(each.key).endswith(".result")).set_value("reached").run()
    next(each for each in app.button if str(each.key).endswith(".save")).click().run()
    (note,) = follow_up.notes(settings)
    assert (note.payload.planned, note.payload.payer_class) == (first["next_action"], first["payer_class"])
