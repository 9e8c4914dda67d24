"""What can be entered about one payer or one of its invoices, besides contacts: a small form for each kind."""

from typing import Any

import streamlit as st

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from ui import forms, journal_parts
from ui.forms import Form
from ui.session import View
from ui.tables import words

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
CHOICES: dict[str, tuple[str, ...]] = {
    "side": ("ours", "theirs"),
    "department": ("finance", "legal", "service", "management", "sales"),
    "aspect": ("value", "relationship", "ability_to_pay"),
}
SCORES = (1, 2, 3, 4, 5)
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
    form = Form(view, "entry")
    if chosen:
        forms.begin(form, (chosen, entity_id, customer_id))
        due = follow_up.working_day(today, DAYS_FOR_A_TASK)
        for name, value in (("due_on", due), ("next_on", due), ("invoice", invoice_id)):
            form.suggest(name, value)
    forms.say(form)
    target = forms.opened(form)
    if target is not None and target[1:] == (entity_id, customer_id):
        kind, about = target[0], Subject(entity_id, customer_id)
        title = view.reader.code("entry", kind)
        forms.dialog(form, title, lambda: _fields(form, kind, about, invoices), width="small")


def _fields(form: Form, kind: str, about: Subject, invoices: list[str]) -> None:
    for name in FIELDS[kind]:
        _field(form, name, invoices)
        if name == "blocker":
            forms.reason(form, "reason")
    forms.save_in_dialog(form, lambda: _store(form, kind, about))


def _field(form: Form, name: str, invoices: list[str]) -> None:
    reader, t = form.view.reader, form.view.reader.t
    label = t(f"entry.{name}")
    if name == "invoice":
        forms.of_invoice(form, label, invoices)
    elif name == "score":
        forms.field(form, name, st.pills, label, options=SCORES, help=t("entry.score_help"))
    elif name in CHOICES:
        forms.choice(form, name, label, CHOICES[name], name)
    elif name == "progress":
        forms.field(
            form, name, st.selectbox, label, options=PROGRESS,
            format_func=lambda each: reader.code("readiness", each) if each else t("entry.none"),
        )  # fmt: skip
    elif name == "from_amount":
        forms.amount(form, name, label, reader.currency)
    elif name == "blocker":
        forms.field(
            form, name, st.selectbox, label, options=BLOCKERS, index=None, accept_new_options=True,
            placeholder=t("contact.fallback_hint"), format_func=lambda each: reader.code("blocker", each),
        )  # fmt: skip
    elif name in DAYS:
        forms.day(form, name, label)
    elif name == "sensitive":
        forms.field(form, name, st.checkbox, label, help=t("entry.sensitive_help"))
    else:
        forms.field(form, name, st.text_input, label)


def _store(form: Form, kind: str, subject: Subject) -> str:
    values = {name: form.value(name) for name in FIELDS[kind]}
    invoice = values.pop("invoice", "") or None
    payload: dict[str, Any] = {"reason" if name == "blocker" else name: value for name, value in values.items()}
    for name in ("note", *(() if kind == "task" else ("owner",))):
        if name in payload and kind != "greeting":
            payload[name] = payload[name] or ""
    if "from_amount" in payload:
        payload["from_amount"] = forms.decimal(payload["from_amount"])
    about = Subject(subject.entity_id, subject.customer_id, invoice)
    journal.append(form.view.settings, kind, about, payload, who=journal_parts.writer(form.view))
    return ""
