"""The parts of the call list: its totals, and the list as cards or as a table."""

import datetime as dt
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting.follow_up import Day
from pipelines.i18n import stored_reasons
from ui import contact_form, journal_parts, navigation, page
from ui.calendar_file import Event, ics_bytes
from ui.formats import compact, date, days, missing, money, number, percent, plain
from ui.i18n import Reader
from ui.payer_table import payers_table
from ui.print_page import printable
from ui.session import View
from ui.tables import downloads, header, words

# Who, how much, why, what to do by when: as a rep reads a line.
COLUMNS = words(
    "call_rank customer_name overdue_base max_days_past_due reasons next_action call_by p_late_weighted strategy "
    "amount_due_base payer_class priority_score next_run_on region customer_id"
)
FURTHER = words("p_late_weighted strategy amount_due_base payer_class priority_score next_run_on region customer_id")
VISIT_COLUMNS = words(
    "customer_name call_by overdue_base max_days_past_due amount_due_base strategy payer_class customer_id reasons"
)
FURTHER_OF_VISITS = words("payer_class customer_id reasons")
SKIPPED_COLUMNS = words("customer_name overdue_base reasons")
ACTION_ICONS = {
    "call": "call",
    "letter": "mail",
    "visit": "directions_walk",
    "remind": "notifications",
    "review": "gavel",
}
CLASS_COLOURS = {"A": "red", "B": "orange", "C": "blue", "D": "gray"}


def from_probability(reader: Reader, calls: pd.DataFrame) -> pd.DataFrame:
    """The calls whose amounts will be late with at least the probability a person sets, by default all of them."""
    t = reader.t
    least = st.slider(
        t("calls.from"), 0, 100, 0, step=5, format="%d%%", key="least", bind="query-params", width=320,
        help=t("calls.from_help"),
    )  # fmt: skip
    kept = calls[calls["p_late_weighted"].fillna(1.0) * 100 >= least]
    if len(kept) < len(calls):
        st.caption(t("calls.below", count=len(calls) - len(kept), share=least / 100))
    return kept


def totals(reader: Reader, calls: pd.DataFrame, capacity: int) -> None:
    """How many customers of how many that can be contacted today, how much money, and the first deadline."""
    t = reader.t
    overdue, due = float(calls["overdue_base"].sum()), float(calls["amount_due_base"].sum())
    figures = (
        ("calls.customers", number(reader, len(calls)), t("calls.customers_help", text=number(reader, capacity))),
        ("calls.overdue_total", compact(reader, overdue), money(reader, overdue)),
        ("calls.due_total", compact(reader, due), money(reader, due)),
        ("calls.first_by", date(reader, calls["call_by"].min()), t("calls.first_by_help")),
    )
    with st.grid(4, min_column_width=170, gap="small"):
        for label, value, note in figures:
            st.metric(t(label), value, border=True, height="stretch", help=note)


def as_table(view: View, calls: pd.DataFrame) -> None:
    """The whole list as a table; a row opens its payer."""
    why = [
        json.dumps([each for each in stored_reasons(call["reasons"]) if not _says_overdue(each, call)])
        for call in calls.to_dict("records")
    ]
    payers_table(
        view, calls.assign(reasons=why), COLUMNS, key="calls", alt=view.reader.t("calls.alt"), file_name="call-list",
        height=560, further=FURTHER, cuts=True,
    )  # fmt: skip


def as_visits(view: View, calls: pd.DataFrame) -> None:
    """Whom to visit, region by region, the region with most overdue first."""
    reader, t = view.reader, view.reader.t
    visits = calls[calls["next_action"] == "visit"]
    if visits.empty:
        page.nothing_here(t("calls.no_visits"))
        return
    st.caption(t("calls.visits_help"))
    overdue = visits.groupby("region")["overdue_base"].sum().sort_values(ascending=False)
    for region, amount in overdue.items():
        there = visits[visits["region"] == region].sort_values("overdue_base", ascending=False)
        name = plain(region or t("app.unassigned"))
        count = t("calls.visits", text=number(reader, len(there)))
        st.markdown(f":material/location_on: **{name}** · {count} · {plain(money(reader, float(amount)))}")
        payers_table(
            view, there, VISIT_COLUMNS, key=f"visits-{region}", alt=t("calls.view_visits"), file_name="visit-list",
            further=FURTHER_OF_VISITS,
        )  # fmt: skip


