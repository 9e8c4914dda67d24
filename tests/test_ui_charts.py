"""Figures from small frames of the queries' columns."""

import tomllib
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from ui import charts
from ui.cash_charts import cohorts, lateness, weekly
from ui.heatmap import TOTAL, heatmap, heatmap_names, heatmap_summary
from ui.i18n import Reader
from ui.roll_charts import matrix, trend

EN, ZH = Reader("en", "CNY"), Reader("zh_CN", "CNY")
MONTHS = pd.to_datetime(["2026-01-31", "2026-02-28", "2026-03-31"])


@pytest.fixture
def cells():
    """Two customers of the same name in two entities; the giant owes a million times more."""
    rows = [
        ("E1", "C1", "Giant <b>", "not_due", 0, 5_000_000.0, 3),
        ("E1", "C1", "Giant <b>", "31-60", 2, 40_000_000.0, 7),
        ("E2", "C1", "Giant <b>", "1-30", 1, 40.0, 1),
        ("E2", "C1", "Giant <b>", "unapplied", 99, -15.0, 1),
    ]
    columns = ["entity_id", "customer_id", "customer_name", "bucket", "bucket_order", "open_base", "items"]
    return pd.DataFrame(rows, columns=columns)


def test_a_heatmap_cell_carries_the_way_to_its_items(cells):
    marks = heatmap(EN, cells).data[-1]
    assert marks.type == "scatter"
    clicks = [tuple(point[:3]) for point in marks.customdata]
    assert ("E1", "C1", "31-60") in clicks
    assert ("E2", "C1", TOTAL) in clicks
    assert len(clicks) == len(cells) + 2
    assert len(set(marks.y)) == 2, "two entities are two rows although the names are equal"


def test_amounts_in_the_heatmap_are_short_in_the_readers_language(cells):
    assert "¥40M" in heatmap(EN, cells).data[-1].text
    assert "¥4,000万" in heatmap(ZH, cells).data[-1].text


def test_a_giant_does_not_blank_the_rest(cells):
    """The strength of a cell goes by the logarithm: 40 of 40 million still stands well above the faintest."""
    traces = [trace for trace in heatmap(EN, cells).data if trace.type == "heatmap"]
    low, high = traces[0].zmin, traces[0].zmax
    strengths = [z for trace in traces for (z,) in trace.z if z is not None]
    strength = {round(z, 3): (z - low) / (high - low) for z in strengths}
    assert max(strength.values()) >= 1.0
    assert strength[1.602] > 0.05


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("杭州云栖阀门设备有限公司分部", "杭州云栖阀门设备有限公司分部"),
        ("杭州云栖阀门有限公司（余杭分公司）", "杭州云栖阀门有限公司（余杭…"),
    ],
)
def test_a_name_that_is_cut_leaves_room_for_the_mark_of_the_cut(cells, name, shown):
    assert heatmap_names(cells.assign(customer_name=name)).data[0].text[0] == shown


def test_a_name_with_tags_is_shown_as_it_stands(cells):
    figure = heatmap(EN, cells)
    names = heatmap_names(cells)
    assert "Giant &lt;b&gt;" in names.data[0].text
    assert (names.layout.height, names.layout.margin, names.layout.yaxis.range) == (
        figure.layout.height,
        figure.layout.margin,
        figure.layout.yaxis.range,
    )


def test_the_heatmap_says_in_words_who_is_worst(cells):
    assert "Giant" in heatmap_summary(EN, cells)
    assert "¥40,000,040.00" in heatmap_summary(EN, cells), "both entities of one name count"
    calm = cells[cells["bucket"] == "not_due"]
    assert "nothing overdue" in heatmap_summary(EN, calm)
    assert "没有未清项" in heatmap_summary(ZH, cells.head(0))


def test_aging_bars_stand_in_the_order_of_age(cells):
    aging = cells.groupby(["bucket", "bucket_order"], as_index=False)[["open_base", "items"]].sum()
    bars = charts.aging_bars(EN, aging).data[0]
    assert list(bars.x) == ["Not<br>due", "1–30<br>days", "31–60<br>days", "Unapplied"]
    assert bars.text[0] == "¥5M"
    assert [each[3] for each in bars.customdata] == ["Not due", "1–30 days", "31–60 days", "Unapplied"], (
        "when pointed at"
    )


def test_money_axis_ticks_are_round_and_in_words():
    axis = charts.money_axis(ZH, -1_200_000, 48_000_000)
    assert "¥1,000万" in axis["ticktext"]
    assert axis["tickvals"][0] <= -1_200_000
    assert axis["tickvals"][-1] >= 48_000_000
    empty = charts.money_axis(EN, float("nan"), float("nan"))
    assert empty == {"tickvals": [0.0], "ticktext": ["¥0"]}, "an empty chart still has an axis, with no amounts on it"


