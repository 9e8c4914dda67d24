"""What every figure means: name, formula, and what to know about it."""

import streamlit as st

from ui import page
from ui.definitions import GROUPS, definitions, matching
from ui.formats import plain

view = page.start("definitions", needs_build=False)
t = view.reader.t

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
            name.markdown(f"**{plain(each.title)}**")
            meaning.markdown(plain(each.formula))
            meaning.caption(plain(each.note))
