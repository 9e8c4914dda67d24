"""The figures of the pages: a query's rows in, a Plotly figure out. Colours mean the same thing on every page."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.buckets import NOT_DUE_COLOUR, UNAPPLIED, bucket_colours, bucket_label, bucket_name
from ui.formats import compact, days, money, month, number, percent, plain_in_chart
from ui.i18n import Reader

BILLED, COLLECTED, OVERDUE, QUIET, ACCENT = "#4C8DDA", "#2FA58E", "#DD5550", "#8A94A6", "#5B7BEA"
FEW_BARS = 7  # whose names stand side by side in half a page
REP_HEIGHT = 40  # pixels of a bar and its gap, while there are few
EVEN_STEPS = (1, 2, 3, 6, 12)  # months between two labels of an axis: a year is named at the same months each time
DAYS_MARKED = 6  # along a line of days
DAY = 86_400_000  # milliseconds
MONTHS_FROM = 120  # days from which a line is marked by months
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def aging_bars(reader: Reader, aging: pd.DataFrame, height: int = 300) -> go.Figure:
    """Open balance by bucket, from `aging`; unapplied money stands below zero."""
    rows = aging.sort_values("bucket_order")
    colours = bucket_colours(list(rows["bucket"]))
    names = [bucket_label(reader, bucket) for bucket in rows["bucket"]]
    total = float(rows.loc[rows["bucket"] != UNAPPLIED, "open_base"].sum())
    figure = go.Figure(
        go.Bar(
            x=names,
            y=rows["open_base"],
            marker_color=[colours[bucket] for bucket in rows["bucket"]],
            text=[compact(reader, value) for value in rows["open_base"]],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [money(reader, value), reader.t("app.items", count=int(n)), share, bucket_name(reader, bucket)]
                for bucket, value, n, share in zip(
                    rows["bucket"],
                    rows["open_base"],
                    rows["items"],
                    [percent(reader, value / total) if total else "" for value in rows["open_base"]],
                    strict=True,
                )
            ],
            hovertemplate="<b>%{customdata[3]}</b><br>%{customdata[0]} · %{customdata[2]}<br>%{customdata[1]}"
            "<extra></extra>",
        )
    )
    frame(figure, height)
    # Upright even where what is not due is split into groups: a turned Chinese name cannot be read.
    figure.update_xaxes(tickangle=0, tickfont_size=12 if len(rows) <= FEW_BARS else 10)
    figure.update_yaxes(**money_axis(reader, rows["open_base"].min(), rows["open_base"].max()))
    return figure


def aging_strip(reader: Reader, aging: pd.DataFrame, height: int = 150) -> go.Figure:
    """One horizontal bar: what a customer owes, split by age; money not yet applied is left of zero."""
    rows = aging.sort_values("bucket_order")
    colours = bucket_colours(list(rows["bucket"]))
    figure = go.Figure()
    for row in rows.to_dict("records"):
        figure.add_bar(
            x=[row["open_base"]],
            y=[""],
            orientation="h",
            name=bucket_name(reader, row["bucket"]),
            marker_color=colours[row["bucket"]],
            text=compact(reader, row["open_base"]),
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            customdata=[[money(reader, row["open_base"])]],
            hovertemplate="<b>%{fullData.name}</b><br>%{customdata[0]}<extra></extra>",
        )
    frame(figure, height)
    # An amount that does not fit its part is left to the hover.
    figure.update_layout(barmode="relative", uniformtext={"mode": "hide", "minsize": 11})
    # Plotly leaves the legend of a single part out, and a bar without a name says nothing.
    figure.update_layout(legend={"traceorder": "normal"}, showlegend=True)
    signed = rows["open_base"]
    figure.update_xaxes(visible=False, range=[float(signed.clip(upper=0).sum()), float(signed.clip(lower=0).sum())])
    figure.update_yaxes(visible=False)
    return figure


def aging_history(reader: Reader, trend: pd.DataFrame, height: int = 340) -> go.Figure:
    """Month ends stacked by bucket, from `aging_trend`."""
    order = trend.drop_duplicates("bucket").sort_values("bucket_order")["bucket"]
    colours = bucket_colours(list(order))
    figure = go.Figure()
    for bucket in order:
        part = trend[trend["bucket"] == bucket].sort_values("month_end")
        _month_bars(figure, reader, part, "open_base", bucket_name(reader, bucket), colours[bucket])
    frame(figure, height)
    figure.update_layout(barmode="relative", hovermode="x unified")
    stacked = trend[trend["open_base"] > 0].groupby("month_end")["open_base"].sum()
    figure.update_yaxes(**money_axis(reader, min(0, trend["open_base"].min()), stacked.max() if len(stacked) else 1))
    month_axis(figure, reader, trend["month_end"])
    return figure


def balance_history(reader: Reader, trend: pd.DataFrame, height: int = 340) -> go.Figure:
    """What was owed at each month end: not yet due and overdue stacked, from `receivables_trend`."""
    figure = go.Figure()
    _month_bars(figure, reader, trend, "current_end_base", reader.t("bucket.not_due"), NOT_DUE_COLOUR)
    _month_bars(figure, reader, trend, "overdue_end_base", reader.t("app.overdue"), OVERDUE)
    frame(figure, height)
    figure.update_layout(barmode="stack", hovermode="x unified")
    figure.update_yaxes(**money_axis(reader, 0, (trend["current_end_base"] + trend["overdue_end_base"]).max()))
    month_axis(figure, reader, trend["month_end"])
    return figure


def movement_history(reader: Reader, trend: pd.DataFrame, height: int = 340) -> go.Figure:
    """Billed against collected in each month, from `receivables_trend`."""
    figure = go.Figure()
    _month_bars(figure, reader, trend, "sales_base", reader.t("app.billed"), BILLED)
    _month_bars(figure, reader, trend, "collected_base", reader.t("app.collected"), COLLECTED)
    frame(figure, height)
    figure.update_layout(barmode="group", hovermode="x unified")
    figure.update_yaxes(**money_axis(reader, 0, trend[["sales_base", "collected_base"]].max().max()))
    month_axis(figure, reader, trend["month_end"])
    return figure


def dso_history(reader: Reader, trend: pd.DataFrame, height: int = 340) -> go.Figure:
    """The DSO family by month, from `dso_trend`; a month that cannot be computed is a gap, a lower bound is hollow."""
    figure = go.Figure()
    figure.add_bar(
        x=trend["month_end"],
        y=trend["add_days"],
        name=reader.t("metric.add_days"),
        marker_color="rgba(221,85,80,0.35)",
        customdata=[[days(reader, value, 1)] for value in trend["add_days"]],
        hovertemplate="%{customdata[0]}",
    )
    lines = (
        ("dso_countback", ACCENT, "solid", 3),
        ("dso_simple", QUIET, "dash", 2),
        ("dso_best_possible", COLLECTED, "dot", 2),
    )
    for column, colour, dash, width in lines:
        bound = trend["is_lower_bound"].fillna(False).astype(bool) & (column == "dso_countback")
        figure.add_scatter(
            x=trend["month_end"],
            y=trend[column],
            name=reader.t(f"metric.{column}"),
            mode="lines+markers" if column == "dso_countback" else line_mode(trend[column]),
            line={"color": colour, "dash": dash, "width": width},
            marker={"size": 6, "symbol": ["circle-open" if b else "circle" for b in bound]},
            customdata=[
                [reader.t("app.at_least", text=days(reader, value, 1)) if b else days(reader, value, 1)]
                for value, b in zip(trend[column], bound, strict=True)
            ],
            hovertemplate="%{customdata[0]}",
        )
    frame(figure, height)
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(rangemode="tozero", ticksuffix=reader.t("app.day_suffix"), tickformat=",d")
    month_axis(figure, reader, trend["month_end"])
    return figure


def line_mode(values: pd.Series) -> str:
    """How plotly draws a series: a single value is no line, and shows as a point."""
    return "lines" if values.notna().sum() > 1 else "lines+markers"


def customer_history(reader: Reader, trend: pd.DataFrame, height: int = 260) -> go.Figure:
    """One customer's balance and the overdue part of it at month ends, from `customer_trend`."""
    figure = go.Figure()
    for column, name, colour in (
        ("open_base", reader.t("app.outstanding"), NOT_DUE_COLOUR),
        ("overdue_base", reader.t("app.overdue"), OVERDUE),
    ):
        figure.add_scatter(
            x=trend["month_end"],
            y=trend[column],
            name=name,
            mode=line_mode(trend[column]),
            fill="tozeroy",
            line={"color": colour, "width": 2},
            customdata=[[money(reader, value)] for value in trend[column]],
            hovertemplate="%{customdata[0]}",
        )
    frame(figure, height)
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(**money_axis(reader, min(0, trend["open_base"].min()), trend["open_base"].max()))
    month_axis(figure, reader, trend["month_end"], labels=6)
    return figure


