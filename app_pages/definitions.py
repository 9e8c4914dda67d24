"""What every figure means: name, formula, and what to know about it."""

import streamlit as st

from pipelines.reporting import queries_summaries
from pipelines.reporting.passport_figures import FIGURES
from pipelines.reporting.passport_types import At
from ui import page, passport
from ui.definitions import GROUPS, definitions, matching
from ui.formats import plain

view = page.start("definitions", needs_build=False)
t = view.reader.t

can_ask = view.build is not None and view.ask_build(queries_summaries.has_documents)
st.write(t("definition.intro"))
text = st.text_input(t("definition.find"), key="definition_find", icon=":material/search:", live="300ms", width=420)
found = matching(definitions(view.reader, view.settings), text)
if not found:
    page.nothing_here(t("definition.none", text=plain(text)))
for group in GROUPS:
    members = [each for each in found if each.group == group]
    if not members:
        continue
    st.subheader(t(f"definition.group_{group}"), anchor=False)
    for each in members:
        with st.container(border=True):
            name, meaning = st.columns([1, 3])
            with name:
                st.markdown(f"**{plain(each.title)}**")
                if each.name in FIGURES and can_ask:
                    passport.button(view, [each.name], At(), key=each.name)
            meaning.markdown(plain(each.formula))
            if each.symbols:
                meaning.latex(each.symbols)
            meaning.caption(plain(each.note))
