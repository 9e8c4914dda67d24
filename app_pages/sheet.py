"""The call sheet of one payer: what is owed, what stands in the way, and what to say in five steps, on one page."""

import streamlit as st

from pipelines import queries
from ui import call_sheet, journal_parts, navigation, page
from ui.session import view as current_view

view = current_view()
t = view.reader.t
entity_id, customer_id = st.query_params.get("entity", ""), st.query_params.get("customer", "")

customer = None if view.build is None else view.ask_anywhere(queries.customer, entity_id, customer_id)
if customer is None:
    navigation.back(t)
    page.start("sheet")
    st.info(t("payer.unknown" if customer_id else "payer.none_chosen"), icon=":material/person_search:")
    st.stop()

navigation.link("payer", t("invoice.back"), ":material/arrow_back:", entity=entity_id, customer=customer_id)
items = view.ask_anywhere(queries.customer_open_items, entity_id, customer_id)
today = journal_parts.day(view)
method, cause = call_sheet.choose(view, today, customer)
call_sheet.show(view, today, customer, items, method, cause)
