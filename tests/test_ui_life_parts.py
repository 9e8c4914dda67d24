"""The bar of an invoice's life line: what stands below it."""

import datetime as dt

import pytest

from pipelines.collecting.life_line import LifeLine, Stretch
from ui.charts import DAY
from ui.i18n import Reader
from ui.life_parts import bar

ISSUED = dt.date(2026, 6, 29)


@pytest.mark.parametrize(("days", "step"), [(1, DAY), (5, DAY), (6, None), (200, None)])
def test_a_short_line_is_marked_by_whole_days(days, step):
    line = LifeLine([], [Stretch("billed", ISSUED, ISSUED + dt.timedelta(days=days))])
    assert bar(Reader("en", "CNY"), line).layout.xaxis.dtick == step
