"""Import: what was understood of an export, what was not accepted and why, loading, rebuilding, past imports."""

import streamlit as st

from pipelines.importing import imports
from ui import import_jobs, import_known, import_report, import_upload, page

view = page.start("imports", needs_build=False)
t = view.reader.t

import_jobs.running(view)
past = imports.list_imports(view.settings)
if not import_jobs.is_running():
    import_jobs.unbuilt(view, past)
    import_upload.uploads(view)
    if not past:
        import_jobs.offer_sample(view)
st.subheader(t("imports.past"), anchor=False)
if past:
    import_report.past_imports(view, past)
    import_known.against_before(view)
    import_known.moment(view, past)
else:
    page.nothing_here(t("imports.none_yet"))
