"""Letters to one payer as drafts: reminder, payment request, lawyer's letter, balance confirmation and statement."""

import streamlit as st

from pipelines.reporting import queries_payers
from ui import journal_parts, letters, payer_today
from ui.formats import plain
from ui.session import view as current_view

view = current_view()
t = view.reader.t
customer = payer_today.chosen(view, "letters")
entity_id, customer_id = str(customer["entity_id"]), str(customer["customer_id"])
st.title(t("letter.title", name=plain(customer["customer_name"] or customer_id)), anchor=False)
st.caption(t("letter.help"))
items = view.ask_anywhere(queries_payers.customer_open_items, entity_id, customer_id)
today = journal_parts.day(view)
payer_today.left_alone(view, today, customer)
letters.show(view, today, customer, items)
