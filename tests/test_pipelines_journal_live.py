"""The journal kept up to date entry by entry reads the same as the whole journal read anew."""

import datetime as dt
from pathlib import Path

import pytest

from pipelines.collecting import follow_up, journal, journal_live
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_live import Standing, standing
from pipelines.settings import Settings

NOW = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def task(settings: Settings, customer: str, title: str = "call back") -> journal.Entry:
    payload = {"title": title, "owner": "R1", "due_on": NOW.date()}
    return journal.append(settings, "task", Subject("main", customer), payload, who="R1", now=NOW)


def read_anew(settings: Settings) -> dict[follow_up.Customer, list[follow_up.Note]]:
    return follow_up.by_customer(follow_up.notes(settings))


def test_before_the_first_entry_there_is_nothing(settings):
    assert standing(settings) == Standing({}, 0, 0)
    assert not list(settings.home.iterdir()), "looking creates nothing"


def test_new_entries_corrections_closings_and_withdrawals_are_followed(settings):
    first, second = task(settings, "C1"), task(settings, "C2")
    seen = standing(settings)
    assert standing(settings, seen) is seen
    steps = [
        lambda: task(settings, "C3"),
        lambda: journal.correct(settings, first.id, {"title": "visit", "owner": "R1", "due_on": NOW.date()}, who="R2"),
        lambda: journal.close(settings, second.id, who="R2", now=NOW),
        lambda: journal.withdraw(settings, task(settings, "C3", "mistake").id, who="R1"),
    ]
    for step in steps:
        step()
        seen = standing(settings, seen)
        assert {customer: list(notes) for customer, notes in seen.notes.items()} == read_anew(settings)


def test_only_the_customer_of_a_new_entry_is_read_again(settings, monkeypatch):
    for number in range(5):
        task(settings, f"C{number}")
    seen = standing(settings)
    task(settings, "C3")
    asked: list[dict] = []
    whole = follow_up.notes
    monkeypatch.setattr(follow_up, "notes", lambda *given, **about: asked.append(about) or whole(*given, **about))
    again = standing(settings, seen)
    assert asked == [{"entity_id": "main", "customer_id": "C3"}]
    assert len(again.notes["main", "C3"]) == 2 and again.notes["main", "C1"] is seen.notes["main", "C1"]


def test_entries_that_became_visible_late_are_not_missed(settings):
    for customer in ("C1", "C2"):
        task(settings, customer)
    missed_one = Standing({("main", "C2"): read_anew(settings)["main", "C2"]}, newest=2, count=1)
    task(settings, "C3")
    assert set(standing(settings, missed_one).notes) == {("main", "C1"), ("main", "C2"), ("main", "C3")}


def test_a_restored_journal_is_read_whole(settings):
    task(settings, "C1")
    before = Standing({("main", "C9"): []}, newest=50, count=50)
    assert set(journal_live.standing(settings, before).notes) == {("main", "C1")}
