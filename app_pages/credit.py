"""Credit and margin: credit given beyond policy, ability to pay, and what a sale leaves after the money it ties up."""

import streamlit as st

from ui import ability_parts, credit_parts, journal_parts, page

view = page.start("credit")
t = view.reader.t
today = journal_parts.day(view)

given, able, margin = st.tabs(
    [t("credit.given"), t("credit.ability"), t("credit.margin")], on_change="rerun", key="credit_part"
)
if given.open:
    with given:
        credit_parts.credit(view)
with able:
    ability_parts.show(view, today)
with margin:
    if margin.open:
        credit_parts.margin(view, today)
    credit_parts.gross_margins(view, today)