def test_a_month_whose_dso_is_a_lower_bound_is_hollow_and_said_so():
    trend = pd.DataFrame(
        {
            "month_end": MONTHS,
            "dso_countback": [90.0, None, 60.0],
            "dso_simple": [None, None, 55.0],
            "dso_best_possible": [40.0, None, 30.0],
            "add_days": [50.0, None, 30.0],
            "is_lower_bound": [True, False, False],
        }
    )
    figure = charts.dso_history(EN, trend)
    countback = next(trace for trace in figure.data if trace.name == "DSO (countback)")
    assert list(countback.marker.symbol) == ["circle-open", "circle", "circle"]
    assert countback.customdata[0][0] == "at least 90.0 days"
    assert countback.customdata[1][0] == "–"
    assert list(figure.layout.xaxis.ticktext) == ["Jan 2026", "Feb 2026", "Mar 2026"]


def test_stacked_histories_cover_every_bucket(cells):
    trend = pd.concat(
        [cells.assign(month_end=month)[["month_end", "bucket", "bucket_order", "open_base"]] for month in MONTHS]
    )
    figure = charts.aging_history(ZH, trend)
    assert [trace.name for trace in figure.data] == ["未到期", "1–30 天", "31–60 天", "未核销"]
    assert list(figure.layout.xaxis.ticktext)[-1] == "2026年3月"


@pytest.mark.parametrize(("months", "mode"), [(1, "lines+markers"), (2, "lines")])
def test_a_single_month_shows_as_a_point(months, mode):
    ends = pd.date_range("2026-01-31", periods=months, freq="ME")
    known = {"days_late": 3.0, "days_late_with_open": 4.0, "days_to_pay": 30.0, "open_base": 10.0, "overdue_base": 5.0}
    rows = pd.DataFrame({"month_end": ends} | known)
    for figure in (lateness(EN, rows), charts.customer_history(EN, rows)):
        assert {line.mode for line in figure.data} == {mode}


@pytest.mark.parametrize(
    ("apart", "form", "step"), [(0, "%m-%d", charts.DAY), (30, "%m-%d", None), (300, "%Y-%m", None)]
)
def test_payments_of_few_days_are_marked_by_days(apart, form, step):
    paid_on = [pd.Timestamp("2026-04-30"), pd.Timestamp("2026-04-30") + pd.Timedelta(days=apart)]
    payments = pd.DataFrame({"applied_on": paid_on, "invoice_id": "A", "amount_base": 100.0, "days_late": 5})
    axis = charts.payment_dots(EN, payments).layout.xaxis
    assert (axis.tickformat, axis.dtick) == (form, step)


def test_payments_are_coloured_by_lateness_and_sized_by_amount():
    payments = pd.DataFrame(
        {
            "applied_on": MONTHS,
            "invoice_id": ["A", "B", "C"],
            "amount_base": [100.0, 400.0, 0.0],
            "days_late": [5, -3, None],
        }
    )
    dots = charts.payment_dots(EN, payments).data[0]
    assert list(dots.marker.color) == [charts.OVERDUE, charts.COLLECTED]
    assert dots.marker.size[1] > dots.marker.size[0]
    assert [point[2] for point in dots.customdata] == ["5 days late", "3 days early"]
    assert charts.lateness(ZH, 0) == "到期日当天付款"


def test_a_customer_with_one_part_only_still_says_which(cells):
    strip = charts.aging_strip(EN, cells[cells["bucket"] == "unapplied"])
    assert strip.layout.showlegend and [bar.name for bar in strip.data] == ["Unapplied"]


@pytest.mark.parametrize(("months", "between"), [(3, 1), (9, 2), (36, 6), (60, 12), (120, 24)])
def test_few_months_are_named_and_always_the_same_ones(months, between):
    ends = pd.Series(pd.date_range("2021-01-31", periods=months, freq="ME"))
    figure = charts.go.Figure()
    charts.month_axis(figure, EN, ends)
    named = pd.to_datetime(pd.Series(figure.layout.xaxis.tickvals))
    assert len(named) <= 8 and named.iloc[-1] == ends.iloc[-1]
    assert list(named.dt.to_period("M").diff().dropna().map(lambda gap: gap.n).unique()) in ([between], [])


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (EN, ["Billed in Jan 2026: ¥1,000.00", "30 days after due, 12.5% was unpaid"]),
        (ZH, ["2026年1月开票 ¥1,000.00", "到期后 30 天仍有 12.5% 未收"]),
    ],
)
def test_a_cohort_says_what_its_share_is_of(reader, said):
    billed = pd.DataFrame(
        {"month_end": MONTHS[:1], "age_days": [30], "share": [0.125], "billed_base": [1000.0], "is_final": [True]}
    )
    assert list(cohorts(reader, billed).data[-1].customdata[0]) == said


