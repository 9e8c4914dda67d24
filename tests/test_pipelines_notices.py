"""Notices: which step is due for which item, what pauses it, and that a notice is marked once."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from pydantic import ValidationError
from test_pipelines_follow_up import MONDAY, after, enter, on, settings  # noqa: F401 - fixture

from pipelines.collecting import follow_up, notices
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.settings import Settings

C1 = Subject("main", "C1")


def items(*ages: int, **same: object) -> pd.DataFrame:
    """One open item of 100.10 per age: A0, A1, ..."""
    rows = [
        {"entity_id": "main", "customer_id": "C1", "customer_name": "One", "rep": "R1", "invoice_id": f"A{place}",
         "instalment_no": 1, "due_date": MONDAY - dt.timedelta(days=age), "days_past_due": age, "currency": "CNY",
         "open_doc": 100.1, "open_base": 100.1, "disputed": False, "last_paid_on": None}
        | same
        for place, age in enumerate(ages)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def steps(frame: pd.DataFrame) -> dict[str, int]:
    return dict(zip(frame["invoice_id"], frame["level"], strict=True))


def mark(settings, frame: pd.DataFrame, level: int, **more: object) -> None:  # noqa: F811
    notices.mark_sent(
        settings, C1, "reminder", frame, level=level, channel="email", as_of=MONDAY, build_id="b", who="R1", **more
    )


@pytest.mark.parametrize(
    ("age", "level"), [(-8, 0), (-7, 1), (-1, 1), (0, 2), (2, 2), (3, 3), (14, 3), (15, 4), (400, 4)]
)
def test_the_schedule_is_seven_days_before_then_0_3_and_15_after(age, level):
    assert notices.level_of(Settings().notice_steps, age) == level


def test_only_the_last_step_reached_is_due_and_only_once(settings):  # noqa: F811
    due, paused = notices.due(on(settings, MONDAY), items(-8, -7, 4, 20))
    assert (steps(due), len(paused)) == ({"A1": 1, "A2": 3, "A3": 4}, 0)
    assert list(due["days_behind"]) == [0, 1, 5]
    mark(settings, items(-8, -7, 4, 20).iloc[2:3], 3)
    due, _ = notices.due(on(settings, MONDAY), items(-8, -7, 4, 20))
    assert steps(due) == {"A1": 1, "A3": 4}
    due, _ = notices.due(on(settings, MONDAY), items(-8, -7, 15, 20))
    assert steps(due) == {"A1": 1, "A2": 4, "A3": 4}, "the next step comes when its day does"


def test_a_letter_does_not_do_the_steps_that_an_item_has_yet_to_reach(settings):  # noqa: F811
    mark(settings, items(-7, 20), 3)
    due, _ = notices.due(on(settings, MONDAY), items(0, 20))
    assert steps(due) == {"A0": 2, "A1": 4}, "the step of the due day is still to come"


def test_one_notice_per_customer_and_step(settings):  # noqa: F811
    due, _ = notices.due(on(settings, MONDAY), items(3, 5, 20))
    found = notices.grouped(due)
    assert list(zip(found["level"], found["items"], found["open_base"], strict=True)) == [(4, 1, 100.1), (3, 2, 200.2)]
    assert list(found["channel"]) == ["letter", "call"]
    assert notices.grouped(due.iloc[:0]).empty


@pytest.mark.parametrize(
    ("kind", "payload", "about", "code"),
    [
        ("promise", {"promised_on": after(5), "amount": "100", "currency": "CNY"}, {}, "promised"),
        ("hold", {"reason": "fire", "until": after(5), "sensitive": True}, {}, "on_sensitive_hold"),
        ("dispute", {"reason": "price", "side": "theirs"}, {}, "notice_dispute"),
        ("dispute", {"reason": "price", "side": "theirs"}, {"invoice_id": "A0"}, "notice_dispute"),
        ("dispute", {"reason": "short", "side": "ours"}, {"invoice_id": "A0"}, "item_disputed"),
        ("start_rule", {"not_before": after(5)}, {"invoice_id": "A0"}, "start_day"),
    ],
)
def test_what_pauses_a_notice(settings, kind, payload, about, code):  # noqa: F811
    enter(settings, kind, payload, **about)
    due, paused = notices.due(on(settings, MONDAY), items(3, 3))
    assert f'"{code}"' in paused["reasons"].iloc[0]
    assert list(due["invoice_id"]) == (["A1"] if about else [])


def test_a_part_payment_and_a_dispute_in_the_ledger_pause_a_notice(settings):  # noqa: F811
    for same, code in (({"last_paid_on": MONDAY}, "notice_paid"), ({"disputed": True}, "notice_disputed")):
        due, paused = notices.due(on(settings, MONDAY), items(3, **same))
        assert due.empty and f'"{code}"' in paused["reasons"].iloc[0]


def test_a_recent_call_does_not_pause_what_is_written(settings):  # noqa: F811
    said = {"method": "call", "result": "reached", "next_action": "call", "next_on": after(9), "fallback": "visit"}
    enter(settings, "contact", said)
    assert len(notices.due(on(settings, MONDAY), items(3))[0]) == 1


def test_a_marked_notice_keeps_its_figures_and_the_second_person_is_told(settings):  # noqa: F811
    seen = notices.newest_letter(on(settings, MONDAY), "main", "C1")
    mark(settings, items(3, 5), 3, seen=seen)
    letter = follow_up.notes(settings)[0].payload
    assert (letter.amount, letter.currency, letter.build_id) == (Decimal("200.20"), "CNY", "b")
    assert [(item.invoice_id, item.amount) for item in letter.items] == [
        ("A0", Decimal("100.10")),
        ("A1", Decimal("100.10")),
    ]
    with pytest.raises(EntryConflict, match="R1"):
        mark(settings, items(3, 5), 3, seen=seen)


def test_a_schedule_out_of_order_is_refused(tmp_path):
    steps = [{"day": day, "channel": "email", "letter": "reminder"} for day in (3, 0)]
    with pytest.raises(ValidationError, match="days rise"):
        Settings(home=tmp_path, notice_steps=steps)
