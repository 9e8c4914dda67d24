"""One payer: exposure, open items with their risk, how this customer has paid, and where it is heading."""

import streamlit as st

from pipelines.collecting import bills, debt_class
from pipelines.reporting import queries_financing, queries_payers
from ui import (
    contact_form,
    journal_parts,
    navigation,
    page,
    payer_known,
    payer_parts,
    payer_today,
    priority_parts,
    tie_out,
)
from ui.formats import plain
from ui.session import view as current_view

view = current_view()
t = view.reader.t
entity_id, customer_id = st.query_params.get("entity", ""), st.query_params.get("customer", "")

navigation.back(t)
customer = None if view.build is None else view.ask_anywhere(queries_payers.customer, entity_id, customer_id)
if customer is None:
    page.start("payer")
    if into := payer_parts.stands_under(view, entity_id, customer_id):
        st.info(t("payer.merged", one=plain(customer_id), into=plain(into)), icon=":material/merge:")
        navigation.link(
            "payer", t("payer.of_number", text=into), ":material/arrow_forward:", entity=entity_id, customer=into
        )
        st.stop()
    st.info(t("payer.unknown" if customer_id else "payer.none_chosen"), icon=":material/person_search:")
    navigation.link("payers", t("payer.find"), icon=":material/search:")
    st.stop()

payer_parts.head(view, customer)
today = journal_parts.day(view)
items = view.ask_anywhere(queries_payers.customer_open_items, entity_id, customer_id)
payments = view.ask_anywhere(queries_payers.customer_payments, entity_id, customer_id)
payer_today.standing(view, today, customer, payer_today.invoices(items))
held = bills.held(
    today, entity_id, customer_id, view.ask_anywhere(queries_financing.bills_in_ledger, entity_id, customer_id)
)
payer_parts.exposure(view, customer, held)
tie_out.line(view, items["open_base"].sum(), customer=(entity_id, customer_id))
payer_parts.part_in_sight(view, customer, items)
payer_parts.overdue_beyond(view, customer, items)
owing, paying, followed, known = st.tabs([t(f"payer.tab_{name}") for name in ("owing", "paying", "followed", "known")])
with owing:
    payer_parts.standing(view, customer, items)
    payer_parts.open_items(view, items, held, entity_id, customer_id)
    priority_parts.show(view, customer)
with paying:
    payer_parts.history(view, entity_id, customer_id)
    payer_parts.pay_days(view, today, customer, payments)
with followed:
    journal_parts.timeline(view, today, entity_id, customer_id)
with known:
    payer_known.show(view, today, customer, debt_class.proposed(today, customer, items, payments))
contact_form.show(view)
