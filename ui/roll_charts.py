"""The figures of roll rates: where the money of each bucket was a month later, and how that changes."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.buckets import bucket_colours, bucket_name, faded
from ui.charts import COLLECTED, OVERDUE, QUIET, frame, month_axis, tiles
from ui.formats import money, percent
from ui.heatmap import INK, INK_ON_DARK
from ui.i18n import Reader

# Neighbouring ages have colours that are hard to tell apart as lines: each has a dash and a mark of its own, too.
LINES = (("solid", "circle"), ("dot", "square"), ("solid", "diamond"), ("dash", "triangle-up"), ("dashdot", "x"))
ENDS = ("paid", "credited", "written_off")  # where money goes that is in no bucket any more
STRONGEST = 0.75
NAMES_WIDTH, CELL_WIDTH = 70, 40  # pixels that the names of buckets and a share need at least


def matrix(reader: Reader, rolled: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """From bucket × to bucket, a month later: green is paid or younger, grey stays, red is older or lost."""
    sources = rolled.drop_duplicates("from_order").sort_values("from_order")
    targets = rolled.drop_duplicates("to_order").sort_values("to_order")
    row_of = {order: row for row, order in enumerate(sources["from_order"])}
    column_of = {order: column for column, order in enumerate(targets["to_order"])}
    figure = tiles(
        (
            column_of[cell["to_order"]],
            row_of[cell["from_order"]],
            faded(_colour(cell), 0.06 + (STRONGEST - 0.06) * min(cell["rate"], 1.0) ** 0.5, dark=dark),
        )
        for cell in rolled.to_dict("records")
    )
    figure.add_scatter(
        x=[column_of[order] for order in rolled["to_order"]],
        y=[row_of[order] for order in rolled["from_order"]],
        mode="text",
        text=[percent(reader, rate, 0 if rate >= 0.1 else 1) for rate in rolled["rate"]],
        textfont={"color": INK_ON_DARK if dark else INK, "size": 12},
        customdata=[
            [
                f"{name_of(reader, source)} → {name_of(reader, target)}",
                reader.t("rolls.hover", text=money(reader, amount), whole=money(reader, balance)),
            ]
            for source, target, amount, balance in zip(
                rolled["from_bucket"], rolled["to_bucket"], rolled["amount_base"], rolled["balance_base"], strict=True
            )
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        showlegend=False,
    )
    frame(figure, 60 + 46 * len(row_of))
    figure.update_xaxes(
        side="top",
        tickvals=list(column_of.values()),
        ticktext=[name_of(reader, bucket).replace(" ", "<br>", 1) for bucket in targets["to_bucket"]],
        tickangle=0,
        range=[-0.5, len(column_of) - 0.5],
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(row_of.values()),
        ticktext=[name_of(reader, bucket) for bucket in sources["from_bucket"]],
        range=[len(row_of) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    return figure


def trend(reader: Reader, rates: pd.DataFrame, height: int = 340) -> go.Figure:
    """The share of each bucket's balance that moved on to a later one, of the three months up to each month end."""
    figure = go.Figure()
    order = rates.drop_duplicates("bucket").sort_values("bucket_order")["bucket"]
    colours = bucket_colours(list(order))
    last = len(order) - 1
    for place, bucket in enumerate(order):
        if place == last:
            continue  # nothing is later than the last bucket
        part = rates[rates["bucket"] == bucket].sort_values("month_end")
        dash, mark = LINES[place % len(LINES)]
        figure.add_scatter(
            x=part["month_end"],
            y=part["rate_3"],
            name=bucket_name(reader, bucket),
            mode="lines+markers",
            line={"color": colours[bucket], "width": 2, "dash": dash},
            marker={"symbol": mark, "size": 6},
            customdata=[[percent(reader, rate)] for rate in part["rate_3"]],
            hovertemplate="%{customdata[0]}",
        )
    frame(figure, height)
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    month_axis(figure, reader, rates["month_end"], labels=6)
    return figure


def name_of(reader: Reader, bucket: str) -> str:
    """A bucket or an end in words."""
    return reader.t(f"rolls.{bucket}") if bucket in ENDS else bucket_name(reader, bucket)


def _colour(cell: Mapping[Hashable, Any]) -> str:
    if cell["to_bucket"] in ("paid", "credited"):
        return COLLECTED
    if cell["to_bucket"] == "written_off":
        return OVERDUE
    here, there = cell["from_order"], cell["to_order"]
    return QUIET if here == there else OVERDUE if there > here else COLLECTED
