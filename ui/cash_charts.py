"""The figures of expected receipts and of payment behaviour."""

import pandas as pd
import plotly.graph_objects as go

from ui.buckets import OVERDUE_COLOURS, faded
from ui.charts import ACCENT, COLLECTED, OVERDUE, QUIET, frame, line_mode, money_axis, month_axis, tiles, week_axis
from ui.formats import date, days, money, month, percent
from ui.heatmap import INK, INK_ON_DARK
from ui.i18n import Reader

COHORT_MONTHS = 18


def weekly(reader: Reader, weeks: pd.DataFrame, height: int = 340) -> go.Figure:
    """Expected receipts a week with their 80 % range, beside what was received where the weeks have passed."""
    starts = [date(reader, start.date()) for start in pd.to_datetime(weeks["week_start"])]
    figure = go.Figure(
        go.Bar(
            x=starts,
            y=weeks["expected_base"],
            marker_color=COLLECTED,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": weeks["p90_base"] - weeks["expected_base"],
                "arrayminus": weeks["expected_base"] - weeks["p10_base"],
                "color": QUIET,
                "thickness": 1.5,
            },
            customdata=[
                [
                    reader.t("cash.hover_expected", text=money(reader, expected)),
                    reader.t("cash.hover_range", low=money(reader, low), high=money(reader, high)),
                ]
                for expected, low, high in zip(
                    weeks["expected_base"], weeks["p10_base"], weeks["p90_base"], strict=True
                )
            ],
            hovertemplate="<b>%{x}</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
    )
    if "received_base" in weeks:
        figure.data[0].name = reader.t("cash.forecast")
        figure.add_bar(
            x=starts,
            y=weeks["received_base"],
            name=reader.t("cash.received"),
            marker_color=ACCENT,
            customdata=[
                [reader.t("cash.hover_received", text=money(reader, value))] for value in weeks["received_base"]
            ],
            hovertemplate="<b>%{x}</b><br>%{customdata[0]}<extra></extra>",
        )
    frame(figure, height)
    week_axis(figure, starts)
    figure.update_yaxes(
        **money_axis(reader, 0, float(weeks[[c for c in ("p90_base", "received_base") if c in weeks]].max().max()))
    )
    return figure


def lateness(reader: Reader, months: pd.DataFrame, height: int = 340) -> go.Figure:
    """Weighted days late of what was paid, with open items, and days to pay, month by month, from `lateness`."""
    figure = go.Figure()
    lines = (
        ("days_late", ACCENT, "solid"),
        ("days_late_with_open", OVERDUE, "solid"),
        ("days_to_pay", QUIET, "dash"),
    )
    for column, colour, dash in lines:
        figure.add_scatter(
            x=months["month_end"],
            y=months[column],
            name=reader.t(f"metric.{column}"),
            mode=line_mode(months[column]),
            line={"color": colour, "width": 2, "dash": dash},
            customdata=[[days(reader, value, 1)] for value in months[column]],
            hovertemplate="%{customdata[0]}",
        )
    frame(figure, height)
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(ticksuffix=reader.t("app.day_suffix"), tickformat=",d")
    month_axis(figure, reader, months["month_end"])
    return figure


def cohorts(reader: Reader, billed: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Month of billing × days after due: the share still unpaid; a share that can still change is in brackets."""
    known = billed[billed["share"].notna()]
    recent = sorted(known["month_end"].unique())[-COHORT_MONTHS:]
    rows = known[known["month_end"].isin(recent)]
    ages = sorted(rows["age_days"].unique())
    row_of = {end: place for place, end in enumerate(recent)}
    column_of = {age: place for place, age in enumerate(ages)}
    cells = []
    for age, end, share in zip(rows["age_days"], rows["month_end"], rows["share"], strict=True):
        hue = OVERDUE_COLOURS[round(column_of[age] * (len(OVERDUE_COLOURS) - 1) / max(len(ages) - 1, 1))]
        cells.append((column_of[age], row_of[end], faded(hue, min(0.08 + 1.1 * max(share, 0), 0.75), dark=dark)))
    figure = tiles(cells)
    figure.add_scatter(
        x=[column_of[age] for age in rows["age_days"]],
        y=[row_of[end] for end in rows["month_end"]],
        mode="text",
        text=[
            percent(reader, share) if final else f"({percent(reader, share)})"
            for share, final in zip(rows["share"], rows["is_final"], strict=True)
        ],
        textfont={"color": INK_ON_DARK if dark else INK, "size": 12},
        customdata=[
            [
                reader.t(
                    "behaviour.billed_in", month=month(reader, pd.Timestamp(end).date()), text=money(reader, billed)
                ),
                reader.t("behaviour.still_unpaid", days=int(age), text=percent(reader, share)),
            ]
            for end, age, billed, share in zip(
                rows["month_end"], rows["age_days"], rows["billed_base"], rows["share"], strict=True
            )
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        showlegend=False,
    )
    frame(figure, 60 + 30 * len(recent))
    figure.update_xaxes(
        side="top",
        tickvals=list(column_of.values()),
        ticktext=[reader.t("behaviour.after", text=str(age)) for age in ages],
        range=[-0.5, len(ages) - 0.5],
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(row_of.values()),
        ticktext=[month(reader, pd.Timestamp(end).date()) for end in recent],
        range=[len(recent) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure
