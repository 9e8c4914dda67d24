"""The call sheet of one payer: what is owed, what stands in the way, and what to say in five steps, on one page."""

import streamlit as st

from pipelines.collecting import debt_class
from pipelines.reporting import queries_payers
from ui import call_sheet, class_parts, contact_form, journal_parts, payer_today
from ui.formats import date, plain
from ui.session import view as current_view

view = current_view()
t = view.reader.t
customer = payer_today.chosen(view, "sheet")
entity_id, customer_id = str(customer["entity_id"]), str(customer["customer_id"])
items = view.ask_anywhere(queries_payers.customer_open_items, entity_id, customer_id)
payments = view.ask_anywhere(queries_payers.customer_payments, entity_id, customer_id)
today = journal_parts.day(view)
st.title(t("sheet.title", name=plain(customer["customer_name"] or customer_id)), anchor=False)
assert view.build is not None
st.caption(t("app.as_of", date=date(view.reader, view.build.as_of), currency=view.reader.currency))
payer_today.left_alone(view, today, customer)
proposal = debt_class.proposed(today, customer, items, payments)
decided = debt_class.settled(today, entity_id, customer_id)
method, cause, language = call_sheet.choose(
    view, today, customer, decided.payload.cause if decided is not None else proposal.cause
)
with st.expander(t("sheet.why"), icon=":material/psychology:"):
    class_parts.show(view, today, customer, proposal)
sheet = call_sheet.worded(view, today, customer, items, method, cause, language)
call_sheet.show(view, today, customer, sheet)
name = str(customer["customer_name"] or customer_id)
contact_form.button(view, entity_id, customer_id, name, method, primary=True)
contact_form.show(view)
