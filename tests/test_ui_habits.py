"""Pay calendars in words, in both languages."""

import datetime as dt

from ui.habits import in_words, pays_on
from ui.i18n import Reader

EN, ZH = Reader("en", "CNY"), Reader("zh_CN", "CNY")


def test_each_pattern_has_its_words():
    assert pays_on(EN, {"pattern": "month_end"}) == "pays at month end"
    assert pays_on(ZH, {"pattern": "day_of_month", "run_day": 15.0}) == "每月 15 日前后付款"
    assert pays_on(EN, {"pattern": "weekday", "run_weekday": 5}) == "pays on Friday"
    assert pays_on(ZH, {"pattern": "weekday", "run_weekday": 1}) == "星期一付款"
    assert pays_on(EN, {"pattern": "none", "run_day": None}) == "no fixed pay day"


def test_the_evidence_and_the_next_day_stand_beside_it():
    calendar = {"pattern": "month_end", "support": 13, "next_run_on": dt.date(2026, 7, 31)}
    assert in_words(EN, calendar) == "pays at month end · seen in 13 payments · next likely 2026-07-31"
    assert in_words(EN, {"pattern": "none", "support": 2}) == "no fixed pay day"
    assert in_words(EN, {}) == ""
