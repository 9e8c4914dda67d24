"""Credit and margin: credit given beyond policy, and what is left of a sale after the money it ties up."""

import streamlit as st

from ui import credit_parts, journal_parts, page

view = page.start("credit")
t = view.reader.t
today = journal_parts.day(view)

given, margin = st.tabs([t("credit.given"), t("credit.margin")])
with given:
    credit_parts.credit(view)
with margin:
    credit_parts.margin(view, today)
    credit_parts.gross_margins(view, today)
