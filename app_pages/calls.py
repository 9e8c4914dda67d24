"""The call list of one rep: whom to contact first, why, how and by when."""

import streamlit as st

from pipelines.collecting import follow_up
from pipelines.reporting import queries_calls, queries_collect
from ui import call_parts, contact_form, journal_parts, page

view = page.start("calls")
t = view.reader.t

reps = list(view.ask(queries_calls.reps)["rep"])
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
today = journal_parts.day(view)
listed = view.ask(queries_calls.call_list, rep)
ours = tuple(follow_up.invoices_in_our_court(today, listed))
calls, left_alone = follow_up.divide(today, listed, view.ask(queries_collect.amounts_of, rep, ours) if ours else None)
if calls.empty:
    page.nothing_here(t("calls.none" if left_alone.empty else "calls.all_skipped"))
    call_parts.skipped(view, left_alone)
    contact_form.show(view)
    st.stop()

figures = st.container()
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    shape = st.segmented_control(
        t("calls.view"), ("cards", "table", "visits"), default="cards", required=True, key="calls_shape",
        persist_state="session", format_func=lambda each: t(f"calls.view_{each}"), label_visibility="collapsed",
    )  # fmt: skip
    calls = call_parts.from_probability(view.reader, calls)
if calls.empty:
    st.stop()
capacity = today.settings.capacity_of(rep)
with figures:
    call_parts.totals(view.reader, calls, capacity)
if shape == "table":
    call_parts.as_table(view, calls)
elif shape == "visits":
    call_parts.as_visits(view, calls)
else:
    call_parts.as_cards(view, calls, today, capacity)
call_parts.to_take_along(view, calls, today, capacity)
call_parts.skipped(view, left_alone)
contact_form.show(view)
