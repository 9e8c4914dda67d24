"""The class of a debt on the page: what the record proposes and why, and the decision of a person."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines.collecting import debt_class, journal
from pipelines.collecting.debt_class import Proposal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from ui import forms, journal_parts
from ui.formats import date, plain
from ui.forms import Form
from ui.session import View


def show(view: View, today: Day, customer: Mapping[str, Any], proposal: Proposal) -> None:
    """What was settled or else is proposed, the reasons for and against, and the form that settles it."""
    reader, t = view.reader, view.reader.t
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    decided = debt_class.settled(today, *whom)
    if decided is not None:
        word = plain(reader.code("cause", decided.payload.cause))
        by = t("class.settled", who=decided.who, date=date(reader, today.made_on(decided)))
        st.markdown(f":green-badge[:material/verified: {word}] :gray[{plain(by)}]")
        if decided.payload.note:
            st.caption(plain(decided.payload.note))
    proposed = plain(t("class.proposed", text=reader.code("cause", proposal.cause)))
    reasons = "\n".join(f"- {plain(reader.reason(reason))}" for reason in proposal.reasons)
    st.markdown(f"{proposed}\n\n{reasons or t('class.no_reasons')}")
    for cause, others in proposal.others.items():
        said = t("app.semicolon").join(reader.reason(reason) for reason in others)
        st.caption(plain(t("app.named", name=t("class.other", text=reader.code("cause", cause)), text=said)))
    with st.expander(t("class.settle"), icon=":material/gavel:", key=f"class-{whom[1]}"):
        form = Form(view, f"class.{whom[0]}.{whom[1]}")
        forms.choice(form, "cause", t("sheet.cause"), debt_class.CLASSES, "cause")
        forms.field(form, "note", st.text_input, t("class.note"))
        forms.save(form, lambda: _store(view, form, whom), t("class.saved"))


def _store(view: View, form: Form, whom: tuple[str, str]) -> None:
    payload = {"cause": form.value("cause"), "note": form.value("note") or ""}
    journal.append(view.settings, "debt_class", Subject(*whom), payload, who=journal_parts.writer(view))
