"""The payer card on the page: people and finance facts with who said so, and the form that changes them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines.collecting import payer_card
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.collecting.payer_card import FINANCE, PEOPLE, Fact
from pipelines.reporting import queries_lateness
from ui import forms, journal_parts
from ui.formats import date, plain
from ui.forms import Form
from ui.habits import in_words
from ui.i18n import Reader
from ui.session import View


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
    about = Subject(str(customer["entity_id"]), str(customer["customer_id"]))
    form = Form(view, "payer_card")
    st.button(
        t("payer_card.edit"), key="payer_card.edit", icon=":material/edit:", on_click=_begin, args=(form, about, known)
    )
    forms.say(form)
    target = forms.opened(form)
    if target is not None and target[0] == about:
        forms.dialog(form, t("payer_card.title"), lambda: _fields(view, form, *target), width="medium")


def _line(view: View, name: str, fact: Fact) -> str:
    reader = view.reader
    if not fact.value:
        return _named(reader, name, f":gray[{reader.t('payer_card.unknown')}]")
    said = f"{reader.person(fact.who)} · {date(reader, fact.on)}" if fact.who else reader.t("payer_card.from_master")
    return _named(reader, name, f"**{plain(fact.value)}** :gray[{plain(said)}]")


def _named(reader: Reader, name: str, markdown: str) -> str:
    return reader.t("app.named", name=plain(reader.code("fact", name)), text=markdown)


def _begin(form: Form, about: Subject, known: Mapping[str, Fact]) -> None:
    forms.begin(form, (about, known))
    for name, fact in known.items():
        form.suggest(name, fact.value)


def _fields(view: View, form: Form, about: Subject, known: Mapping[str, Fact]) -> None:
    t = view.reader.t
    st.caption(t("payer_card.edit_help"))
    left, right = st.columns(2, gap="small")
    for place, names in ((left, PEOPLE + FINANCE[:2]), (right, FINANCE[2:])):
        with place:
            for name in names:
                forms.field(form, name, st.text_input, view.reader.code("fact", name))

    def store() -> str:
        after = {name: str(form.value(name) or "") for name in known}
        stored = payer_card.store(view.settings, about, known, after, who=journal_parts.writer(view))
        return t("payer_card.saved" if stored else "payer_card.nothing_changed")

    forms.save_in_dialog(form, store)
