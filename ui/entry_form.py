"""What can be entered about one payer or one of its invoices, besides contacts: a small form for each kind."""

from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from pipelines import follow_up, journal
from pipelines.errors import UserError
from pipelines.follow_up import Day
from pipelines.journal import Subject
from pipelines.journal_entries import EntryRefused
from ui import journal_parts
from ui.formats import plain
from ui.session import View
from ui.tables import words

OPEN = "entry.open"
KINDS = ("dispute", "blocker", "hold", "task", "handover", "start_rule", "greeting", "rating")
FIELDS = {
    "dispute": ("invoice", "side", "reason", "owner"),
    "blocker": ("invoice", "side", "blocker", "owner"),
    "hold": ("reason", "until", "sensitive"),
    "task": ("title", "owner", "due_on"),
    "handover": ("invoice", "to", "department", "reason", "next_step", "next_on"),
    "start_rule": ("invoice", "not_before", "from_amount", "progress", "note"),
    "greeting": ("note",),
    "rating": ("aspect", "score", "note"),
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "side": ("ours", "theirs"),
    "department": ("finance", "legal", "service", "management", "sales"),
    "aspect": ("value", "relationship", "ability_to_pay"),
    "score": (1, 2, 3, 4, 5),
}
DAYS = ("until", "due_on", "next_on", "not_before")
BLOCKERS = words(
    "invoice_fault vouchers acceptance late_notice free_credit quality own_process no_money budget customer_process "
    "unclear_terms unwilling changed_people law"
)
PROGRESS = ("", "acceptance", "terms", "vouchers", "no_defect")
DAYS_FOR_A_TASK = 3  # working days until a task is due unless another day is chosen


def buttons(
    view: View, today: Day, entity_id: str, customer_id: str, invoices: list[str], invoice_id: str = ""
) -> None:
    """A menu of what can be entered about this payer, and the form while it is open; `invoice_id` is chosen first."""
    t = view.reader.t
    chosen = st.menu_button(
        t("entry.add"), KINDS, key="entry.menu", icon=":material/add:",
        format_func=lambda kind: view.reader.code("entry", kind),
    )  # fmt: skip
    if chosen:
        opened = st.session_state.get("entry.times", 0) + 1
        st.session_state["entry.times"] = opened
        st.session_state[OPEN] = (chosen, entity_id, customer_id, f"entry.{opened}")
        due = follow_up.working_day(today, DAYS_FOR_A_TASK)
        st.session_state[f"entry.{opened}.due_on"] = st.session_state[f"entry.{opened}.next_on"] = due
        st.session_state[f"entry.{opened}.invoice"] = invoice_id
    target = st.session_state.get(OPEN)
    if target is not None and target[1:3] == (entity_id, customer_id):
        title = view.reader.code("entry", target[0])
        st.dialog(title, width="small", on_dismiss=_dismiss)(_form)(view, target, invoices)


def _dismiss() -> None:
    st.session_state.pop(OPEN, None)


def _form(view: View, target: tuple[str, str, str, str], invoices: list[str]) -> None:
    kind, entity_id, customer_id, key = target
    if st.session_state.get(OPEN) is None:
        st.rerun()
    problems = {p.field: p.text(view.reader.language) for p in st.session_state.get(f"{key}.problems", ())}
    for name in FIELDS[kind]:
        _field(view, name, key, invoices)
        if text := problems.get("reason" if name == "blocker" else name):
            st.markdown(f":red[:material/error: {plain(text)}]")
    if failure := st.session_state.get(f"{key}.failure"):
        st.error(failure, icon=":material/error:")
    st.button(
        view.reader.t("contact.save"), key=f"{key}.save", type="primary", icon=":material/save:", width="stretch",
        shortcut="Ctrl+Enter", on_click=_save, args=(view, kind, Subject(entity_id, customer_id), key),
    )  # fmt: skip


def _field(view: View, name: str, key: str, invoices: list[str]) -> None:
    reader, t, of = view.reader, view.reader.t, f"{key}.{name}"
    label = t(f"entry.{name}")
    if name == "invoice":
        whole = t("entry.whole_customer")
        st.selectbox(label, ["", *invoices], key=of, format_func=lambda each: each or whole)
    elif name in CHOICES:
        in_words = str if name == "score" else partial(reader.code, name)
        explained = t("entry.score_help") if name == "score" else None
        st.pills(label, CHOICES[name], key=of, format_func=in_words, help=explained)
    elif name == "progress":
        st.selectbox(
            label,
            PROGRESS,
            key=of,
            format_func=lambda each: reader.code("readiness", each) if each else t("entry.none"),
        )
    elif name == "from_amount":
        st.number_input(label, value=None, step=1000.0, format="%.2f", key=of)
    elif name == "blocker":
        st.selectbox(
            label, BLOCKERS, index=None, key=of, accept_new_options=True, placeholder=t("contact.fallback_hint"),
            format_func=lambda each: reader.code("blocker", each),
        )  # fmt: skip
    elif name in DAYS:
        st.date_input(label, value=None, key=of, format="YYYY-MM-DD")
    elif name == "sensitive":
        st.checkbox(label, key=of, help=t("entry.sensitive_help"))
    else:
        st.text_input(label, key=of)


def _save(view: View, kind: str, subject: Subject, key: str) -> None:
    state = st.session_state
    if state.get(OPEN) is None:
        return  # a second press of the button, while the first was being stored
    values = {name: state.get(f"{key}.{name}") for name in FIELDS[kind]}
    invoice = values.pop("invoice", "") or None
    payload: dict[str, Any] = {"reason" if name == "blocker" else name: value for name, value in values.items()}
    for name in ("note", *(() if kind == "task" else ("owner",))):
        if name in payload and kind != "greeting":
            payload[name] = payload[name] or ""
    if payload.get("from_amount") is not None:
        payload["from_amount"] = Decimal(f"{payload['from_amount']:.2f}")
    about = Subject(subject.entity_id, subject.customer_id, invoice)
    try:
        journal.append(view.settings, kind, about, payload, who=journal_parts.writer(view))
    except EntryRefused as refused:
        state[f"{key}.problems"] = refused.problems
    except UserError as failed:
        state[f"{key}.failure"] = failed.text(view.reader.language)
    else:
        _dismiss()
