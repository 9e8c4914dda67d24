"""What must be sure before a call, confirmed or missing, by whom and when: the card of a customer or one invoice."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines.collecting import follow_up, journal, readiness
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Subject
from pipelines.errors import UserError
from ui import journal_parts
from ui.entry_form import DAYS_FOR_A_TASK
from ui.formats import date, plain
from ui.session import View

FROM_LEDGER = ("acceptance",)  # evidence that counts as confirmed, unless a person says otherwise
MARKS = {"confirmed": ":green[:material/check_circle:]", "missing": ":red[:material/cancel:]"}


def show(view: View, today: Day, about: Subject, evidence: Mapping[str, str] | None = None) -> None:
    """The questions by group with their answers and, from `evidence`, what the record says to each."""
    t = view.reader.t
    card = readiness.card(today, about.entity_id, about.customer_id, about.invoice_id)
    evidence = evidence or {}
    known = {item: _state(item, note, evidence) for group in card.values() for item, note in group.items()}
    stated = list(known.values())
    counts = {state: stated.count(state) for state in ("confirmed", "missing", "unknown")}
    st.caption(t("readiness.title", **counts))
    rule = readiness.start_rule(today, about.entity_id, about.customer_id, about.invoice_id)
    if rule is not None:
        st.caption(f":material/flag: {plain(journal_parts.rule_in_words(view.reader, rule))}")
    key = f"fixer-{about.customer_id}-{about.invoice_id}"
    st.text_input(t("readiness.fixer"), key=key, placeholder=view.reader.person(journal_parts.writer(view)), width=320)
    for group, items in card.items():
        st.markdown(f"**{t(f'readiness.{group}')}**")
        for item, note in items.items():
            _item(view, today, about, item, note, evidence.get(item, ""), known[item])


def _state(item: str, note: Note | None, evidence: Mapping[str, str]) -> str:
    """What a person said, else what the ledger confirms, else unknown."""
    if note is not None:
        return str(note.payload.state)
    return "confirmed" if item in FROM_LEDGER and evidence.get(item) else "unknown"


def _item(view: View, today: Day, about: Subject, item: str, note: Note | None, record: str, state: str) -> None:
    reader, t = view.reader, view.reader.t
    line = f"{MARKS.get(state, ':gray[:material/help:]')} {plain(reader.code('readiness', item))}"
    if record:
        line += f" :blue[{plain(record)}]"
    if note is not None:
        line += f" :gray[{plain(reader.code('confirmation', state))} · {plain(reader.person(note.who))} · "
        line += f"{date(reader, today.made_on(note))}]"
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        st.markdown(line, width="stretch")
        for answer, label in (("confirmed", "readiness.confirm"), ("missing", "readiness.miss")):
            st.button(
                t(label), key=f"{answer}-{about.invoice_id}-{item}", type="tertiary", disabled=state == answer,
                on_click=_confirm, args=(view, today, about, item, answer, note),
            )  # fmt: skip


def _confirm(view: View, today: Day, about: Subject, item: str, answer: str, note: Any) -> None:
    """Store the answer; what is missing becomes a task for us, and confirming it ends that task."""
    who, due = journal_parts.writer(view), follow_up.working_day(today, DAYS_FOR_A_TASK)
    fixer = (st.session_state.get(f"fixer-{about.customer_id}-{about.invoice_id}") or "").strip() or who
    what = view.reader.code("readiness", item)
    title = view.reader.t("readiness.task", text=what)
    payloads: dict[str, dict[str, Any]] = {"confirmation": {"item": item, "state": answer, "note": what}}
    if answer == "missing":
        payloads["task"] = {"title": title, "owner": fixer, "due_on": due}
    try:
        journal.append_together(view.settings, about, payloads, who=who)
        if answer == "confirmed" and note is not None:
            for task in follow_up.tasks_of(today, note):
                journal.close(view.settings, task.id, who=who)
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")
