"""The bridge between two builds: a waterfall from one balance to the other, and the rows behind each part."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.reporting import queries_bridge
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_bridge import MEASURES, Bridge
from ui import charts, filters, page
from ui.formats import compact, date, money, plain, plain_in_chart
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

PARTS = words("part rows outstanding_base overdue_base")
ROWS = words("part customer_id customer_name invoice_id receipt_id outstanding_base overdue_base")


def show(view: View, before: Path, after: Path) -> None:
    """What explains the difference of the balance between two builds in this view, as of the earlier of their days."""
    reader, t = view.reader, view.reader.t
    st.markdown(f"**{t('bridge.title')}**")
    measure = st.segmented_control(
        t("bridge.measure"), MEASURES, default=MEASURES[0], required=True, key="bridge_measure",
        format_func=lambda each: t(f"metric.{each}"),
    ) or MEASURES[0]  # fmt: skip
    found = _bridged(str(before), str(after), view.scope)
    covered = filters.in_words(reader, Scope(), view.scope)
    st.caption(t("bridge.text", date=date(reader, found.day)) + (f" {plain(covered)}" if covered else ""))
    if view.scope.limits():
        st.caption(t("bridge.handed_over"))
    if not found.parts:
        page.nothing_here(t("bridge.same"))
        return
    figure = waterfall(reader, found, measure)
    st.plotly_chart(figure, key="bridge", config=charts.CONFIG, alt=t("bridge.title"))
    if gap := found.unexplained(measure):
        st.warning(t("bridge.unexplained", text=money(reader, gap)), icon=":material/error:")
    else:
        st.caption(f":green[:material/check_circle:] {t('bridge.explained')}")
    parts = pd.DataFrame(found.parts).astype({"outstanding_base": float, "overdue_base": float})
    table(reader, parts, PARTS, key="bridge_parts", alt=t("bridge.title"), file_name="bridge")
    _rows(view, found, before, after)


def _rows(view: View, found: Bridge, before: Path, after: Path) -> None:
    reader, t = view.reader, view.reader.t
    names = [part["part"] for part in found.parts]
    chosen = st.selectbox(
        t("bridge.rows_of"), names, format_func=lambda each: reader.code("part", each), key="bridge_part", width=320
    )
    st.caption(t(f"bridge.means_{chosen}"))
    rows = found.rows[found.rows["part"] == chosen]
    whole = next(part["rows"] for part in found.parts if part["part"] == chosen)
    if whole > len(rows):
        st.caption(t("app.largest", count=len(rows), whole=whole))

    def everything() -> pd.DataFrame:
        return queries_bridge.bridge_rows(before, after, chosen, found.day, view.scope)

    table(
        reader, rows, ROWS, key="bridge_rows", alt=t("bridge.rows_of"), file_name=f"bridge-{chosen}",
        everything=everything if whole > len(rows) else None,
    )  # fmt: skip


def waterfall(reader: Reader, found: Bridge, measure: str) -> go.Figure:
    """From the balance known before to the one known after, a step a part."""
    steps = [part for part in found.parts if part[f"{measure}_base"]]
    amounts = [found.before[measure], *(part[f"{measure}_base"] for part in steps), found.after[measure]]
    names = [
        reader.t("bridge.before"),
        *(reader.code("part", part["part"]) for part in steps),
        reader.t("bridge.after"),
    ]
    figure = go.Figure(
        go.Waterfall(
            x=[plain_in_chart(name).replace(" ", "<br>", 1) for name in names],
            y=[float(amount) for amount in amounts[:-1]] + [0.0],
            measure=["absolute", *("relative" for _ in steps), "total"],
            text=[compact(reader, amount) for amount in amounts],
            textposition="outside",
            cliponaxis=False,
            customdata=[money(reader, amount) for amount in amounts],
            hovertemplate="%{x}<br>%{customdata}<extra></extra>",
            increasing={"marker": {"color": charts.OVERDUE}},
            decreasing={"marker": {"color": charts.COLLECTED}},
            totals={"marker": {"color": charts.BILLED}},
            connector={"line": {"color": charts.QUIET, "width": 1}},
        )
    )
    charts.frame(figure, 340)
    levels, level = [0.0], 0.0
    for amount in amounts[:-1]:
        level += float(amount)
        levels.append(level)
    figure.update_yaxes(**charts.money_axis(reader, min(levels), max(levels)))
    return figure


@st.cache_data(show_spinner=False, max_entries=5)
def _bridged(before: str, after: str, scope: Scope) -> Bridge:
    return queries_bridge.bridge(Path(before), Path(after), scope=scope)
