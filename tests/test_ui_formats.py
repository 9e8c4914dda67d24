"""Numbers, money and dates as each language writes them."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from pipelines import i18n
from ui import formats
from ui.buckets import OVERDUE_COLOURS, bucket_colours, bucket_name
from ui.i18n import Reader

EN, ZH = Reader("en", "CNY"), Reader("zh_CN", "CNY")


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (EN, 1_234_567.8, "¥1.2M"),
        (ZH, 1_234_567.8, "¥123.5万"),
        (EN, Decimal("-1234567.80"), "-¥1.2M"),
        (ZH, 835.56, "¥836"),
        (ZH, 9_999, "¥9,999"),
        (ZH, -65_790_000, "-¥6,579万"),
        (ZH, 12_345_000, "¥1,234.5万"),
        (EN, 0, "¥0"),
        (EN, -0.001, "¥0"),
        (EN, None, "–"),
        (EN, float("nan"), "–"),
        (EN, pd.NA, "–"),
    ],
)
def test_short_amounts(reader, value, expected):
    assert formats.compact(reader, value) == expected


def test_full_amounts_keep_the_cents_and_name_the_currency():
    assert formats.money(EN, Decimal("1234567.805")) == "¥1,234,567.80"
    assert formats.money(ZH, -5) == "-¥5.00"
    assert formats.money(EN, 5, "USD") == "$5.00"
    assert formats.money(ZH, 5, "USD") == "US$5.00"
    assert formats.money(EN, 5, "JPY") == "JP¥5.00"


def test_what_rounds_to_nothing_has_no_minus():
    assert formats.money(EN, -0.001) == "¥0.00"
    assert (formats.number(ZH, -0.004, 2), formats.number(EN, -0.4), formats.number(EN, -0.5, 1)) == (
        "0.00",
        "0",
        "-0.5",
    )
    assert (formats.percent(EN, -0.0004), formats.percent(EN, -0.2)) == ("0.0%", "-20.0%")
    said = i18n.translate("en", "cli.control_total_off", text="5.00", cents_gap=Decimal("-0.001"))
    assert "-" not in said


def test_shares_days_and_dates():
    assert formats.percent(EN, 0.2345) == "23.4%"
    assert formats.days(ZH, 45.25, 1) == "45.2 天"
    assert formats.days(EN, None) == "–"
    assert formats.date(ZH, dt.date(2026, 3, 5)) == "2026-03-05"
    assert formats.month(EN, dt.date(2026, 3, 31)) == "Mar 2026"
    assert formats.month(ZH, dt.date(2026, 3, 31)) == "2026年3月"


def test_a_stored_moment_is_shown_in_the_business_time_zone():
    shanghai = dt.timezone(dt.timedelta(hours=8))
    assert formats.moment(EN, "2026-03-05T23:30:00+00:00", shanghai) == "2026-03-06 07:30"


def test_text_from_the_data_is_not_markup():
    assert formats.plain("*A* [x](y) :material/home: $1$") == r"\*A\* \[x\]\(y\) \:material/home\: \$1\$"
    assert formats.plain_in_chart("<b>A & B</b>") == "&lt;b&gt;A &amp; B&lt;/b&gt;"
    assert formats.plain(None) == ""


def test_bucket_names_follow_any_edges():
    assert [bucket_name(EN, b) for b in ("not_due", "1-45", "45+", "unapplied")] == [
        "Not due",
        "1–45 days",
        "Over 45 days",
        "Unapplied",
    ]
    assert bucket_name(ZH, "120+") == "120 天以上"


def test_a_bucket_has_its_own_colour_whichever_others_stand_beside_it():
    default = ["not_due", "1-30", "31-60", "61-90", "91-120", "120+", "unapplied"]
    colours = bucket_colours(default)
    assert len({colours[bucket] for bucket in default}) == 7
    assert [colours[bucket] for bucket in default[1:6]] == list(OVERDUE_COLOURS)
    assert bucket_colours(["not_due", "120+"])["120+"] == colours["120+"]
    other = ["1-15", "16-45", "46-75", "75+"]
    assert len({bucket_colours(other)[bucket] for bucket in other}) == 4, "any edges differ from each other"