def as_cards(view: View, calls: pd.DataFrame, today: Day, capacity: int) -> None:
    """The list as a rep works it, from the top, with a line where the day's capacity ends."""
    place, shown = page.leafed(len(calls), "calls_page")
    with place:
        for row in calls.iloc[shown].to_dict("records"):
            if row["call_rank"] == capacity + 1:
                text = number(view.reader, capacity)
                st.markdown(f":blue-badge[:material/flag: {view.reader.t('calls.capacity', text=text)}]")
            _card(view, row, today)
    downloads(view.reader, calls, COLUMNS, key="calls", file_name="call-list")


def to_take_along(view: View, calls: pd.DataFrame, today: Day, capacity: int) -> None:
    """The day's customers as a page to print, and as a calendar file: each on its deadline, or today if later."""
    t, of_today = view.reader.t, calls.head(capacity)
    files = (
        ("calls.print", "calls.print_help", "print", _page, "html", "text/html"),
        ("calls.calendar", "calls.calendar_help", "calendar_add_on", _calendar, "ics", "text/calendar"),
    )
    with st.container(horizontal=True, gap="small"):
        for label, note, icon, make, suffix, kind in files:
            st.download_button(
                t(label), data=partial(make, view, of_today, today), file_name=f"call-list.{suffix}", mime=kind,
                key=f"calls.{suffix}", icon=f":material/{icon}:", type="tertiary", on_click="ignore", help=t(note),
            )  # fmt: skip


def _page(view: View, calls: pd.DataFrame, today: Day) -> bytes:
    """The day's list on one sheet, with room for the result of each call."""
    reader, t = view.reader, view.reader.t
    names = words("call_rank customer_name payer_class overdue_base max_days_past_due next_action call_by reasons")
    headers = [*(header(reader, name) for name in names), t("calls.result")]
    rows = [
        (
            number(reader, call["call_rank"]),
            _named(call),
            str(call["payer_class"]),
            number(reader, call["overdue_base"], 2),
            number(reader, call["max_days_past_due"]),
            reader.code("next_action", call["next_action"]),
            date(reader, call["call_by"]),
            reader.t("app.semicolon").join(further_reasons(reader, call)),
            "",
        )
        for call in calls.to_dict("records")
    ]
    rep = str(calls["rep"].iloc[0]) if len(calls) else ""
    title = " · ".join((t("nav.calls"), rep or t("app.unassigned"), date(reader, today.today)))
    assert view.build is not None
    line = t("app.as_of", date=date(reader, view.build.as_of), currency=reader.currency)
    return printable(reader.language, title, line, headers, rows, (4, 21, 4, 9, 7, 8, 8, 27, 12), (0, 3, 4))


def _named(call: Mapping[Any, Any]) -> str:
    """The name and the number of a customer, once where one serves as the other."""
    name, number_of = str(call["customer_name"] or call["customer_id"]), str(call["customer_id"])
    return name if name == number_of else f"{name} ({number_of})"


def _calendar(view: View, calls: pd.DataFrame, today: Day) -> bytes:
    reader = view.reader
    events = []
    for call in calls.to_dict("records"):
        name = call["customer_name"] or call["customer_id"]
        overdue = money(reader, call["overdue_base"])
        text = [f"{reader.t('app.overdue')} {overdue}", *further_reasons(reader, call)]
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
        payers_table(view, left_alone, SKIPPED_COLUMNS, key="skipped", alt=t("calls.skipped_alt"), file_name="skipped")


