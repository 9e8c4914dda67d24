"""The data chain: collect, process, analyse, share; rows in and out of every step, and the checks that hold."""

import streamlit as st

from pipelines.reporting import queries_tie_out
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_chain import chain
from ui import navigation, page, tie_out
from ui.formats import date, moment, number, plain

STAGES = ("collect", "process", "analyse", "visualise", "share")
ICONS = {
    "collect": "upload_file",
    "process": "sync_alt",
    "analyse": "analytics",
    "visualise": "grid_on",
    "share": "call",
}

view = page.start("chain")
reader, t = view.reader, view.reader.t

st.write(t("chain.intro"))
steps = view.ask_build(chain)
for stage in STAGES:
    if steps[steps["stage"] == stage].empty:
        continue
    st.subheader(f":material/{ICONS[stage]}: {t(f'chain.stage_{stage}')}", anchor=False)
    st.caption(t(f"chain.stage_{stage}_note"))
    with st.grid(4, min_column_width=220, gap="small"):
        for step in steps[steps["stage"] == stage].to_dict("records"):
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{t('chain.step_' + str(step['step']))}**")
                counts = f"{number(reader, step['rows_in'])} → {number(reader, step['rows_out'])}"
                st.markdown(f"### {counts}")
                st.caption(t(f"chain.step_{step['step']}_note"))

st.subheader(f":material/verified: {t('chain.ties')}", anchor=False)
st.caption(tie_out.in_words(reader, view.ask_build(queries_tie_out.tie_out, Scope())))
build = view.build
if build is not None:
    known = moment(reader, build.known_at, reader.zone)
    made = t("chain.build", build=build.build_id, date=date(reader, build.as_of), model=build.model_id, at=known)
    st.caption(plain(made))
    if build.based_on:
        st.caption(t("chain.based_on", build=build.based_on))
navigation.link("imports", t("nav.imports"), icon=":material/upload_file:")
