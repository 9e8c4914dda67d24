"""The life line of an invoice on its page: a bar of its stages with the days in each, and its events in order."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.collecting.life_line import STAGES, Event, LifeLine
from ui import journal_parts
from ui.charts import CONFIG, DAY, day_axis, frame
from ui.formats import date, days, money, plain, plain_in_chart
from ui.i18n import Reader
from ui.session import View

COLOURS: Mapping[str, str] = {
    "billed": "#9DB7E8",
    "overdue": "#DD5550",
    "chased": "#F0A35E",
    "promised": "#5B7BEA",
    "disputed": "#B07CC6",
    "on_hold": "#8A94A6",
    "handed_over": "#C9A227",
    "legal": "#6B3F3F",
    "paid": "#2FA58E",
}
BAR_HEIGHT = 90  # pixels of the bar and its days
LEGEND_LINE = 24  # pixels of a line of the legend, which scrolls over the bar where it has no room of its own
NAMES_A_LINE = 2  # in half a page, and on a phone
ICONS = {"issued": "receipt_long", "due": "event", "settled": "check_circle", "payment": "payments"}


def show(view: View, line: LifeLine) -> None:
    """The bar, days per stage in words, and the events."""
    reader, t = view.reader, view.reader.t
    st.caption(t("life.help"))
    figure = bar(reader, line)
    st.plotly_chart(figure, key="life", config=CONFIG, alt=t("life.alt"))
    spent = [
        f"{reader.code('stage', stage)} {days(reader, line.days[stage])}" for stage in STAGES if line.days.get(stage)
    ]
    st.markdown(plain(" · ".join(spent)))
    for event in line.events:
        st.caption(_told(reader, event))


def bar(reader: Reader, line: LifeLine) -> go.Figure:
    """One horizontal bar, a part per stretch, from the issue date on."""
    figure = go.Figure()
    named: set[str] = set()
    for stretch in line.stretches:
        word = reader.code("stage", stretch.stage)
        said = f"{date(reader, stretch.since)} – {date(reader, stretch.until)}<br>{days(reader, stretch.days)}"
        figure.add_bar(
            x=[stretch.days * DAY], base=[pd.Timestamp(stretch.since)], y=[""], orientation="h", name=word,
            legendgroup=stretch.stage, showlegend=stretch.stage not in named, marker_color=COLOURS[stretch.stage],
            hovertemplate=f"<b>{plain_in_chart(word)}</b><br>{said}<extra></extra>",
        )  # fmt: skip
        named.add(stretch.stage)
    legend = LEGEND_LINE * -(-len(named) // NAMES_A_LINE)
    frame(figure, BAR_HEIGHT + legend)
    figure.update_layout(barmode="overlay", legend={"traceorder": "normal"}, margin={"t": legend})
    day_axis(figure, sum(stretch.days for stretch in line.stretches))
    figure.update_yaxes(visible=False)
    return figure


def _told(reader: Reader, event: Event) -> str:
    """One event in a line of markdown."""
    day = date(reader, event.day)
    if event.note is not None:
        icon, text = journal_parts.ICONS.get(event.note.kind, "edit_note"), journal_parts.title(reader, event.note)
        return f":material/{icon}: {day} · {text} · {plain(reader.person(event.note.who))}"
    icon = ICONS.get(event.code, "receipt")
    text = reader.code("life_event", event.code)
    if event.amount is not None:
        text = f"{text} {money(reader, event.amount, event.currency)}"
    return f":material/{icon}: {day} · {plain(text)}"
