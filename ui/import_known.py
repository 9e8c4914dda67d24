"""Figures as they were known at an earlier moment, and what the published figures changed against those before."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from pipelines.importing.imports import ImportReport
from pipelines.reporting import queries_compare
from pipelines.reporting.queries_compare import MEASURES, Comparison, Side
from ui import bridge_parts, import_jobs
from ui.formats import date, money, number, plain
from ui.formats import moment as in_words
from ui.session import View
from ui.tables import table, words

CUSTOMERS = words("customer_id customer_name before_base open_base difference")
FILES = words("change file_name")


def moment(view: View, past: Sequence[ImportReport]) -> None:
    """Choose a moment; the figures are then built from what had been loaded, retracted and decided by then."""
    reader, t = view.reader, view.reader.t
    zone = ZoneInfo(view.settings.timezone)
    first = min(dt.datetime.fromisoformat(report.imported_at) for report in past).astimezone(zone)
    with st.expander(t("known.title"), icon=":material/history:"):
        st.caption(t("known.text"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            day = st.date_input(
                t("known.day"), None, min_value=first.date(), format="YYYY-MM-DD", width=190, key="known_day"
            )
            time = st.time_input(t("known.time"), dt.time(23, 59), width=130, key="known_time")
            as_of = st.date_input(
                t("known.as_of"), None, format="YYYY-MM-DD", width=220, key="known_as_of", help=t("known.as_of_help")
            )
            at = None if day is None else dt.datetime.combine(day, time or dt.time(23, 59), zone).astimezone(dt.UTC)
            st.button(
                t("known.show"), icon=":material/history:", key="known_build", on_click=import_jobs.build_known,
                args=(view, at, as_of), disabled=at is None or import_jobs.is_running(),
            )  # fmt: skip
        if at is not None and at < first:
            st.caption(f":orange[:material/warning:] {t('known.nothing', at=in_words(reader, first, zone))}")


def against_before(view: View) -> None:
    """What the published figures changed against those published before them, and through which exports."""
    reader, t = view.reader, view.reader.t
    others = queries_compare.others(view.settings)
    if view.build is None or not others:
        return
    panel = st.expander(t("known.against"), icon=":material/compare_arrows:", on_change="rerun", key="known_against")
    if not panel.open:
        return
    zone = ZoneInfo(view.settings.timezone)
    with panel:
        known = {path: _side(str(path)) for path in others}
        before = st.selectbox(
            t("known.against_which"), others, key="known_other", width=420,
            format_func=lambda each: t(
                "known.before", day=date(reader, known[each].as_of), at=in_words(reader, known[each].known_at, zone)
            ),
        )  # fmt: skip
        if view.who.scope.limits():
            # What is compared below the bridge covers the whole company.
            st.caption(t("known.whole_company"))
            bridge_parts.show(view, before, view.build.path)
            return
        found = _compared(str(before), str(view.build.path))
        for side, name in ((found.before, "known.before"), (found.after, "known.after")):
            at = in_words(reader, side.known_at, zone)
            st.caption(plain(t(name, day=date(reader, side.as_of), at=at)))
        with st.grid(4, min_column_width=180, gap="small"):
            for measure in MEASURES:
                value, was = found.after.totals[measure], found.before.totals[measure]
                shown = number(reader, value) if measure == "items" else money(reader, value)
                gap = number(reader, value - was, 0 if measure == "items" else 2)
                st.metric(t(f"known.{measure}"), shown, gap if value != was else None, delta_color="off", border=True)
        bridge_parts.show(view, before, view.build.path)
        if len(found.imports):
            table(reader, found.imports, FILES, key="known_files", alt=t("known.files"))
        else:
            st.caption(t("known.same_files"))
        if len(found.customers):
            table(reader, found.customers, CUSTOMERS, key="known_customers", alt=t("known.customers"))


@st.cache_data(show_spinner=False, max_entries=20)
def _side(path: str) -> Side:
    return queries_compare.side(Path(path))


@st.cache_data(show_spinner=False, max_entries=5)
def _compared(before: str, after: str) -> Comparison:
    return queries_compare.compare(Path(before), Path(after))
