"""Logging a contact, and the promise made in it, in one form: from the call list or from the payer's page."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import streamlit as st

from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.reporting import queries_collect
from ui import forms, journal_parts
from ui.formats import money, plain
from ui.forms import Form
from ui.session import View

METHODS = ("call", "visit", "letter", "message", "email")
RESULTS = ("promised", "reached", "not_reached", "paid", "refused", "disputed")
STEPS = ("call", "letter", "visit", "remind", "review")
FALLBACKS = {"call": "letter", "message": "call", "email": "call", "letter": "visit", "visit": "manager"}
FALLBACK_WORDS = ("call", "letter", "visit", "manager", "supply")


@dataclass(frozen=True)
class Target:
    """The customer a form is open for."""

    entity_id: str
    customer_id: str
    name: str


def button(view: View, entity_id: str, customer_id: str, name: str, action: str | None, *, primary: bool) -> None:
    """The button that opens the form; `action` is the next step of the call list, which suggests the method."""
    st.button(
        view.reader.t("contact.log"),
        key=f"log-{entity_id}-{customer_id}",
        icon=":material/edit_note:",
        type="primary" if primary else "secondary",
        on_click=_begin,
        args=(view, entity_id, customer_id, name, action),
    )


def show(view: View) -> None:
    """The form while it is open, and a word when it has been saved; pages call this once, at their end."""
    form = Form(view, "contact")
    forms.say(form)
    target = forms.opened(form)
    if target is not None:
        title = view.reader.t("contact.title", name=plain(target.name))
        forms.dialog(form, title, lambda: _fields(form, target), width="medium")


def _begin(view: View, entity_id: str, customer_id: str, name: str, action: str | None) -> None:
    form = Form(view, "contact")
    forms.begin(form, Target(entity_id, customer_id, name))
    form.suggest("method", action if action in ("call", "letter", "visit") else "call")
    _suggest(form)


def _suggest(form: Form) -> None:
    """Fill the next step, its day and the fallback as the method and the result suggest; all can be changed."""
    state, today = st.session_state, journal_parts.day(form.view)
    method, result = form.value("method"), form.value("result")
    if result == "promised" and form.value("promised_on") is None:
        state[f"{form.key}.promised_on"] = follow_up.working_day(today, follow_up.DAYS_TO_PAY)
    action, on = follow_up.next_step(today, method, result, form.value("promised_on"))
    state[f"{form.key}.next_action"], state[f"{form.key}.next_on"] = action, on
    state[f"{form.key}.fallback"] = form.view.reader.t(f"contact.fallback_{FALLBACKS[method]}")


def _fields(form: Form, target: Target) -> None:
    view, reader, t = form.view, form.view.reader, form.view.reader.t
    suggest = {"on_change": _suggest, "args": (form,)}
    forms.choice(form, "method", t("contact.method"), METHODS, "contact_method", required=True, **suggest)
    result = forms.choice(form, "result", t("contact.result"), RESULTS, "contact_result", **suggest)
    debts = view.ask_anywhere(queries_collect.debts, target.entity_id, target.customer_id)
    if result == "promised":
        _promise_fields(form, debts)
    who, what = st.columns([1, 2], gap="small")
    with who:
        forms.field(form, "spoke_to", st.text_input, t("contact.spoke_to"))
    with what:
        forms.field(form, "note", st.text_input, t("contact.note"))
    step, on = st.columns(2, gap="small")
    with step:
        forms.field(
            form, "next_action", st.selectbox, t("contact.next_action"), options=STEPS,
            format_func=lambda each: reader.code("next_action", each),
        )  # fmt: skip
    with on:
        forms.day(form, "next_on", t("contact.next_on"))
    forms.field(
        form, "fallback", st.selectbox, t("contact.fallback"), accept_new_options=True, index=None,
        options=[t(f"contact.fallback_{word}") for word in FALLBACK_WORDS], placeholder=t("contact.fallback_hint"),
    )  # fmt: skip
    if forms.refused(form):
        st.caption(f":red[{t('contact.refused')}]")
    forms.save_in_dialog(form, lambda: _store(form, target, debts))


def _promise_fields(form: Form, debts: list[dict[str, Any]]) -> None:
    """When and how much: suggested is what is overdue, in the base currency unless another is owed and chosen."""
    t, key, state = form.view.reader.t, form.key, st.session_state
    currencies = [each["currency"] for each in debts]
    form.suggest("currency", currencies[0])
    chosen = next(each for each in debts if each["currency"] == form.value("currency"))
    suggested = chosen["overdue"] if 0 < chosen["overdue"] <= chosen["owed"] else chosen["owed"]
    if form.value("amount_of") != chosen["currency"]:
        state[f"{key}.amount"], state[f"{key}.amount_of"] = float(max(suggested, 0)), chosen["currency"]
    with st.container(border=True):
        when, how_much, currency = st.columns([2, 2, 1], gap="small")
        with when:
            forms.day(form, "promised_on", t("promise.promised_on"))
        with how_much:
            forms.amount(form, "amount", t("promise.amount"), form.value("currency"))
        with currency:
            forms.field(form, "currency", st.selectbox, t("heading.currency"), options=currencies)
        owed = money(form.view.reader, chosen["owed"], chosen["currency"])
        overdue = money(form.view.reader, chosen["overdue"], chosen["currency"])
        st.caption(plain(t("promise.owed", text=owed, overdue=overdue)))
        forms.field(form, "document", st.text_input, t("agreements.document"), help=t("agreements.document_help"))


def _store(form: Form, target: Target, debts: list[dict[str, Any]]) -> str:
    """Store the contact and the promise made in it; returns what is said then."""
    contact = {name: form.value(name) for name in ("method", "result", "next_action", "next_on", "fallback")}
    contact |= {name: form.value(name) or "" for name in ("spoke_to", "note")}
    contact |= form.view.ask_anywhere(queries_collect.advised, target.entity_id, target.customer_id)
    payloads: dict[str, dict[str, Any]] = {"contact": contact}
    debt = Decimal(0)
    if form.value("result") == "promised":
        currency = form.value("currency")
        debt = max(next(each["owed"] for each in debts if each["currency"] == currency), Decimal(0))
        payloads["promise"] = {
            "promised_on": form.value("promised_on"),
            "amount": forms.decimal(form.value("amount")),
            "currency": currency,
            "made_by": form.value("spoke_to") or "",
            "document": form.value("document") or "",
        }
    subject = Subject(target.entity_id, target.customer_id)
    try:
        journal.append_together(form.view.settings, subject, payloads, who=journal_parts.writer(form.view), debt=debt)
    except EntryRefused as refused:
        # The fields of a promise have names of their own beside those of the contact.
        plain_names = [replace(problem, field=problem.field.split(".", 1)[1]) for problem in refused.problems]
        raise EntryRefused(*plain_names) from None
    return form.view.reader.t("contact.saved", name=plain(target.name))
