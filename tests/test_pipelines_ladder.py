"""The sanction ladder: where a customer stands, who may take which step, and the way back."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from pipelines.collecting import follow_up, journal, ladder
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.settings import Settings

TODAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
ACME = Subject("main", "C1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def today(settings: Settings) -> Day:
    return Day(TODAY, settings, follow_up.by_customer(follow_up.notes(settings)))


def where(settings: Settings) -> ladder.Standing:
    return ladder.standing(today(settings), "main", "C1")


def climb(settings: Settings, step: str, direction: str = "up", days: int = 45, overdue: float = 1000, **payload):
    payload = {"step": step, "direction": direction} | payload
    return ladder.climb(settings, ACME, where(settings), payload, overdue=overdue, days=days, who="R")


def refused(settings: Settings, step: str, direction: str = "up", **more) -> dict[str, str]:
    with pytest.raises(EntryRefused) as caught:
        climb(settings, step, direction, **more)
    return {problem.field: problem.code.removeprefix("error.") for problem in caught.value.problems}


def test_steps_are_taken_one_after_the_other_by_their_rule(settings):
    assert (where(settings).step, where(settings).following) == (None, "stop_supply")
    climb(settings, "stop_supply", days=30)
    assert (where(settings).step, where(settings).following) == ("stop_supply", "stop_service")
    assert refused(settings, "stop_service", days=59) == {"step": "ladder_too_early"}
    climb(settings, "stop_service", days=60)
    assert [note.payload.step for note in where(settings).taken] == ["stop_supply", "stop_service"]
    assert refused(settings, "stop_supply") == {"step": "ladder_already_there"}


def test_the_last_two_steps_need_a_named_approver_even_when_their_rule_is_met(settings):
    for step in ("stop_supply", "stop_service", "end_authorisation"):
        climb(settings, step, days=400)
    assert refused(settings, "reputation", days=400) == {"approver": "approver_needed"}
    climb(settings, "reputation", days=400, approver="Li")
    assert refused(settings, "law", days=400, approver="  ") == {"approver": "approver_needed"}
    climb(settings, "law", days=400, approver="Li")
    assert where(settings).following is None


def test_a_step_too_early_or_left_out_needs_an_approver_and_a_reason(settings):
    assert refused(settings, "end_authorisation", days=10, approver="Li") == {"step": "ladder_leaves_out"}
    climb(settings, "end_authorisation", days=10, approver="Li", note="Plant is being sold")
    assert where(settings).step == "end_authorisation"


def test_an_amount_can_be_part_of_the_rule(settings):
    rules = {step: {"days": 0, "overdue": 5000} for step in ladder.STEPS}
    strict = Settings(home=settings.home, ladder=rules)
    assert not ladder.may_enter(strict, "stop_supply", 4999, 100)
    assert ladder.may_enter(strict, "stop_supply", 5000, 1)
    assert not ladder.may_enter(settings, "stop_supply", 0, 100), "nothing is overdue"


def test_the_way_back_needs_a_reason_and_comes_down_one_step(settings):
    climb(settings, "stop_supply", days=90)
    climb(settings, "stop_service", days=90)
    assert refused(settings, "stop_supply", "back", note="paid") == {"step": "ladder_not_in_force"}
    assert refused(settings, "stop_service", "back") == {"note": "field_required"}
    climb(settings, "stop_service", "back", note="paid half")
    assert where(settings).step == "stop_supply"
    assert len(where(settings).trail) == 3


def test_the_reasons_to_come_down(settings):
    climb(settings, "stop_supply", days=90)

    def codes(overdue: float, days: int) -> list[str]:
        found = ladder.ways_back(today(settings), where(settings), ("main", "C1"), overdue, days)
        return [reason["code"] for reason in found]

    assert codes(0, 0) == ["way_back_paid"]
    assert codes(500, 29) == ["way_back_below"]
    assert codes(500, 30) == []


def test_of_two_people_moving_one_customer_the_second_is_told(settings):
    seen = where(settings)
    climb(settings, "stop_supply")
    with pytest.raises(EntryConflict):
        step = {"step": "stop_supply", "direction": "up"}
        ladder.climb(settings, ACME, seen, step, overdue=1000, days=45, who="Li")
    assert len(where(settings).trail) == 1


def test_a_step_taken_back_as_a_mistake_counts_no_more(settings):
    entry = climb(settings, "stop_supply")
    journal.withdraw(settings, entry.id, who="R", now=NOON)
    assert where(settings).step is None


def test_the_board_shows_who_stands_where_and_who_may_go_on(settings):
    climb(settings, "stop_supply", open_base="900", overdue_base="800")
    columns = ["entity_id", "customer_id", "open_base", "overdue_base", "max_days_past_due"]
    rows = [("main", "C1", 900.0, 700.0, 61), ("main", "C2", 50.0, 50.0, 31), ("main", "C3", 9.0, 9.0, 5)]
    found = ladder.board(today(settings), pd.DataFrame(rows, columns=columns))
    shown = found[["customer_id", "ladder", "allowed", "overdue_then_base"]].fillna(0).values.tolist()
    assert shown == [["C1", "stop_supply", "stop_service", 800.0], ["C2", "", "stop_supply", 0]]
    steps = ladder.exposure(found).set_index("ladder")
    assert steps.loc["stop_supply", ["customers", "overdue_base", "ready"]].tolist() == [1, 700.0, 1]
    assert steps["customers"].sum() == 1
