"""The aging heatmap: one row a customer, one column a bucket, every cell a way into the items behind it."""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.buckets import DUE, TOTAL_COLOUR, bucket_colours, bucket_label, bucket_name, faded, is_late
from ui.formats import compact, money, plain_in_chart
from ui.i18n import Reader

TOTAL = "total"  # the column that adds up a customer's row
ROW_HEIGHT, NAME_LENGTH = 30, 28
FAINTEST, STRONGEST = 0.10, 0.62
INK, INK_ON_DARK = "#0F1624", "#E6EAF2"  # the text colours of the two themes


def heatmap(reader: Reader, cells: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Customer × bucket from the long rows of `aging_heatmap`.

    The colour says how late (its hue) and how much (its strength, by the logarithm of the amount, so that one giant
    does not blank the rest). Each cell carries (entity, customer, bucket) as customdata for the click; the bucket is
    "total" in the last column.
    """
    buckets = list(cells.sort_values("bucket_order")["bucket"].unique())
    columns = [*buckets, TOTAL]
    customers = cells.drop_duplicates(["entity_id", "customer_id"])
    totals = cells.groupby(["entity_id", "customer_id"], sort=False)[["open_base", "items"]].sum().reset_index()
    whole = pd.concat([cells, totals.assign(bucket=TOTAL)], ignore_index=True)
    row_of = {key: row for row, key in enumerate(zip(customers["entity_id"], customers["customer_id"], strict=True))}
    name_of = dict(zip(row_of, customers["customer_name"].fillna("").astype(str), strict=True))

    figure = go.Figure()
    for trace in _colour_traces(whole, columns, row_of, dark=dark):
        figure.add_trace(trace)
    figure.add_trace(_cell_texts(reader, whole, columns, row_of, name_of, INK_ON_DARK if dark else INK))
    figure.update_layout(
        **_frame(buckets, len(row_of)),
        hoverdistance=ROW_HEIGHT,
        clickmode="event+select",
        dragmode=False,
        xaxis={
            "side": "top",
            "tickvals": list(range(len(columns))),
            "ticktext": [reader.t("app.total") if c == TOTAL else bucket_label(reader, c) for c in columns],
            "tickangle": 0,
            "range": [-0.5, len(columns) - 0.5],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "visible": False,
            "range": [len(row_of) - 0.5, -0.5],
            "fixedrange": True,
        },
    )
    return figure


def heatmap_names(cells: pd.DataFrame) -> go.Figure:
    """The customers of a heatmap, each in its row: a picture of its own, so that it stays where the cells scroll."""
    customers = cells.drop_duplicates(["entity_id", "customer_id"])
    names = [name or number for name, number in zip(customers["customer_name"], customers["customer_id"], strict=True)]
    rows = list(range(len(names)))
    figure = go.Figure(
        go.Scatter(
            x=[0] * len(rows),
            y=rows,
            text=[plain_in_chart(_short(str(name))) for name in names],
            customdata=[plain_in_chart(name) for name in names],
            mode="text",
            textposition="middle right",
            textfont={"size": 12},
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(
        **_frame(list(cells["bucket"].unique()), len(rows)),
        dragmode=False,
        xaxis={"visible": False, "range": [0, 1], "fixedrange": True},
        yaxis={"visible": False, "range": [len(rows) - 0.5, -0.5], "fixedrange": True},
    )
    return figure


def _frame(buckets: Sequence[str], rows: int) -> dict[str, Any]:
    """Height and margins, the same for the cells and for the names beside them."""
    head = 60 if any(bucket.startswith(DUE) for bucket in buckets) else 48  # three lines of heading, or two
    return {"height": ROW_HEIGHT * rows + 30 + head, "margin": {"l": 0, "r": 0, "t": head, "b": 10}}


def heatmap_summary(reader: Reader, cells: pd.DataFrame) -> str:
    """One sentence for readers who cannot see the picture."""
    if cells.empty:
        return reader.t("overview.heatmap_alt_empty")
    late = cells[cells["bucket"].map(is_late)]
    worst = late.groupby("customer_name")["open_base"].sum().sort_values(ascending=False)
    count = cells[["entity_id", "customer_id"]].drop_duplicates().shape[0]
    if worst.empty:
        return reader.t("overview.heatmap_alt_calm", count=count)
    return reader.t(
        "overview.heatmap_alt", count=count, customer=worst.index[0], amount=money(reader, float(worst.iloc[0]))
    )


def _colour_traces(
    whole: pd.DataFrame, columns: list[str], row_of: dict[tuple[str, str], int], *, dark: bool
) -> list[go.Heatmap]:
    """One trace a column: a column has one hue, its cells differ in strength on a scale shared by all columns."""
    amounts = whole.loc[whole["bucket"] != TOTAL, "open_base"].abs()
    amounts = amounts[amounts > 0]
    low, high = (math.log10(amounts.min()), math.log10(amounts.max())) if len(amounts) else (0.0, 1.0)
    colours = bucket_colours([c for c in columns if c != TOTAL]) | {TOTAL: TOTAL_COLOUR}
    traces = []
    for x, column in enumerate(columns):
        part = whole[(whole["bucket"] == column) & (whole["open_base"] != 0)]
        if part.empty:
            continue
        amount_of = dict(zip(zip(part["entity_id"], part["customer_id"], strict=True), part["open_base"], strict=True))
        colour = colours[column]
        traces.append(
            go.Heatmap(
                x=[x],
                y=list(row_of.values()),
                # Every row is there, with or without an amount: cells of a gappy grid would grow into the gaps.
                z=[[math.log10(abs(amount_of[key])) if key in amount_of else None] for key in row_of],
                zmin=low,
                zmax=max(high, low + 1),
                colorscale=[[0, faded(colour, FAINTEST, dark=dark)], [1, faded(colour, STRONGEST, dark=dark)]],
                xgap=2,
                ygap=2,
                showscale=False,
                hoverinfo="skip",
            )
        )
    return traces


def _cell_texts(
    reader: Reader,
    whole: pd.DataFrame,
    columns: list[str],
    row_of: dict[tuple[str, str], int],
    name_of: dict[tuple[str, str], str],
    ink: str,
) -> go.Scatter:
    """The amounts, and the invisible marks that take the clicks: a heatmap cell itself cannot be selected."""
    x_of = {column: x for x, column in enumerate(columns)}
    shown = whole[whole["open_base"] != 0]
    keys = list(zip(shown["entity_id"], shown["customer_id"], strict=True))
    invisible = {"marker": {"opacity": 0}, "textfont": {"color": ink}}
    return go.Scatter(
        x=[x_of[bucket] for bucket in shown["bucket"]],
        y=[row_of[key] for key in keys],
        text=[compact(reader, value) for value in shown["open_base"]],
        customdata=[
            [
                *key,
                bucket,
                plain_in_chart(name_of[key] or key[1]),
                reader.t("app.total") if bucket == TOTAL else bucket_name(reader, bucket),
                money(reader, value),
                reader.t("app.items", count=int(items)),
            ]
            for key, bucket, value, items in zip(keys, shown["bucket"], shown["open_base"], shown["items"], strict=True)
        ],
        mode="markers+text",
        textfont={"color": ink, "size": 12},
        marker={"symbol": "square", "size": ROW_HEIGHT - 2, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        hovertemplate="<b>%{customdata[3]}</b><br>%{customdata[4]}: %{customdata[5]}<br>%{customdata[6]}"
        "<extra></extra>",
        showlegend=False,
    )


def _short(name: str) -> str:
    """A name that fits beside the rows; Chinese characters count double because they are twice as wide."""
    widths = [2 if ord(character) > 0x2E80 else 1 for character in name]
    if sum(widths) <= NAME_LENGTH:
        return name
    fits = sum(1 for width in accumulate(widths) if width <= NAME_LENGTH - 2)  # the mark of the cut takes room too
    return f"{name[:fits]}…"
