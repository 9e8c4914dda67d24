"""The follow-up desk: notices due today, who has to do what, and balances to be confirmed."""

import streamlit as st

from ui import confirmation_parts, contact_form, journal_parts, notice_parts, page, task_parts

view = page.start("desk")
t = view.reader.t

VIEWS = {"notices": notice_parts.show, "tasks": task_parts.show, "confirmations": confirmation_parts.show}
today = journal_parts.day(view)
asked = st.query_params.get("view", "")
chosen = st.segmented_control(
    t("desk.view"), list(VIEWS), default=asked if asked in VIEWS else "notices", required=True, key="desk.view",
    format_func=lambda each: t(f"desk.{each}"), label_visibility="collapsed",
)  # fmt: skip
VIEWS[chosen](view, today)
contact_form.show(view)
