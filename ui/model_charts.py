"""The figures of the model card."""

from typing import Any

import plotly.graph_objects as go

from ui.charts import ACCENT, COLLECTED, QUIET, frame
from ui.formats import number, percent
from ui.i18n import Reader


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
