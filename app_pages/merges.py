"""Customers that may be one: suggestions with evidence, merged only by a person, and taken back at any time."""

import streamlit as st

from pipelines.collecting import merges
from ui import import_jobs, merge_parts, page
from ui.formats import plain

view = page.start("merges")
import_jobs.running(view)
if problem := st.session_state.pop("merge_problem", None):
    st.error(plain(problem), icon=":material/error:")
standing = merges.standing(view.settings)
merge_parts.unbuilt(view, standing)
merge_parts.suggested(view, standing)
merge_parts.by_hand(view)
merge_parts.decided(view, standing)
