"""Logging a contact, and the promise made in it, in one form: from the call list or from the payer's page."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import streamlit as st

from pipelines import follow_up, journal, queries_collect
from pipelines.errors import UserError
from pipelines.journal import Subject
from pipelines.journal_entries import EntryRefused
from ui import journal_parts
from ui.formats import money, plain
from ui.session import View

OPEN = "contact.open"
SAVED = "contact.saved"
METHODS = ("call", "visit", "letter", "message", "email")
RESULTS = ("promised", "reached", "not_reached", "paid", "refused", "disputed")
STEPS = ("call", "letter", "visit", "remind", "review")
FALLBACKS = {"call": "letter", "message": "call", "email": "call", "letter": "visit", "visit": "manager"}
FALLBACK_WORDS = ("call", "letter", "visit", "manager", "supply")


@dataclass(frozen=True)
class Target:
    """The customer a form is open for; `key` begins the names of its fields."""

    entity_id: str
    customer_id: str
    name: str
    key: str


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
    if saved := st.session_state.pop(SAVED, None):
        st.toast(saved, icon=":material/check:")
    target = st.session_state.get(OPEN)
    if target is not None:
        title = view.reader.t("contact.title", name=plain(target.name))
        st.dialog(title, width="medium", on_dismiss=_dismiss)(_form)(view, target)


def _begin(view: View, entity_id: str, customer_id: str, name: str, action: str | None) -> None:
    opened = st.session_state.get("contact.times", 0) + 1
    st.session_state["contact.times"] = opened
    key = f"contact.{opened}"
    method = action if action in ("call", "letter", "visit") else "call"
    st.session_state[f"{key}.method"] = method
    st.session_state[OPEN] = Target(entity_id, customer_id, name, key)
    _suggest(view, key)


def _dismiss() -> None:
    st.session_state.pop(OPEN, None)


def _suggest(view: View, key: str) -> None:
    """Fill the next step, its day and the fallback as the method and the result suggest; all can be changed."""
    state, today = st.session_state, journal_parts.day(view)
    method, result = state[f"{key}.method"], state.get(f"{key}.result")
    if result == "promised" and state.get(f"{key}.promised_on") is None:
        state[f"{key}.promised_on"] = follow_up.working_day(today, follow_up.DAYS_TO_PAY)
    action, on = follow_up.next_step(today, method, result, state.get(f"{key}.promised_on"))
    state[f"{key}.next_action"], state[f"{key}.next_on"] = action, on
    state[f"{key}.fallback"] = view.reader.t(f"contact.fallback_{FALLBACKS[method]}")


def _form(view: View, target: Target) -> None:
    if st.session_state.get(OPEN) is None:
        st.rerun()
    reader, t, key = view.reader, view.reader.t, target.key
    problems = {problem.field: problem.text(reader.language) for problem in st.session_state.get(f"{key}.problems", ())}

    def field(name: str, widget: Callable[..., Any], label: str, **options: Any) -> Any:
        """A field with the reason it was refused for below it."""
        value = widget(label, key=f"{key}.{name.split('.')[-1]}", **options)
        if name in problems:
            st.markdown(f":red[:material/error: {plain(problems[name])}]")
        return value

    def choice(name: str, label: str, options: tuple[str, ...], kind: str, **more: Any) -> Any:
        words = {"format_func": lambda each: reader.code(kind, each)}
        return field(name, st.pills, label, options=options, **words, **more)

    suggest = {"on_change": _suggest, "args": (view, key)}
    choice("contact.method", t("contact.method"), METHODS, "contact_method", required=True, **suggest)
    result = choice("contact.result", t("contact.result"), RESULTS, "contact_result", **suggest)
    debts = view.ask_anywhere(queries_collect.debts, target.entity_id, target.customer_id)
    if result == "promised":
        _promise_fields(view, target, debts, field)
    who, what = st.columns([1, 2], gap="small")
    with who:
        field("contact.spoke_to", st.text_input, t("contact.spoke_to"))
    with what:
        field("contact.note", st.text_input, t("contact.note"))
    step, on = st.columns(2, gap="small")
    with step:
        field(
            "contact.next_action", st.selectbox, t("contact.next_action"), options=STEPS,
            format_func=lambda each: reader.code("next_action", each),
        )  # fmt: skip
    with on:
        field("contact.next_on", st.date_input, t("contact.next_on"), value=None, format="YYYY-MM-DD")
    field(
        "contact.fallback", st.selectbox, t("contact.fallback"), accept_new_options=True, index=None,
        options=[t(f"contact.fallback_{word}") for word in FALLBACK_WORDS], placeholder=t("contact.fallback_hint"),
    )  # fmt: skip
    if failure := st.session_state.get(f"{key}.failure"):
        st.error(failure, icon=":material/error:")
    if problems:
        st.caption(f":red[{t('contact.refused')}]")
    st.button(
        t("contact.save"), key=f"{key}.save", type="primary", icon=":material/save:", shortcut="Ctrl+Enter",
        on_click=_save, args=(view, target, debts), width="stretch",
    )  # fmt: skip


def _promise_fields(view: View, target: Target, debts: list[dict[str, Any]], field: Callable[..., Any]) -> None:
    """When and how much: suggested is what is overdue, in the base currency unless another is owed and chosen."""
    t, key, state = view.reader.t, target.key, st.session_state
    currencies = [each["currency"] for each in debts]
    state.setdefault(f"{key}.currency", currencies[0])
    chosen = next(each for each in debts if each["currency"] == state[f"{key}.currency"])
    suggested = chosen["overdue"] if 0 < chosen["overdue"] <= chosen["owed"] else chosen["owed"]
    if state.get(f"{key}.amount_of") != chosen["currency"]:
        state[f"{key}.amount"], state[f"{key}.amount_of"] = float(max(suggested, 0)), chosen["currency"]
    with st.container(border=True):
        when, how_much, currency = st.columns([2, 2, 1], gap="small")
        with when:
            field("promise.promised_on", st.date_input, t("promise.promised_on"), value=None, format="YYYY-MM-DD")
        with how_much:
            field("promise.amount", st.number_input, t("promise.amount"), value=None, step=1000.0, format="%.2f")
        with currency:
            field("promise.currency", st.selectbox, t("heading.currency"), options=currencies)
        owed = money(view.reader, chosen["owed"], chosen["currency"])
        overdue = money(view.reader, chosen["overdue"], chosen["currency"])
        st.caption(plain(t("promise.owed", text=owed, overdue=overdue)))
        field("promise.document", st.text_input, t("agreements.document"), help=t("agreements.document_help"))


def _save(view: View, target: Target, debts: list[dict[str, Any]]) -> None:
    """Store the contact and the promise, or keep the form open with the reasons."""
    state, key = st.session_state, target.key
    if state.get(OPEN) is None:
        return  # a second press of the button, while the first was being stored

    def value(name: str) -> Any:
        return state.get(f"{key}.{name}")

    contact = {name: value(name) for name in ("method", "result", "next_action", "next_on", "fallback")}
    contact |= {name: value(name) or "" for name in ("spoke_to", "note")}
    contact |= view.ask_anywhere(queries_collect.advised, target.entity_id, target.customer_id)
    payloads: dict[str, dict[str, Any]] = {"contact": contact}
    debt = Decimal(0)
    if value("result") == "promised":
        currency, amount = value("currency"), value("amount")
        debt = max(next(each["owed"] for each in debts if each["currency"] == currency), Decimal(0))
        payloads["promise"] = {
            "promised_on": value("promised_on"),
            "amount": None if amount is None else Decimal(f"{amount:.2f}"),
            "currency": currency,
            "made_by": value("spoke_to") or "",
            "document": value("document") or "",
        }
    state.pop(f"{key}.failure", None)
    try:
        subject = Subject(target.entity_id, target.customer_id)
        journal.append_together(view.settings, subject, payloads, who=journal_parts.writer(view), debt=debt)
    except EntryRefused as refused:
        state[f"{key}.problems"] = refused.problems
    except UserError as failed:
        state[f"{key}.failure"] = failed.text(view.reader.language)
    else:
        state[SAVED] = view.reader.t("contact.saved", name=plain(target.name))
        _dismiss()
