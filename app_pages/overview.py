"""Overview: how much is owed, how late, by whom, whether it gets better, and whether the figures tie out."""

import streamlit as st

from pipelines.reporting import queries_balances, queries_buckets, queries_dso, queries_summaries
from pipelines.reporting.passport_types import At
from ui import charts, overview_parts, page, passport, summary_parts, tie_out
from ui.heatmap_block import ROWS, heatmap_block
from ui.i18n import Reader

view = page.start("overview")
reader: Reader = view.reader
t = reader.t
if not view.ask_build(queries_summaries.has_documents):
    summary_parts.snapshot(view)
    st.stop()

kpis = view.ask(queries_balances.kpis)
known_from = view.ask(queries_balances.known_from)
balances, dso = (
    page.since(view.ask(query), known_from) for query in (queries_dso.receivables_trend, queries_dso.dso_trend)
)
overview_parts.cards(view, kpis, balances, dso)
page.known_line(view, known_from)
tie_out.line(view, kpis["outstanding"])
tie_out.control_totals(view)
summary_parts.line(view)

with st.container(border=True):
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(t("overview.heatmap"), anchor=False, width="content")
        rows = st.segmented_control(
            t("overview.rows"), ROWS, default=ROWS[0], required=True, key="heatmap_rows", help=t("overview.rows_help"),
            width="content",
        )  # fmt: skip
    cells = view.ask(queries_buckets.aging_heatmap, rows or ROWS[0])
    if not cells.empty:
        st.caption(t("overview.heatmap_hint"))
    heatmap_block(view, cells, "heatmap", rows)

pair = st.grid(2, min_column_width=page.HALF)
with pair.container(border=True, height="stretch"):
    st.subheader(t("overview.aging"), anchor=False)
    aging = view.ask(queries_buckets.aging)
    figure = view.figure("aging", lambda: charts.aging_bars(reader, aging))
    st.plotly_chart(figure, key="aging", config=charts.CONFIG, alt=t("overview.aging_alt"))
    passport.button(view, ["bucket"], At(), key="aging")
with pair.container(border=True, height="stretch"):
    st.subheader(t("overview.by_rep"), anchor=False)
    overview_parts.overdue_by_rep(view)

overview_parts.histories(view, balances, dso, known_from)
