"""Reps: the collection timetable against actual, and the scorecard."""

import streamlit as st

from ui import journal_parts, navigation, page, result_parts

view = page.start("results")
t = view.reader.t
today = journal_parts.day(view)

plan, reps, as_of = result_parts.plan_of(view, today)
timetable, scorecard = st.tabs([t("results.timetable"), t("results.scorecard")], on_change="rerun", key="results_part")
with timetable:
    result_parts.timetable(view, today, plan, reps, as_of)
if scorecard.open:
    with scorecard:
        result_parts.scorecard(view, today, plan, as_of)
        navigation.link("charges", t("results.calibrate"), icon=":material/price_check:")
