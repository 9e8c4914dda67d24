"""Aging on any day: who owed what and how late, and the age from the invoice beside the age from the due date."""

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_aging, queries_balances, queries_not_due, queries_summaries
from pipelines.reporting.passport_types import At
from ui import aging_charts, aging_file, charts, page, passport, summary_parts, tie_out
from ui.formats import date
from ui.heatmap_block import ROWS, heatmap_block
from ui.tables import downloads, table, words

EXCHANGE = words("currency open_doc open_base revalued_base unrealised_base realised_base")
ALL = 1_000_000_000  # more customers than anybody has: the file holds all of them
EDGES = (1, 2, 3, 6, 9, 12, 18, 24, 36, 48, 60)  # months at which a ledger age can end

view = page.start("aging")
reader, t = view.reader, view.reader.t
assert view.build is not None  # the head of the page has stopped without one
if not view.ask_build(queries_summaries.has_documents):
    summary_parts.snapshot(view)
    st.stop()

with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    first = view.ask_build(queries_aging.first_day)
    day = st.date_input(
        t("aging.day"), view.build.as_of, min_value=first, max_value=view.build.as_of, format="YYYY-MM-DD", width=220,
        key="day", bind="query-params",
    )  # fmt: skip
    rows = st.segmented_control(t("overview.rows"), ROWS, default=ROWS[0], required=True, key="aging_rows")
    is_split = st.toggle(t("aging.split"), key="split", bind="query-params", help=t("aging.split_help"))
if day is None:
    st.stop()
if day != view.build.as_of:
    st.caption(f":material/history: {t('aging.back_in_time')}")
    known_from = view.ask(queries_balances.known_from)
    if known_from and day < known_from:
        st.warning(t("aging.before_lists", day=date(reader, known_from)), icon=":material/warning:")

aging = view.ask(queries_aging.aging_at, day)
tie_out.line(view, aging["open_base"].sum(), day=day)
tie_out.control_totals(view)
groups = view.ask(queries_not_due.not_due_at, day, view.settings.not_due_edges) if is_split else None


def cells_of(customers: int) -> pd.DataFrame:
    """Customer by bucket, for so many customers, with what is not yet due split where that is asked for."""
    cells: pd.DataFrame = view.ask(queries_aging.aging_heatmap_at, day, customers)
    return cells if groups is None else queries_not_due.split(cells, groups)


with st.container(border=True):
    st.subheader(t("overview.heatmap"), anchor=False)
    cells = cells_of(rows or ROWS[0])
    if not cells.empty:
        st.caption(t("overview.heatmap_hint"))
    heatmap_block(view, cells, "aging_heatmap", rows, day, is_split, view.settings.not_due_edges)
    if not cells.empty:
        st.caption(t("aging.file"), text_alignment="right")
        downloads(
            reader, lambda: aging_file.by_customer(reader, cells_of(ALL)), None, key="aging_file",
            file_name=f"aging-{day}",
        )  # fmt: skip

pair = st.grid(2, min_column_width=page.HALF)
with pair.container(border=True, height="stretch"):
    st.subheader(t("overview.aging"), anchor=False)
    if aging.empty:
        page.nothing_here(t("overview.heatmap_alt_empty"))
    else:
        shown = aging if groups is None else queries_not_due.split_total(aging, groups)
        figure = charts.aging_bars(reader, shown)
        st.plotly_chart(figure, key="aging_bars", config=charts.CONFIG, alt=t("overview.aging_alt"))
        if groups is not None:
            aging_charts.groups_line(reader, aging, groups)
        passport.button(view, ["bucket"], At(day=day), key="aging")
with pair.container(border=True, height="stretch"):
    st.subheader(t("aging.ledger"), anchor=False)
    st.caption(t("aging.ledger_note"))
    edges = st.multiselect(
        t("aging.edges"), EDGES, queries_aging.LEDGER_MONTHS, format_func=lambda each: t("aging.months", count=each),
        key="ledger_edges", help=t("aging.edges_help"),
    )  # fmt: skip
    ages: pd.DataFrame = view.ask(
        queries_aging.ledger_aging_at, day, tuple(sorted(edges)) or queries_aging.LEDGER_MONTHS
    )
    if ages.empty:
        page.nothing_here(t("overview.heatmap_alt_empty"))
    else:
        figure = aging_charts.ledger_matrix(reader, ages, dark=st.context.theme.type == "dark")
        least = aging_charts.AGES_WIDTH + aging_charts.CELL_WIDTH * ages["bucket"].nunique()
        page.sideways(least).plotly_chart(figure, key="ledger", config=charts.CONFIG, alt=t("aging.ledger"))
differences = view.ask(queries_aging.exchange_differences) if day == view.build.as_of else pd.DataFrame()
if not differences.empty:
    with st.container(border=True):
        st.subheader(t("exchange.title"), anchor=False)
        st.caption(t("exchange.note"))
        table(reader, differences, EXCHANGE, key="exchange", alt=t("exchange.title"), file_name="exchange_differences")
summary_parts.beside_documents(view)
