"""What a card of the call list says: the overdue amount once, and every other reason."""

import json

import pytest

from ui.call_parts import further_reasons, money_line
from ui.i18n import Reader

OVERDUE = {"code": "overdue", "amount": 1561, "currency": "CNY", "items": 10, "days": 212}
LIMIT = {"code": "limit_use", "share": 2.14}


def call(overdue: float, *reasons: dict[str, object]) -> dict[str, object]:
    return {"overdue_base": overdue, "reasons": json.dumps(reasons)}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_overdue_amount_of_the_call_is_not_said_again(language):
    reader = Reader(language, "CNY")
    assert further_reasons(reader, call(1560.65, OVERDUE, LIMIT)) == [reader.reason(LIMIT)]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_customer_that_owes_other_reps_more_keeps_the_reason(language):
    reader = Reader(language, "CNY")
    both = [reader.reason(OVERDUE), reader.reason(LIMIT)]
    assert further_reasons(reader, call(900.0, OVERDUE, LIMIT)) == both


def test_without_reasons_there_is_nothing_to_add():
    assert further_reasons(Reader("en", "CNY"), {"overdue_base": 5.0, "reasons": None}) == []


@pytest.mark.parametrize(
    ("overdue", "due", "said"),
    [
        (400.0, 400.0, [":red[¥400.00 overdue, oldest 12 days]"]),
        (400.0, 1000.0, [":red[¥400.00 overdue, oldest 12 days]", "¥600.00 more due within a week"]),
        (0.0, 1000.0, ["¥1,000.00 due within a week, not overdue yet", "93% likely late"]),
    ],
)
def test_what_falls_due_stands_beside_what_is_overdue_and_only_it_is_likely_late(overdue, due, said):
    amounts = {"overdue_base": overdue, "amount_due_base": due, "max_days_past_due": 12}
    line = money_line(Reader("en", "CNY"), {**amounts, "p_late_weighted": 0.93, "reasons": "[]"})
    assert line.replace("\\", "") == " · ".join(said)
