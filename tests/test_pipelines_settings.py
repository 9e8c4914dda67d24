"""Where settings come from: the file, the environment over it, and what a caller gives over both."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines import i18n
from pipelines.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> None:
    Path("firstpaid.toml").write_text(text, encoding="utf-8")


def test_the_environment_wins_over_the_file_and_the_caller_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    write("calls_per_rep = 5\nquiet_days = 9\nhome = 'there'\nbucket_edges = [0, 15]\n")
    monkeypatch.setenv("FIRSTPAID_CALLS_PER_REP", "7")
    monkeypatch.setenv("firstpaid_bucket_edges", "[0, 10, 20]")
    monkeypatch.setenv("FIRSTPAID_LANGUAGE", "en")  # no setting, and meant for others
    found = Settings(home=Path("here"))
    assert (found.calls_per_rep, found.quiet_days, found.home) == (7, 9, Path("here"))
    assert found.bucket_edges == (0, 10, 20)


def test_tables_of_file_and_environment_are_merged_name_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[people.ann]\nrole = 'rep'\nrep = 'Ann'\n[people.bo]\nrole = 'analyst'\n")
    monkeypatch.setenv("FIRSTPAID_PEOPLE__BO__ROLE", "manager")
    people = Settings().people
    assert {name: person.role for name, person in people.items()} == {"ann": "rep", "bo": "manager"}
    assert people["ann"].rep == "Ann"


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("calls_per_rep = 'many'", "calls_per_rep", "int_parsing"),
        ("calls_per_rap = 5", "calls_per_rap", "extra_forbidden"),
        ("calls_per_rep = ", "firstpaid.toml", "toml"),
        ("people = 5", "people", "dict_type"),
        ("timezone = 'Mars/One'", "timezone", "zone_known"),
        ("timezone = '../etc'", "timezone", "zone_known"),
        ("timezone = ''", "timezone", "zone_known"),
        ("base_currency = 'yuan'", "base_currency", "currency_code"),
        ("ladder = { law = { days = 180 } }", "ladder", "ladder_steps"),
        ("priority_weights = { beauty = 1 }", "priority_weights", "weights_known"),
        ("priority_weights = { money = 0 }", "priority_weights", "weights_above"),
        ("strategy_rules = []", "strategy_rules", "rules_fit_all"),
        ("calls_by_rep = { Li = -1 }", "calls_by_rep", "calls_a_day"),
        ("notice_steps = []", "notice_steps", "notices_rise"),
        ("notice_steps = [{}]", "notice_steps.0.day", "missing"),
        ("people = { a = { role = 'king' } }", "people.a.role", "literal_error"),
        ("factoring_advance = 0", "factoring_advance", "greater_than"),
        ("late_grace_days = 30", "very_late_days", "very_late_above"),
        ("default_entity = 5", "default_entity", "string_type"),
    ],
)
def test_a_mistake_in_the_file_is_named_in_both_languages(text: str, name: str, kind: str) -> None:
    write(text)
    with pytest.raises(ValidationError) as raised:
        Settings()
    found = raised.value.errors()[0]
    assert (".".join(map(str, found["loc"])), found["type"]) == (name, kind)
    assert i18n.mistake("en", found) != i18n.mistake("zh_CN", found)


def test_a_list_in_the_environment_that_is_cut_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTPAID_BUCKET_EDGES", "[0, 30")
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert (raised.value.errors()[0]["loc"], raised.value.errors()[0]["type"]) == (("bucket_edges",), "tuple_type")


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTPAID_HOME", "")
    monkeypatch.setenv("FIRSTPAID_CALLS_PER_REP", "")
    assert (Settings().home, Settings().calls_per_rep) == (Path("data/warehouse"), 25)
