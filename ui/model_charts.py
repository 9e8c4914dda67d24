"""The figures of the model card."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts import ACCENT, COLLECTED, OVERDUE, QUIET, frame, money_axis
from ui.formats import compact, number, percent
from ui.i18n import Reader

AMBER = "#F2C14E"


def calibration(reader: Reader, points: list[dict[str, Any]], height: int = 320) -> go.Figure:
    """Forecast against outcome in ten classes; a dot's size is its number of rows, the diagonal is perfect."""
    largest = max((point["rows"] for point in points), default=1)
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=[point["p"] for point in points],
        y=[point["share"] for point in points],
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        marker={"size": [8 + 16 * (point["rows"] / largest) ** 0.5 for point in points], "opacity": 0.8},
        customdata=[
            [percent(reader, point["p"]), percent(reader, point["share"]), number(reader, point["rows"])]
            for point in points
        ],
        hovertemplate=reader.t("model_card.calibration_hover").replace("[", "%{customdata[").replace("]", "]}")
        + "<extra></extra>",
    )
    frame(figure, height)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title={"text": reader.t("model_card.forecast")})
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title={"text": reader.t("model_card.outcome_share")})
    return figure


def lift(reader: Reader, steps: list[dict[str, Any]], height: int = 320) -> go.Figure:
    """How much of the late items and of the late money stands in the first part of the list, against chance."""
    figure = go.Figure()
    shares = [0.0, *(step["share_of_list"] for step in steps)]
    for name, colour in (("share_of_money", ACCENT), ("share_of_late", COLLECTED)):
        values = [0.0, *(step[name] for step in steps)]
        figure.add_scatter(
            x=shares,
            y=values,
            name=reader.t(f"model_card.{name}"),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            customdata=[
                [percent(reader, share, 0), percent(reader, value)] for share, value in zip(shares, values, strict=True)
            ],
            hovertemplate="%{customdata[0]} → %{customdata[1]}",
        )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=reader.t("model_card.chance"), line={"color": QUIET, "dash": "dot"}
    )
    frame(figure, height)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title={"text": reader.t("model_card.part_of_list")})
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def importance(reader: Reader, groups: list[dict[str, Any]], height: int = 320) -> go.Figure:
    """How much worse the Brier score gets when one group of facts is shuffled; the largest on top."""
    shown = [group for group in groups if group["brier"] > 0][:10][::-1]
    figure = go.Figure(
        go.Bar(
            x=[group["brier"] for group in shown],
            y=[reader.code("group", group["group"]) for group in shown],
            orientation="h",
            marker_color=ACCENT,
            customdata=[[number(reader, group["brier"], 4)] for group in shown],
            hovertemplate="%{y}: %{customdata[0]}<extra></extra>",
        )
    )
    frame(figure, height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(automargin=True)
    return figure


def drift(reader: Reader, moved: pd.DataFrame, height: int = 320) -> go.Figure:
    """How far facts have moved since training (PSI), the furthest on top; below 0.1 is calm, from 0.25 on is much."""
    rows = moved.iloc[::-1]
    figure = go.Figure(
        go.Bar(
            x=rows["value"],
            y=[reader.code("feature", name) for name in rows["name"]],
            orientation="h",
            marker_color=[COLLECTED if value < 0.1 else AMBER if value < 0.25 else OVERDUE for value in rows["value"]],
            text=[number(reader, value, 2) for value in rows["value"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    frame(figure, height)
    figure.update_xaxes(visible=False, range=[0, max(float(rows["value"].max()) * 1.15, 0.3)])
    figure.update_yaxes(automargin=True)
    return figure


def costs(reader: Reader, curve: pd.DataFrame, best: float, height: int = 300) -> go.Figure:
    """The cost of calling and the cost of being paid late, by the probability from which one calls."""
    figure = go.Figure()
    lines = (("call_cost", QUIET, "dash"), ("late_cost", OVERDUE, "dash"), ("cost", ACCENT, "solid"))
    for column, colour, dash in lines:
        figure.add_scatter(
            x=curve["threshold"],
            y=curve[column],
            name=reader.t(f"model_card.curve_{column}"),
            mode="lines",
            line={"color": colour, "width": 2, "dash": dash},
            customdata=[[compact(reader, value)] for value in curve[column]],
            hovertemplate="%{customdata[0]}",
        )
    figure.add_vline(x=best, line={"color": ACCENT, "width": 1, "dash": "dot"})
    frame(figure, height)
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(tickformat=".0%", title={"text": reader.t("model_card.call_from")})
    figure.update_yaxes(**money_axis(reader, 0, float(curve[["call_cost", "late_cost", "cost"]].max().max())))
    return figure
