"""The payer card on the page: people and finance facts with who said so, and the form that changes them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines import payer_card, queries_lateness
from pipelines.errors import UserError
from pipelines.follow_up import Day
from pipelines.journal import Subject
from pipelines.journal_entries import EntryRefused
from pipelines.payer_card import FINANCE, PEOPLE, Fact
from ui import journal_parts
from ui.formats import date, plain
from ui.habits import in_words
from ui.session import View

OPEN = "payer_card.open"


def show(view: View, today: Day, customer: Mapping[str, Any]) -> None:
    """The card: each fact, who entered it and when; what is not known says so."""
    t = view.reader.t
    known = payer_card.facts(today, customer)
    for title, names in (("people", PEOPLE), ("finance", FINANCE)):
        st.markdown(f"**{t(f'payer_card.{title}')}**")
        st.markdown("\n".join(f"- {_line(view, name, known[name])}" for name in names))
    habits = view.ask_anywhere(queries_lateness.pay_calendar, customer["entity_id"], customer["customer_id"])
    st.caption(f":material/event_repeat: {t('payer_card.pays', text=plain(in_words(view.reader, habits)))}")
    closing = payer_card.next_closing_day(known, today.today)
    if closing is not None:
        st.info(t("payer_card.papers_by", date=date(view.reader, closing)), icon=":material/event_busy:")
    if known["transfer_days"].value:
        st.caption(t("payer_card.money_takes", text=known["transfer_days"].value))
    st.button(
        t("payer_card.edit"), key="payer_card.edit", icon=":material/edit:", on_click=_begin, args=(customer, known)
    )
    target = st.session_state.get(OPEN)
    if target is not None and target[0] == Subject(str(customer["entity_id"]), str(customer["customer_id"])):
        st.dialog(t("payer_card.title"), width="medium", on_dismiss=_dismiss)(_form)(view, *target)


def _line(view: View, name: str, fact: Fact) -> str:
    reader = view.reader
    if not fact.value:
        return f"{plain(reader.code('fact', name))}: :gray[{reader.t('payer_card.unknown')}]"
    said = f"{fact.who} · {date(reader, fact.on)}" if fact.who else reader.t("payer_card.from_master")
    return f"{plain(reader.code('fact', name))}: **{plain(fact.value)}** :gray[{plain(said)}]"


def _begin(customer: Mapping[str, Any], known: Mapping[str, Fact]) -> None:
    times = st.session_state.get("payer_card.times", 0) + 1
    st.session_state["payer_card.times"] = times
    key = f"payer_card.{times}"
    for name, fact in known.items():
        st.session_state[f"{key}.{name}"] = fact.value
    st.session_state[OPEN] = (Subject(str(customer["entity_id"]), str(customer["customer_id"])), known, key)


def _dismiss() -> None:
    st.session_state.pop(OPEN, None)


def _form(view: View, subject: Subject, known: Mapping[str, Fact], key: str) -> None:
    reader, t = view.reader, view.reader.t
    if st.session_state.get(OPEN) is None:
        st.rerun()
    problems = {p.field: p.text(reader.language) for p in st.session_state.get(f"{key}.problems", ())}
    st.caption(t("payer_card.edit_help"))
    left, right = st.columns(2, gap="small")
    for place, names in ((left, PEOPLE + FINANCE[:2]), (right, FINANCE[2:])):
        with place:
            for name in names:
                st.text_input(reader.code("fact", name), key=f"{key}.{name}")
                if name in problems:
                    st.markdown(f":red[:material/error: {plain(problems[name])}]")
    if failure := st.session_state.get(f"{key}.failure"):
        st.error(failure, icon=":material/error:")
    st.button(
        t("contact.save"), key=f"{key}.save", type="primary", icon=":material/save:", width="stretch",
        shortcut="Ctrl+Enter", on_click=_save, args=(view, subject, known, key),
    )  # fmt: skip


def _save(view: View, subject: Subject, known: Mapping[str, Fact], key: str) -> None:
    state = st.session_state
    if state.get(OPEN) is None:
        return  # a second press of the button, while the first was being stored
    after = {name: str(state.get(f"{key}.{name}") or "") for name in known}
    try:
        stored = payer_card.store(view.settings, subject, known, after, who=journal_parts.writer(view))
    except EntryRefused as refused:
        state[f"{key}.problems"] = refused.problems
    except UserError as failed:
        state[f"{key}.failure"] = failed.text(view.reader.language)
    else:
        st.toast(view.reader.t("payer_card.saved" if stored else "payer_card.nothing_changed"), icon=":material/check:")
        _dismiss()
