"""The ledger age (from the invoice) beside the overdue age (from the due date)."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ui.buckets import NOT_DUE, UNAPPLIED, bucket_colours, bucket_label, bucket_name, faded
from ui.charts import frame, tiles
from ui.formats import compact, money, plain
from ui.heatmap import INK, INK_ON_DARK
from ui.i18n import Reader

AGES_WIDTH, CELL_WIDTH = 100, 48  # pixels that the names of ages and an amount need at least


def ledger_matrix(reader: Reader, ages: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Ledger age × overdue bucket, from `ledger_aging_at`: the same money counted from two dates."""
    rows = ages.drop_duplicates("age").sort_values("age_order")["age"]
    columns = ages.drop_duplicates("bucket").sort_values("bucket_order")["bucket"]
    row_of = {age: place for place, age in enumerate(rows)}
    column_of = {bucket: place for place, bucket in enumerate(columns)}
    colours = bucket_colours(list(columns))
    largest = float(ages["open_base"].abs().max()) or 1.0
    figure = tiles(
        (
            column_of[cell["bucket"]],
            row_of[cell["age"]],
            faded(colours[cell["bucket"]], 0.1 + 0.5 * (abs(cell["open_base"]) / largest) ** 0.35, dark=dark),
        )
        for cell in ages.to_dict("records")
    )
    figure.add_scatter(
        x=[column_of[bucket] for bucket in ages["bucket"]],
        y=[row_of[age] for age in ages["age"]],
        mode="text",
        text=[compact(reader, value) for value in ages["open_base"]],
        textfont={"color": INK_ON_DARK if dark else INK, "size": 12},
        customdata=[
            [age_name(reader, age), bucket_name(reader, bucket), money(reader, value)]
            for age, bucket, value in zip(ages["age"], ages["bucket"], ages["open_base"], strict=True)
        ],
        hovertemplate="%{customdata[0]} · %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        showlegend=False,
    )
    frame(figure, 70 + 36 * len(row_of))
    figure.update_xaxes(
        side="top",
        tickvals=list(column_of.values()),
        ticktext=[bucket_label(reader, bucket) for bucket in columns],
        tickangle=0,
        range=[-0.5, len(column_of) - 0.5],
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(row_of.values()),
        ticktext=[age_name(reader, age) for age in rows],
        range=[len(row_of) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    return figure


def groups_line(reader: Reader, aging: pd.DataFrame, groups: pd.DataFrame) -> None:
    """Whether the groups of what is not yet due add up to the bucket they split."""
    whole = float(aging.loc[aging["bucket"] == NOT_DUE, "open_base"].sum())
    text = money(reader, float(groups["open_base"].sum()))
    if text == money(reader, whole):
        st.caption(f":green[:material/check_circle:] {reader.t('aging.split_holds', text=text)}")
    else:
        st.warning(plain(reader.t("aging.split_differs", text=text, whole=money(reader, whole))))


def age_name(reader: Reader, age: str) -> str:
    """A ledger age in words: `0-3` is "up to 3 months", `36+` is "over 3 years"."""
    if age == UNAPPLIED:
        return bucket_name(reader, age)
    if age.endswith("+"):
        return reader.t("aging.over", text=_span(reader, int(age[:-1])))
    low, high = age.split("-")
    if low == "0":
        return reader.t("aging.up_to", text=_span(reader, int(high)))
    if _in_years(int(low)) == _in_years(int(high)):
        first = int(low) // 12 if _in_years(int(low)) else int(low)
        return reader.t("aging.between_numbers", low=first, high=_span(reader, int(high)))
    return reader.t("aging.between", low=_span(reader, int(low)), high=_span(reader, int(high)))


def _in_years(months: int) -> bool:
    return months > 0 and months % 12 == 0


def _span(reader: Reader, months: int) -> str:
    if _in_years(months):
        return reader.t("aging.years", count=months // 12)
    return reader.t("aging.months", count=months)
