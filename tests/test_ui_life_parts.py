"""An invoice's life line: the bar, what stands below it, and what its entries are called."""

import datetime as dt

import pytest

from pipelines.collecting.follow_up import Note
from pipelines.collecting.journal_office import Bill
from pipelines.collecting.life_line import LifeLine, Stretch
from ui import journal_parts
from ui.charts import DAY
from ui.formats import plain
from ui.i18n import Reader
from ui.life_parts import bar

ISSUED = dt.date(2026, 6, 29)


@pytest.mark.parametrize(("days", "step"), [(1, DAY), (5, DAY), (6, None), (200, None)])
def test_a_short_line_is_marked_by_whole_days(days, step):
    line = LifeLine([], [Stretch("billed", ISSUED, ISSUED + dt.timedelta(days=days))])
    assert bar(Reader("en", "CNY"), line).layout.xaxis.dtick == step


def test_a_bill_says_when_it_bounced_also_where_it_was_entered_later():
    entered = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    bill = Bill(
        number="B1", amount="50", currency="CNY", due_on=dt.date(2026, 5, 5), state="bounced",
        state_on=dt.date(2026, 5, 6),
    )  # fmt: skip
    note = Note(1, entered, "Ana", "bill", "main", "C1", "I1", None, bill, 1, entered, "Ana", None, None, None)
    assert journal_parts.title(Reader("en", "CNY"), note).endswith(plain("2026-05-06"))
