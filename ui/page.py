"""What pages share: title, what the figures cover and since when, and what to do while there is nothing to show."""

import datetime as dt
from contextlib import AbstractContextManager

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pipelines.reporting import queries, queries_compare, queries_summaries
from ui import filters, navigation, session
from ui.formats import date, moment
from ui.session import View

# Pages that have something to say where aged summaries are all there is.
WITHOUT_DOCUMENTS = ("overview", "aging", "imports", "merges", "definitions")
# Pages that are about the installation as a whole: filters do not narrow them.
UNFILTERED = ("imports", "merges", "chain", "rules", "model", "definitions")
CARDS = 10  # on one page of a list of cards
HALF = 360  # pixels a card beside another needs; on a narrower screen they stand one below the other


def start(name: str, *, needs_build: bool = True) -> View:
    """Write the page's head and return the view; without a build say what to do first and stop."""
    view = session.view()
    st.title(view.reader.t(f"nav.{name}"), anchor=False)
    if view.build is None:
        if needs_build:
            if not view.is_lost:
                nothing_yet(view)
            st.stop()
        return view
    covered = filters.in_words(view.reader, view.who.scope, view.scope)
    line = view.reader.t("app.as_of", date=date(view.reader, view.build.as_of), currency=view.build.base_currency)
    st.caption(" · ".join(part for part in (line, covered) if part))
    if known := queries_compare.known_earlier(view.build):
        at = moment(view.reader, known, view.reader.zone)
        st.caption(f":orange[:material/history:] {view.reader.t('known.banner', at=at)}")
    if name not in WITHOUT_DOCUMENTS and not view.ask_build(queries_summaries.has_documents):
        st.info(view.reader.t("summary.not_here"), icon=":material/info:")
        navigation.link("overview", view.reader.t("summary.to_snapshot"), ":material/arrow_forward:")
        st.stop()
    if name not in UNFILTERED and view.scope != view.who.scope and not view.ask(queries.holds_anyone):
        nothing_here(view.reader.t("filter.nobody"))
        st.button(view.reader.t("filter.clear"), icon=":material/filter_alt_off:", on_click=filters.clear, key="clear")
        st.stop()
    return view


def nothing_yet(view: View) -> None:
    """The empty state: what FirstPaid needs, and the two ways to give it; who may not load is told whom to ask."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("empty.title"), anchor=False)
        st.write(t("empty.text"))
        own, sample = st.columns(2, gap="large")
        with own:
            st.markdown(f":material/upload_file: **{t('empty.own')}**")
            st.write(t("empty.own_text"))
            if view.who.role not in navigation.OFFICE:
                st.caption(t("empty.own_ask"))
                return
            navigation.link("imports", t("empty.own_link"), icon=":material/arrow_forward:")
        with sample:
            st.markdown(f":material/science: **{t('empty.sample')}**")
            st.write(t("empty.sample_text"))
            navigation.link("imports", t("empty.sample_link"), icon=":material/arrow_forward:")


def working(view: View) -> AbstractContextManager[None]:
    """A sign that the page is at work, for what may take seconds over millions of invoices; gone at once where not."""
    return st.spinner(view.reader.t("app.working"))


def sideways(least: int) -> DeltaGenerator:
    """A place as wide as the page that scrolls sideways where the screen has fewer than `least` pixels for it.

    For pictures with words in their cells, which would run into each other on a phone.
    """
    return st.grid(1, min_column_width=least, wrap=False).cell()


def leafed(count: int, key: str) -> tuple[DeltaGenerator, slice]:
    """Where the cards of one page of a list of `count` stand, over the numbers of its pages, and which cards they are.

    `key` is of the numbers.
    """
    pages, place, current = -(-count // CARDS), st.container(), 1
    if pages > 1:
        # As wide as the page: in a row it would be squeezed to the number of one page.
        current = st.pagination(pages, key=key, width="stretch")
    return place, slice((current - 1) * CARDS, current * CARDS)


def nothing_here(text: str) -> None:
    """A calm line where a chart or table would stand."""
    st.caption(f":material/inbox: {text}")


def since(months: pd.DataFrame, day: dt.date | None) -> pd.DataFrame:
    """The month ends on which balances are whole: all of them, or those from the first list of open items on."""
    return months if day is None else months[pd.to_datetime(months["month_end"]) >= pd.Timestamp(day)]


def known_line(view: View, day: dt.date | None) -> None:
    """From which day on balances are known, where lists of open items tell them."""
    if day is not None:
        text = view.reader.t("app.known_from", day=date(view.reader, day))
        st.caption(f":material/info: {text}")


def paid_line(view: View, known_from: dt.date | None) -> None:
    """What the days of payments mean where lists of open items tell them; `known_from` is None without such lists."""
    if known_from is not None:
        st.caption(f":material/info: {view.reader.t('app.paid_by_lists')}")
