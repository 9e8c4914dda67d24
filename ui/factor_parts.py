"""The three factors on the payer's page: the value we bring, the relationship we keep, our own discipline."""

import streamlit as st

from pipelines import journal, payer_factors
from pipelines.follow_up import Day
from pipelines.journal import Subject
from ui import forms, journal_parts
from ui.formats import date, number, percent, plain
from ui.forms import Form
from ui.session import View

ASPECTS = ("value", "relationship", "ability_to_pay")
SCORES = (1, 2, 3, 4, 5)


def show(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """The factors with where each comes from, and the form in which the owner rates."""
    reader, t = view.reader, view.reader.t
    found = payer_factors.of_customer(today, entity_id, customer_id)
    touches = number(reader, found.contacts + found.greetings)
    score = found.ratings.get("value")
    with st.grid(3, min_column_width=120, gap="small"):
        value = f"{score.payload.score} / 5" if score is not None else t("factor.unrated")
        st.metric(t("factor.value"), value, help=t("factor.value_help"))
        st.metric(t("factor.relationship"), touches, help=t("factor.relationship_help", days=payer_factors.WINDOW))
        prompt = t("factor.no_notice") if found.promptness is None else percent(reader, found.promptness, 0)
        st.metric(t("factor.discipline"), prompt, help=t("factor.discipline_help", days=payer_factors.PROMPT_DAYS))
    lines = [t("factor.touches", contacts=found.contacts, greetings=found.greetings)]
    if found.last_touch is not None:
        lines.append(t("factor.last_touch", date=date(reader, found.last_touch)))
    if found.notices:
        lines.append(t("factor.notices", prompt=found.prompt, count=found.notices))
    for aspect, note in found.ratings.items():
        rated = f"{reader.code('aspect', aspect)}: {note.payload.score} / 5 · {note.who} · "
        rated += date(reader, today.made_on(note))
        lines.append(f"{rated} · {note.payload.note}" if note.payload.note else rated)
    st.caption("  \n".join(plain(line) for line in lines))
    with st.expander(t("factor.rate"), icon=":material/star:", key=f"rate-{customer_id}"):
        form = Form(view, f"rate.{entity_id}.{customer_id}")
        form.suggest("aspect", ASPECTS[0])
        forms.choice(form, "aspect", t("entry.aspect"), ASPECTS, "aspect")
        forms.field(form, "score", st.pills, t("entry.score"), options=SCORES, help=t("entry.score_help"))
        forms.field(form, "note", st.text_input, t("class.note"))
        forms.save(form, lambda: _store(view, form, Subject(entity_id, customer_id)), t("factor.saved"))


def _store(view: View, form: Form, about: Subject) -> None:
    payload = {"aspect": form.value("aspect"), "score": form.value("score"), "note": form.value("note") or ""}
    journal.append(view.settings, "rating", about, payload, who=journal_parts.writer(view))
