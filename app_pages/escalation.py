"""Escalation and law: the sanction ladder, the legal register, and claims that become time-barred."""

import streamlit as st

from ui import customer_picker, escalation_parts, journal_parts, page

view = page.start("escalation")
t = view.reader.t
today = journal_parts.day(view)

on_ladder, law, clock = st.tabs([t("escalation.ladder"), t("escalation.register"), t("escalation.limitation")])
with on_ladder:
    escalation_parts.ladder_board(view, today)
with law:
    escalation_parts.legal_register(view, today)
with clock:
    escalation_parts.limitation(view, today)

st.subheader(t("escalation.record"), anchor=False)
whom = customer_picker.choose(view, "escalate")
if whom is None:
    st.caption(t("escalation.choose"))
else:
    step, stage = st.columns(2, gap="medium")
    with step.container(border=True):
        st.markdown(f"**{t('escalation.ladder')}**")
        escalation_parts.ladder_step(view, today, *whom)
    with stage.container(border=True):
        st.markdown(f"**{t('escalation.register')}**")
        escalation_parts.legal_stage(view, *whom)
