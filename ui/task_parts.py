"""Tasks and hand-overs on the desk: one owner and one next step each, ended by one person."""

import datetime as dt

import streamlit as st

from pipelines.collecting import journal
from pipelines.collecting.follow_up import Day, Note
from pipelines.errors import UserError
from pipelines.reporting import queries_agreements
from ui import journal_parts, navigation, page
from ui.formats import date, number, plain
from ui.session import View

KINDS = ("task", "handover")
DONE, FAILED = "task.done", "task.failed"


def show(view: View, today: Day) -> None:
    """What is to be done, by whom and until when; what is late first."""
    reader, t = view.reader, view.reader.t
    for key, report, icon in ((DONE, st.success, "check"), (FAILED, st.error, "error")):
        if said := st.session_state.pop(key, None):
            report(said, icon=f":material/{icon}:")
    customers = tuple(sorted({note.customer for notes in today.notes.values() for note in notes if _is_open(note)}))
    named = view.ask(queries_agreements.customers_named, customers) if customers else None
    names = {} if named is None else {
        (row["entity_id"], row["customer_id"]): row["customer_name"] or row["customer_id"]
        for row in named.to_dict("records")
    }  # fmt: skip
    found = [note for whom in names for note in today.of(*whom) if _is_open(note)]
    owners = sorted({_owner(note) for note in found})
    if not found:
        page.nothing_here(t("task.none"))
        return
    owner = st.selectbox(
        t("task.whose"),
        ["", *owners],
        key="task.owner",
        width=320,
        format_func=lambda each: reader.person(each) or t("task.everybody"),
    )
    shown = sorted((note for note in found if owner in ("", _owner(note))), key=lambda note: (_by(note), note.id))
    late = sum(_by(note) < today.today for note in shown)
    st.caption(t("task.count", text=number(reader, len(shown)), late=number(reader, late)))
    place, on_page = page.leafed(len(shown), "task_page")
    with place:
        for note in shown[on_page]:
            _row(view, today, note, names[note.customer])


def _is_open(note: Note) -> bool:
    return note.kind in KINDS and note.is_open


def _owner(note: Note) -> str:
    return str(note.payload.owner if note.kind == "task" else note.payload.to)


def _by(note: Note) -> dt.date:
    day: dt.date = note.payload.due_on if note.kind == "task" else note.payload.next_on
    return day


def _row(view: View, today: Day, note: Note, name: str) -> None:
    reader, t = view.reader, view.reader.t
    with st.container(border=True):
        what, how = st.columns([4, 1.3], gap="medium", vertical_alignment="center")
        entry, by = note.payload, _by(note)
        said = entry.title if note.kind == "task" else entry.next_step
        about = f" :gray[{plain(t('journal.about', text=note.invoice_id))}]" if note.invoice_id else ""
        with what:
            st.markdown(f":material/{journal_parts.ICONS[note.kind]}: **{plain(said)}**{about}")
            department = f" ({reader.code('department', entry.department)})" if note.kind == "handover" else ""
            who = plain(f"{reader.person(_owner(note))}{department} · {name}")
            colour = "red" if by < today.today else "gray"
            st.markdown(f":gray[{who}] · :{colour}[:material/event: {date(reader, by)}]")
            reason = f"{entry.reason} · " if note.kind == "handover" else ""
            st.caption(plain(f"{reason}{t('task.by', who=note.who, date=date(reader, today.made_on(note)))}"))
        with how, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                t(f"journal.end_{note.kind}"), key=f"done-{note.id}", icon=":material/done:",
                on_click=_end, args=(view, note),
            )  # fmt: skip
            navigation.link("payer", t("calls.open"), entity=note.entity_id, customer=note.customer_id)


def _end(view: View, note: Note) -> None:
    """Close it; when somebody else has done so in the meantime, say who."""
    try:
        outcome = {"outcome": journal_parts.ENDINGS[note.kind]}
        journal.close(view.settings, note.id, outcome, who=journal_parts.writer(view))
    except UserError as refused:
        st.session_state[FAILED] = refused.text(view.reader.language)
    else:
        st.session_state[DONE] = view.reader.t("task.ended")