def further_reasons(reader: Reader, call: Mapping[Any, Any]) -> list[str]:
    """The reasons in words without the one that only repeats what is overdue and since when, which stands beside."""
    return [reader.reason(each) for each in stored_reasons(call["reasons"]) if not _says_overdue(each, call)]


def _says_overdue(reason: Mapping[str, Any], call: Mapping[Any, Any]) -> bool:
    """Whether a reason is the overdue amount of this very call; of a customer shared among reps it is a larger one."""
    return reason["code"] == "overdue" and abs(float(reason["amount"]) - float(call["overdue_base"])) <= 0.5


def _card(view: View, call: Mapping[Any, Any], today: Day) -> None:
    reader, t = view.reader, view.reader.t
    whom = (str(call["entity_id"]), str(call["customer_id"]))
    with st.container(border=True):
        who, how = st.columns([8, 5], gap="medium")  # the three ways on fit beside each other in English, too
        with who:
            badge = f":{CLASS_COLOURS.get(call['payer_class'], 'gray')}-badge[{plain(call['payer_class'])}]"
            name = plain(call["customer_name"] or call["customer_id"])
            st.markdown(f"{number(reader, call['call_rank'])}\\. **{name}** {badge} :gray[{plain(call.get('region'))}]")
            st.markdown(money_line(reader, call))
            agreed = [
                journal_parts.promise_badges(reader, today, *whom),
                journal_parts.step_line(reader, today, *whom),
            ]
            if any(agreed):
                st.markdown(" ".join(filter(None, agreed)))
            sentences = further_reasons(reader, call)
            if sentences:
                st.caption("  \n".join(f"• {plain(sentence)}" for sentence in sentences))
        with how:
            icon = ACTION_ICONS.get(call["next_action"], "call")
            st.markdown(f":material/{icon}: **{reader.code('next_action', call['next_action'])}** "
                        f":gray[{t('calls.by', date=date(reader, call['call_by']))}]")  # fmt: skip
            # On lines of their own: beside each other they would be broken in the middle of a date.
            st.caption(
                "  \n".join(filter(None, (plain(reader.code("strategy", call["strategy"])), _run(reader, call))))
            )
            name = str(call["customer_name"] or call["customer_id"])
            about = {"entity": whom[0], "customer": whom[1]}
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                contact_form.button(view, *whom, name, call["next_action"], primary=False)
                navigation.link(
                    "sheet", t("sheet.open"), ":material/description:", method=str(call["next_action"]), **about
                )
                navigation.link("payer", t("calls.open"), ":material/arrow_forward:", **about)


def _run(reader: Reader, call: Mapping[Any, Any]) -> str:
    """The pay run that the deadline is counted from, for a customer that has a pattern."""
    if call["call_basis"] != "run":
        return ""
    return reader.t("calls.run", date=date(reader, call["next_run_on"]))


def money_line(reader: Reader, call: Mapping[Any, Any]) -> str:
    """What is overdue and since when; or what falls due, and how likely that is to be late where no reason says so."""
    t = reader.t
    # What falls due stands beside what is overdue already.
    due = plain(money(reader, call["amount_due_base"] - call["overdue_base"]))
    if call["overdue_base"] > 0:
        age = days(reader, call["max_days_past_due"])
        said = {"text": plain(money(reader, call["overdue_base"])), "age": age}
        counted = next((each for each in stored_reasons(call["reasons"]) if _says_overdue(each, call)), None)
        key = "calls.overdue_in" if counted else "calls.overdue_since"
        parts = [f":red[{t(key, **said, **({'items': counted['items']} if counted else {}))}]"]
        if call["amount_due_base"] != call["overdue_base"]:
            parts.append(t("calls.due", text=due))
    else:
        parts = [t("calls.not_overdue", text=due)]
        # The reason speaks of the customer as a whole: two probabilities beside each other would only puzzle.
        if not missing(call["p_late_weighted"]) and '"late_risk' not in str(call["reasons"]):
            parts.append(t("calls.p_late", share=percent(reader, call["p_late_weighted"], 0)))
    return " · ".join(parts)
