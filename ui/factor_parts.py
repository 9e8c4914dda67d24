"""The three factors on the payer's page: the value we bring, the relationship we keep, our own discipline."""

import streamlit as st

from pipelines.collecting import journal, payer_factors
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Subject
from ui import forms, journal_parts
from ui.formats import date, number, percent, plain
from ui.forms import Form
from ui.i18n import Reader
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
    lines += [rated(reader, today, note) for note in found.ratings.values()]
    st.caption("  \n".join(plain(line) for line in lines))
    with st.expander(t("factor.rate"), icon=":material/star:", key=f"rate-{customer_id}"):
        rate(view, Subject(entity_id, customer_id), ASPECTS)


def rated(reader: Reader, today: Day, note: Note) -> str:
    """A rating in one line: of what, how high, by whom, when, and the reason given."""
    said = note.payload
    given = reader.t("app.named", name=reader.code("aspect", said.aspect), text=f"{said.score} / 5")
    line = f"{given} · {reader.person(note.who)} · {date(reader, today.made_on(note))}"
    return f"{line} · {said.note}" if said.note else line


def rate(view: View, about: Subject, aspects: tuple[str, ...]) -> None:
    """The form in which one aspect of a customer is rated; one aspect alone is not asked for."""
    t, form = view.reader.t, Form(view, f"rate.{about.entity_id}.{about.customer_id}.{'.'.join(aspects)}")
    form.suggest("aspect", aspects[0])
    if len(aspects) > 1:
        forms.choice(form, "aspect", t("entry.aspect"), aspects, "aspect")
    forms.field(form, "score", st.pills, t("entry.score"), options=SCORES, help=t("entry.score_help"))
    forms.field(form, "note", st.text_input, t("class.note"), help=t("factor.note_help"))

    def store() -> None:
        payload = {"aspect": form.value("aspect") or aspects[0], "score": form.value("score")}
        payload["note"] = form.value("note") or ""
        journal.append(view.settings, "rating", about, payload, who=journal_parts.writer(view))

    forms.save(form, store, t("factor.saved"))
