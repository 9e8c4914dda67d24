"""The parts of the call list: its totals, and the list as cards or as a table."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.follow_up import Day
from ui import contact_form, journal_parts, navigation
from ui.calendar_file import Event, ics_bytes
from ui.formats import compact, date, days, missing, money, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import downloads, table, words

COLUMNS = words(
    "call_rank customer_name customer_id payer_class priority_score overdue_base amount_due_base max_days_past_due "
    "p_late_weighted next_action call_by strategy region reasons"
)
SKIPPED_COLUMNS = words("customer_name overdue_base reasons")
CARDS_ON_A_PAGE = 10
ACTION_ICONS = {
    "call": "call",
    "letter": "mail",
    "visit": "directions_walk",
    "remind": "notifications",
    "review": "gavel",
}
CLASS_COLOURS = {"A": "red", "B": "orange", "C": "blue", "D": "gray"}


def totals(reader: Reader, calls: pd.DataFrame) -> None:
    """How many customers, how much money, and the first deadline."""
    t = reader.t
    overdue, due = float(calls["overdue_base"].sum()), float(calls["amount_due_base"].sum())
    with st.grid(4, min_column_width=170, gap="small"):
        st.metric(t("calls.customers"), number(reader, len(calls)), border=True, height="stretch")
        st.metric(
            t("calls.overdue_total"),
            compact(reader, overdue),
            border=True,
            height="stretch",
            help=money(reader, overdue),
        )
        st.metric(t("calls.due_total"), compact(reader, due), border=True, height="stretch", help=money(reader, due))
        st.metric(t("calls.first_by"), date(reader, calls["call_by"].min()), border=True, height="stretch")


def as_table(view: View, calls: pd.DataFrame) -> None:
    """The whole list as a table; a row opens its payer."""
    t = view.reader.t
    row = table(
        view.reader,
        calls,
        COLUMNS,
        key="calls",
        alt=t("calls.alt"),
        open_label=t("app.open"),
        file_name="call-list",
        height=560,
    )
    if row is not None:
        navigation.open_payer(view, calls.iloc[row]["entity_id"], calls.iloc[row]["customer_id"])


def as_cards(view: View, calls: pd.DataFrame, today: Day) -> None:
    """The list as a rep works it, from the top, with a line where the day's capacity ends."""
    pages = -(-len(calls) // CARDS_ON_A_PAGE)
    place = st.container()
    number_of_page = 1
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            number_of_page = st.pagination(pages, key="calls_page")
    first = (number_of_page - 1) * CARDS_ON_A_PAGE
    with place:
        for row in calls.iloc[first : first + CARDS_ON_A_PAGE].to_dict("records"):
            if row["call_rank"] == view.settings.calls_per_rep + 1:
                text = number(view.reader, view.settings.calls_per_rep)
                st.markdown(f":blue-badge[:material/flag: {view.reader.t('calls.capacity', text=text)}]")
            _card(view, row, today)
    downloads(view.reader, calls, COLUMNS, key="calls", file_name="call-list")


def calendar(view: View, calls: pd.DataFrame, today: Day) -> None:
    """The day's customers as a calendar file, each on its deadline or today where that has passed."""
    t = view.reader.t
    st.download_button(
        t("calls.calendar"),
        data=partial(_calendar, view, calls.head(view.settings.calls_per_rep), today),
        file_name="call-list.ics",
        mime="text/calendar",
        key="calls.ics",
        icon=":material/calendar_add_on:",
        type="tertiary",
        on_click="ignore",
        help=t("calls.calendar_help"),
    )


def _calendar(view: View, calls: pd.DataFrame, today: Day) -> bytes:
    reader = view.reader
    events = []
    for call in calls.to_dict("records"):
        name = call["customer_name"] or call["customer_id"]
        overdue = money(reader, call["overdue_base"])
        text = [f"{reader.t('app.overdue')} {overdue}", *reader.reasons(call["reasons"])]
        title = f"{reader.code('next_action', call['next_action'])} {name}"
        key = f"{call['entity_id']} {call['customer_id']}"
        day = max(pd.Timestamp(call["call_by"]).date(), today.today)
        events.append(Event(key, day, title, "\n".join(text)))
    return ics_bytes(events, dt.datetime.now(dt.UTC))


def skipped(view: View, left_alone: pd.DataFrame) -> None:
    """Who is left alone today, and why: one click away."""
    t = view.reader.t
    if left_alone.empty:
        return
    with st.expander(t("calls.skipped", text=number(view.reader, len(left_alone))), icon=":material/pause_circle:"):
        row = table(
            view.reader,
            left_alone,
            SKIPPED_COLUMNS,
            key="skipped",
            alt=t("calls.skipped_alt"),
            open_label=t("app.open"),
            file_name="skipped",
        )
        if row is not None:
            navigation.open_payer(view, left_alone.iloc[row]["entity_id"], left_alone.iloc[row]["customer_id"])


def _card(view: View, call: Mapping[Any, Any], today: Day) -> None:
    reader, t = view.reader, view.reader.t
    whom = (str(call["entity_id"]), str(call["customer_id"]))
    with st.container(border=True):
        who, how = st.columns([3, 1.1], gap="medium")
        with who:
            badge = f":{CLASS_COLOURS.get(call['payer_class'], 'gray')}-badge[{plain(call['payer_class'])}]"
            name = plain(call["customer_name"] or call["customer_id"])
            st.markdown(f"{number(reader, call['call_rank'])}\\. **{name}** {badge} :gray[{plain(call.get('region'))}]")
            st.markdown(_money_line(reader, call))
            agreed = [
                journal_parts.promise_badges(reader, today, *whom),
                journal_parts.step_line(reader, today, *whom),
            ]
            if any(agreed):
                st.markdown(" ".join(filter(None, agreed)))
            sentences = reader.reasons(call["reasons"])
            if sentences:
                st.caption("  \n".join(f"• {plain(sentence)}" for sentence in sentences))
        with how:
            icon = ACTION_ICONS.get(call["next_action"], "call")
            st.markdown(f":material/{icon}: **{reader.code('next_action', call['next_action'])}** "
                        f":gray[{t('calls.by', date=date(reader, call['call_by']))}]")  # fmt: skip
            st.caption(reader.code("strategy", call["strategy"]))
            name = str(call["customer_name"] or call["customer_id"])
            contact_form.button(view, *whom, name, call["next_action"], primary=False)
            navigation.link("sheet", t("sheet.open"), ":material/description:", entity=whom[0], customer=whom[1])
            navigation.link(
                "payer", t("calls.open"), ":material/arrow_forward:", entity=whom[0], customer=whom[1],
            )  # fmt: skip


def _money_line(reader: Reader, call: Mapping[Any, Any]) -> str:
    """What is overdue and since when, or what falls due, and how likely it is to be late."""
    t = reader.t
    due = plain(money(reader, call["amount_due_base"]))
    if call["overdue_base"] > 0:
        age = days(reader, call["max_days_past_due"])
        parts = [f":red[{t('calls.overdue_since', text=plain(money(reader, call['overdue_base'])), age=age)}]"]
        parts.append(t("calls.due", text=due))
    else:
        parts = [t("calls.not_overdue", text=due)]
    if not missing(call["p_late_weighted"]):
        parts.append(t("calls.p_late", share=percent(reader, call["p_late_weighted"], 0)))
    return " · ".join(parts)
