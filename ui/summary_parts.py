"""Aged summaries on the pages: what they show, what they cannot answer, and how they stand against the documents."""

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_summaries
from ui import page, tie_out
from ui.formats import compact, date, money, number, plain
from ui.heatmap_block import ROWS, heatmap_block
from ui.session import View
from ui.tables import table, words

COMPARED = words("customer_id customer_name summary_base documents_base difference found_in")


def snapshot(view: View) -> None:
    """The figures of a build that holds aged summaries and no document: one summary, with what it cannot answer."""
    t = view.reader.t
    st.info(t("summary.only"), icon=":material/info:")
    import_id = _choose(view)
    if import_id is None:
        page.nothing_here(t("overview.heatmap_alt_empty"))
        return
    _cards(view, import_id)
    _heatmap(view, import_id)


def beside_documents(view: View) -> None:
    """The summaries of a build that holds documents too: each as loaded, and compared customer by customer."""
    t = view.reader.t
    if view.ask(queries_summaries.summaries).empty:
        return
    panel = st.expander(t("summary.beside"), on_change="rerun", key="summary_panel", icon=":material/table_view:")
    if not panel.open:
        return
    with panel:
        st.caption(t("summary.rule"))
        import_id = _choose(view)
        if import_id is None:
            return
        _cards(view, import_id)
        compared = view.ask(queries_summaries.against_documents, import_id)
        off = compared[compared["difference"].abs() >= 0.01]
        if off.empty:
            st.success(t("summary.agrees"), icon=":material/check_circle:")
        else:
            text = money(view.reader, float(off["difference"].sum()))
            found = off["found_in"].value_counts()
            kinds = [f"{view.reader.code('found_in', each)} {number(view.reader, found[each])}" for each in found.index]
            told = f"{t('summary.differs', count=len(off), text=text)} {' · '.join(kinds)}"
            st.warning(plain(told), icon=":material/difference:")
            table(
                view.reader, off, COMPARED, key="summary_compared", alt=t("summary.compared"),
                file_name="summary-against-documents",
            )  # fmt: skip
        _heatmap(view, import_id)


def line(view: View) -> None:
    """One line for a page of document figures: that summaries are loaded too and are not part of them."""
    found = view.ask(queries_summaries.summaries)
    if found.empty:
        return
    total = money(view.reader, float(found["open_base"].sum()))
    st.caption(f":material/table_view: {view.reader.t('summary.not_added', count=len(found), text=total)}")


def _choose(view: View) -> str | None:
    """The summary to show: the only one, or the one the person picks."""
    found: pd.DataFrame = view.ask(queries_summaries.summaries)
    if found.empty:
        return None
    names = {
        row["import_id"]: view.reader.t(
            "summary.named",
            source=row["source"],
            day=view.reader.t("summary.no_day") if pd.isna(row["as_of"]) else date(view.reader, row["as_of"]),
        )
        for row in found.to_dict("records")
    }
    if len(names) == 1:
        (import_id,) = names
        st.caption(f":material/table_view: {plain(names[import_id])} · {plain(found.iloc[0]['file_name'])}")
        return str(import_id)
    return st.selectbox(view.reader.t("summary.which"), list(names), format_func=names.__getitem__, key="summary")


def _cards(view: View, import_id: str) -> None:
    reader, t = view.reader, view.reader.t
    totals = view.ask(queries_summaries.summary_totals, import_id)
    with st.grid(4, min_column_width=190, gap="small"):
        for name in ("open", "overdue", "not_due", "unaged"):
            if name != "unaged" or totals["unaged"]:
                value = totals[name]
                help_text = f"{money(reader, value)}. {t(f'summary.{name}_help')}"
                st.metric(t(f"summary.{name}"), compact(reader, value), border=True, help=help_text, height="stretch")
        shown = t("app.of", text=number(reader, totals["overdue_customers"]), whole=number(reader, totals["customers"]))
        st.metric(t("metric.overdue_customers"), shown, border=True, height="stretch")
    _tie_out(view, import_id)


def _tie_out(view: View, import_id: str) -> None:
    """The summary's balances against the grand total of its own file; only where the whole summary is in sight."""
    reader, t = view.reader, view.reader.t
    found = None if view.scope.limits() else tie_out.stated(view)
    found = None if found is None else found[found["import_id"] == import_id]
    if found is None or found.empty:
        return
    stated = plain(tie_out.amounts(reader, found, "control_total"))
    if found["is_off"].any():
        gap = plain(tie_out.amounts(reader, found[found["is_off"]], "difference_doc"))
        st.caption(f":orange[:material/warning:] {t('summary.off', text=stated, gap=gap)}")
    else:
        st.caption(f":green[:material/check_circle:] {t('summary.ties_out', text=stated)}")


def _heatmap(view: View, import_id: str) -> None:
    t = view.reader.t
    with st.container(border=True):
        head, control = st.columns([4, 1], vertical_alignment="bottom")
        head.subheader(t("overview.heatmap"), anchor=False)
        rows = control.segmented_control(t("overview.rows"), ROWS, default=ROWS[0], required=True, key="summary_rows")
        cells = view.ask(queries_summaries.summary_heatmap, import_id, rows or ROWS[0])
        if not cells.empty:
            st.caption(t("summary.own_buckets"))
        heatmap_block(view, cells, "summary_heatmap", rows, import_id, opens_payer=False)