def test_months_of_which_nothing_has_fallen_due_have_no_row_among_the_cohorts():
    billed = pd.DataFrame(
        {
            "month_end": MONTHS[:2], "age_days": [30, 30], "share": [0.125, None], "billed_base": [1000.0, 500.0],
            "is_final": [True, False],
        }
    )  # fmt: skip
    assert list(cohorts(EN, billed).layout.yaxis.ticktext) == ["Jan 2026"]


THEMES = tomllib.loads((Path(__file__).parent.parent / ".streamlit" / "config.toml").read_text())["theme"]


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(first: list[float], second: list[float]) -> float:
    """How far apart two colours are to the eye, from 1 to 21 (WCAG 2)."""
    lights = []
    for colour in (first, second):
        parts = [value / 255 for value in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def over(tint: str, page: list[float]) -> list[float]:
    """A see-through colour, `rgba(r,g,b,share)`, as it stands on the page."""
    *colour, share = (float(part) for part in tint.removeprefix("rgba(").removesuffix(")").split(","))
    return [value * share + below * (1 - share) for value, below in zip(colour, page, strict=True)]


@pytest.mark.parametrize("dark", [False, True])
def test_amounts_in_the_heatmap_can_be_read_in_both_themes(cells, dark):
    page = channels(THEMES["dark" if dark else "light"]["backgroundColor"])
    figure = heatmap(Reader("en", "CNY"), cells, dark=dark)
    ink = channels(figure.data[-1].textfont.color)
    tints = [tint for trace in figure.data[:-1] for _, tint in trace.colorscale]
    assert tints and min(contrast(ink, over(tint, page)) for tint in tints) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_of_the_theme_can_be_read(theme):
    colours = {name: channels(value) for name, value in THEMES[theme].items() if isinstance(value, str)}
    page, white = colours["backgroundColor"], channels("#FFFFFF")
    for name in ("textColor", "linkColor", "grayColor", "redColor", "greenColor", "blueColor", "violetColor"):
        assert contrast(colours[name], page) >= 4, name
    # The main colour is read on the page, and white words on it.
    assert min(contrast(colours["primaryColor"], page), contrast(colours["primaryColor"], white)) >= 4


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("part", [(), ("sidebar",)])
def test_captions_can_be_read(theme, part):
    """A caption is drawn in the colour of the text at six tenths of its strength."""
    colours = THEMES[theme]
    for name in part:
        colours = colours[name]
    page = channels(colours["backgroundColor"])
    ink = ",".join(f"{channel:g}" for channel in channels(colours["textColor"]))
    assert contrast(over(f"rgba({ink},0.6)", page), page) >= 4.5


def test_lines_of_neighbouring_ages_differ_in_more_than_their_hue():
    order = ["not_due", "1-30", "31-60", "61-90", "91-120", "120+"]
    rates = pd.DataFrame(
        [(end, bucket, place, 0.5) for end in MONTHS for place, bucket in enumerate(order)],
        columns=["month_end", "bucket", "bucket_order", "rate_3"],
    )
    lines = trend(EN, rates).data
    assert len({line.marker.symbol for line in lines}) == len(lines) == len(order) - 1
    assert all(one.line.dash != other.line.dash for one, other in pairwise(lines))


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (EN, ["Expected ¥2,000.00", "80 % range ¥1,500.00 to ¥2,500.00", "Received ¥1,800.00"]),
        (ZH, ["预计回款 ¥2,000.00", "80% 区间 ¥1,500.00 至 ¥2,500.00", "实际回款 ¥1,800.00"]),
    ],
)
def test_what_stands_over_a_week_names_its_figures(reader, said):
    week = {"week_start": MONTHS[:1], "expected_base": 2000.0, "p10_base": 1500.0, "p90_base": 2500.0}
    bars = weekly(reader, pd.DataFrame({**week, "received_base": 1800.0})).data
    assert [text for bar in bars for text in bar.customdata[0]] == said


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (EN, ["1–30 days → 31–60 days", "¥430.00 of the ¥1,000.00 open then"]),
        (ZH, ["1–30 天 → 31–60 天", "¥430.00，占当时未清 ¥1,000.00"]),
    ],
)
def test_what_stands_over_a_roll_rate_names_both_amounts(reader, said):
    rolled = pd.DataFrame(
        [("1-30", 1, "31-60", 2, 0.43, 430.0, 1000.0)],
        columns=["from_bucket", "from_order", "to_bucket", "to_order", "rate", "amount_base", "balance_base"],
    )
    assert list(matrix(reader, rolled).data[-1].customdata[0]) == said
