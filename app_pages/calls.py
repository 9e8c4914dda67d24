"""The call list of one rep: whom to contact first, why, how and by when."""

import streamlit as st

from pipelines import queries
from ui import call_parts, page

view = page.start("calls")
t = view.reader.t

reps = list(view.ask(queries.reps)["rep"])
if not reps:
    page.nothing_here(t("calls.none" if view.who.role == "rep" else "calls.no_reps"))
    st.stop()
rep = reps[0]
if view.who.role != "rep":
    rep = st.selectbox(
        t("calls.rep"),
        reps,
        format_func=lambda each: each or t("app.unassigned"),
        key="calls_rep",
        persist_state="session",
        width=320,
    )
calls = view.ask(queries.call_list, rep)
if calls.empty:
    page.nothing_here(t("calls.none"))
    st.stop()

call_parts.totals(view.reader, calls)
shape = st.segmented_control(
    t("calls.view"), ("cards", "table"), default="cards", required=True, key="calls_shape", persist_state="session",
    format_func=lambda each: t(f"calls.view_{each}"), label_visibility="collapsed",
)  # fmt: skip
if shape == "table":
    call_parts.as_table(view, calls)
else:
    call_parts.as_cards(view, calls)
