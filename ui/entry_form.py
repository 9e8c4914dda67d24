"""Disputes, blockers, holds and tasks of one payer: a small form for each, and the card of what is confirmed."""

from typing import Any

import streamlit as st

from pipelines import follow_up, journal
from pipelines.errors import UserError
from pipelines.follow_up import Day
from pipelines.journal import Subject
from pipelines.journal_entries import EntryRefused
from ui import journal_parts
from ui.formats import date, plain
from ui.session import View
from ui.tables import words

OPEN = "entry.open"
KINDS = ("dispute", "blocker", "hold", "task")
FIELDS = {
    "dispute": ("invoice", "side", "reason", "owner"),
    "blocker": ("invoice", "side", "blocker", "owner"),
    "hold": ("reason", "until", "sensitive"),
    "task": ("title", "owner", "due_on"),
}
BLOCKERS = words(
    "invoice_fault vouchers acceptance late_notice free_credit quality own_process no_money budget customer_process "
    "unclear_terms unwilling changed_people law"
)
DAYS_FOR_A_TASK = 3  # working days until a task is due unless another day is chosen


def buttons(view: View, today: Day, entity_id: str, customer_id: str, invoices: list[str]) -> None:
    """A menu of what can be entered about this payer, and the form while it is open."""
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
        st.session_state[f"entry.{opened}.due_on"] = due
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
    elif name == "side":
        st.pills(label, ("ours", "theirs"), key=of, format_func=lambda each: reader.code("side", each))
    elif name == "blocker":
        st.selectbox(
            label, BLOCKERS, index=None, key=of, accept_new_options=True, placeholder=t("contact.fallback_hint"),
            format_func=lambda each: reader.code("blocker", each),
        )  # fmt: skip
    elif name in ("until", "due_on"):
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
    if kind != "task" and "owner" in payload:
        payload["owner"] = payload["owner"] or ""
    about = Subject(subject.entity_id, subject.customer_id, invoice)
    try:
        journal.append(view.settings, kind, about, payload, who=journal_parts.writer(view))
    except EntryRefused as refused:
        state[f"{key}.problems"] = refused.problems
    except UserError as failed:
        state[f"{key}.failure"] = failed.text(view.reader.language)
    else:
        _dismiss()


def readiness(view: View, today: Day, entity_id: str, customer_id: str, invoices: list[str]) -> None:
    """What must be sure before a call, of the whole customer or of one invoice: confirmed or missing, who and when."""
    t = view.reader.t
    known = follow_up.confirmations(today, entity_id, customer_id)
    stated = [note.payload.state for note in known.values()]
    count = {"confirmed": stated.count("confirmed"), "missing": stated.count("missing")}
    with st.expander(t("readiness.title", **count), icon=":material/fact_check:", key=f"ready-{customer_id}"):
        whole = t("entry.whole_customer")
        invoice = st.selectbox(
            t("entry.invoice"), ["", *invoices], key=f"readiness-{customer_id}", width=320,
            format_func=lambda each: each or whole,
        )  # fmt: skip
        for group, items in follow_up.READINESS.items():
            st.markdown(f"**{t(f'readiness.{group}')}**")
            for item in items:
                _item(view, today, Subject(entity_id, customer_id, invoice or None), item, known)


def _item(view: View, today: Day, about: Subject, item: str, known: dict[tuple[str | None, str], Any]) -> None:
    reader, t = view.reader, view.reader.t
    note = known.get((about.invoice_id, item))
    what, confirm, miss = st.columns([6, 1.4, 1.4], gap="small", vertical_alignment="center")
    state = note.payload.state if note is not None else "unknown"
    mark = {"confirmed": ":green[:material/check_circle:]", "missing": ":red[:material/cancel:]"}
    line = f"{mark.get(state, ':gray[:material/help:]')} {plain(reader.code('readiness', item))}"
    if note is not None:
        line += f" :gray[{plain(reader.code('confirmation', state))} · {plain(note.who)} · "
        line += f"{date(reader, today.made_on(note))}]"
    what.markdown(line)
    for place, answer, label in ((confirm, "confirmed", "readiness.confirm"), (miss, "missing", "readiness.miss")):
        place.button(
            t(label), key=f"{answer}-{about.invoice_id}-{item}", type="tertiary", disabled=state == answer,
            on_click=_confirm, args=(view, today, about, item, answer, note),
        )  # fmt: skip


def _confirm(view: View, today: Day, about: Subject, item: str, answer: str, note: Any) -> None:
    """Store the answer; what is missing becomes a task for us, and confirming it ends that task."""
    who, due = journal_parts.writer(view), follow_up.working_day(today, DAYS_FOR_A_TASK)
    what = view.reader.code("readiness", item)
    title = view.reader.t("readiness.task", text=what)
    payloads: dict[str, dict[str, Any]] = {"confirmation": {"item": item, "state": answer, "note": what}}
    if answer == "missing":
        payloads["task"] = {"title": title, "owner": who, "due_on": due}
    try:
        journal.append_together(view.settings, about, payloads, who=who)
        if answer == "confirmed" and note is not None:
            for task in follow_up.tasks_of(today, note):
                journal.close(view.settings, task.id, who=who)
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")
