"""The calendar heat strip of a payer: on which days of the month its money came, over the last two years."""

import datetime as dt

import pandas as pd
import plotly.graph_objects as go

from ui.charts import OVERDUE, frame
from ui.formats import compact, date, money, month
from ui.i18n import Reader

MONTHS = 24
COLOURS = ((0.0, "rgba(47,165,142,0.12)"), (1.0, "#2FA58E"))


def by_day(payments: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Money per day of the last MONTHS months: applied_on, month_start, day, amount_base."""
    day = pd.to_datetime(payments["applied_on"])
    first = (pd.Timestamp(as_of).to_period("M") - MONTHS + 1).to_timestamp()
    chosen = payments.assign(applied_on=day)[(day >= first) & (payments["kind"] == "payment")]
    sums = chosen.groupby("applied_on", as_index=False)["amount_base"].sum()
    return sums.assign(
        month_start=sums["applied_on"].dt.to_period("M").dt.to_timestamp(), day=sums["applied_on"].dt.day
    )


def strip(reader: Reader, days: pd.DataFrame, as_of: dt.date, closing_day: int | None = None) -> go.Figure:
    """A row per month up to `as_of`, the newest on top, a column per day; the payer card's closing day is marked.

    A month in which nothing came is an empty row: that is what there is to see.
    """
    months = list(pd.date_range(days["month_start"].min(), pd.Timestamp(as_of), freq="MS"))[::-1]
    rows = {each: place for place, each in enumerate(months)}
    grid: list[list[float | None]] = [[None] * 31 for _ in months]
    words: list[list[str]] = [[""] * 31 for _ in months]
    for row in days.to_dict("records"):
        place, column = rows[row["month_start"]], int(row["day"]) - 1
        grid[place][column] = float(row["amount_base"])
        words[place][column] = f"{date(reader, row['applied_on'].date())}<br>{money(reader, row['amount_base'])}"
    most = float(days["amount_base"].max())
    figure = go.Figure(
        go.Heatmap(
            z=grid, x=list(range(1, 32)), y=[month(reader, each.date()) for each in months],
            customdata=words, hovertemplate="%{customdata}<extra></extra>", colorscale=COLOURS, zmin=0, zmax=most,
            xgap=2, ygap=2, hoverongaps=False,
            colorbar={
                "tickvals": [0, most], "ticktext": [compact(reader, 0), compact(reader, most)], "thickness": 10,
                "outlinewidth": 0,
            },
        )
    )  # fmt: skip
    frame(figure, max(120, 60 + 17 * len(months)))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, dtick=max(1, len(months) // 12))
    figure.update_xaxes(dtick=5, tick0=5, range=[0.5, 31.5], side="bottom")
    if closing_day is not None:
        figure.add_vline(
            x=closing_day, line_dash="dot", line_color=OVERDUE, line_width=2, annotation_position="top",
            annotation_text=reader.t("payer.closing_day"), annotation_font_color=OVERDUE,
        )  # fmt: skip
    return figure