def payment_dots(reader: Reader, payments: pd.DataFrame, height: int = 260) -> go.Figure:
    """Each payment by date and days after due, from `customer_payments`; its size is the amount."""
    rows = payments.dropna(subset=["days_late"])
    largest = float(rows["amount_base"].abs().max()) if len(rows) else 1.0
    figure = go.Figure(
        go.Scatter(
            x=rows["applied_on"],
            y=rows["days_late"],
            mode="markers",
            marker={
                "size": [7 + 19 * math.sqrt(abs(value) / largest) for value in rows["amount_base"]],
                "color": [OVERDUE if late > 0 else COLLECTED for late in rows["days_late"]],
                "opacity": 0.65,
                "line": {"width": 0},
            },
            customdata=[
                [plain_in_chart(invoice), money(reader, amount), lateness(reader, late)]
                for invoice, amount, late in zip(
                    rows["invoice_id"], rows["amount_base"], rows["days_late"], strict=True
                )
            ],
            hovertemplate="%{x|%Y-%m-%d}<br>%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
            showlegend=False,
        )
    )
    figure.add_hline(y=0, line={"color": QUIET, "width": 1, "dash": "dot"})
    frame(figure, height)
    figure.update_yaxes(ticksuffix=reader.t("app.day_suffix"), tickformat=",d", zeroline=False)
    paid_on = pd.to_datetime(rows["applied_on"])
    day_axis(figure, (paid_on.max() - paid_on.min()).days if len(rows) else 0)
    return figure


def day_axis(figure: go.Figure, whole: int) -> None:
    """Mark so many days below a figure by months, or by days where they are few."""
    form = "%Y-%m" if whole > MONTHS_FROM else "%m-%d"
    figure.update_xaxes(type="date", tickformat=form, nticks=DAYS_MARKED, tickangle=0)
    if whole < DAYS_MARKED:
        figure.update_xaxes(dtick=DAY)  # parts of a day would all be marked by the same day


def lateness(reader: Reader, late: float) -> str:
    """Days after due in words: late, early or on the day."""
    key = "app.late_by" if late > 0 else "app.early_by" if late < 0 else "app.on_the_day"
    return reader.t(key, text=number(reader, abs(int(late))))


def money_axis(
    reader: Reader, low: float, high: float, count: int = 5, write: Callable[[Reader, float], str] = compact
) -> dict[str, object]:
    """Axis ticks at round amounts, written short in the reader's language (Plotly itself knows no 万)."""
    low, high = min(0.0, _finite(low)), max(0.0, _finite(high))
    if high == low:
        return {"tickvals": [0.0], "ticktext": [write(reader, 0.0)]}
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    ticks = [step * i for i in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return {"tickvals": ticks, "ticktext": [write(reader, tick) for tick in ticks]}


def _finite(value: float) -> float:
    return float(value) if value == value and value is not None else 0.0


def _month_bars(figure: go.Figure, reader: Reader, rows: pd.DataFrame, column: str, name: str, colour: str) -> None:
    figure.add_bar(
        x=rows["month_end"],
        y=rows[column],
        name=name,
        marker_color=colour,
        customdata=[[money(reader, value)] for value in rows[column]],
        hovertemplate="%{customdata[0]}",
    )


def month_axis(figure: go.Figure, reader: Reader, months: "pd.Series[Any]", labels: int = 8) -> None:
    """Month ends in the reader's language, at most `labels` of them named; bars stand evenly, not by days."""
    ordered = sorted(set(pd.to_datetime(months).dt.date))
    if not ordered:
        return
    least = max(1, math.ceil(len(ordered) / labels))
    step = next((each for each in EVEN_STEPS if each >= least), -(-least // 12) * 12)
    shown = ordered[::-1][::step][::-1]
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=[each.isoformat() for each in ordered],
        tickvals=[each.isoformat() for each in shown],
        ticktext=[month(reader, each) for each in shown],
    )
    for trace in figure.data:
        trace.x = [each.isoformat() for each in pd.to_datetime(pd.Series(trace.x)).dt.date]
    figure.update_layout(bargap=0.25)


def week_axis(figure: go.Figure, days: Sequence[str]) -> None:
    """Weeks as categories, each named by the month and day it begins on; `days` as `formats.date` writes them."""
    # On a phone they stand upright: side by side they would run into each other.
    figure.update_xaxes(
        type="category", tickvals=list(days), ticktext=[day[5:] for day in days], autotickangles=[0, 90]
    )  # fmt: skip


def tiles(cells: Iterable[tuple[int, int, str]]) -> go.Figure:
    """A figure with a tile at each place: column, row, colour."""
    shapes = [
        {
            "type": "rect",
            "x0": x - 0.48,
            "x1": x + 0.48,
            "y0": y - 0.45,
            "y1": y + 0.45,
            "fillcolor": colour,
            "line": {"width": 0},
            "layer": "below",
        }
        for x, y, colour in cells
    ]
    # Given together: each shape that is added alone is checked again with all before it.
    return go.Figure(layout={"shapes": shapes})


def frame(figure: go.Figure, height: int) -> None:
    """The look that all figures share: no toolbar gestures, legend above, room used to the edge."""
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left", "title": {"text": ""}},
        dragmode=False,
        xaxis={"fixedrange": True, "showgrid": False},
        yaxis={"fixedrange": True},
    )


def rep_bars(reader: Reader, rows: pd.DataFrame) -> go.Figure:
    """Overdue money by rep, from `reps`, the largest on top; the rep's own name is the customdata of the click."""
    figure = go.Figure(
        go.Bar(
            x=rows["overdue_base"],
            y=[plain_in_chart(rep) or reader.t("app.unassigned") for rep in rows["rep"]],
            orientation="h",
            marker_color=OVERDUE,
            text=[compact(reader, value) for value in rows["overdue_base"]],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [rep, money(reader, overdue), money(reader, due)]
                for rep, overdue, due in zip(rows["rep"], rows["overdue_base"], rows["amount_due_base"], strict=True)
            ],
            hovertemplate=f"<b>%{{y}}</b><br>{reader.t('app.overdue')}: %{{customdata[1]}}<br>"
            f"{reader.t('calls.due_total')}: %{{customdata[2]}}<extra></extra>",
        )
    )
    frame(figure, min(300, 60 + REP_HEIGHT * len(rows)))
    figure.update_xaxes(visible=False, range=[0, rows["overdue_base"].max() * 1.15])  # room for the amounts
    figure.update_yaxes(automargin=True)
    return figure
