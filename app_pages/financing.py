"""Financing: what each way of turning an invoice into money brings and costs, and the register of bills."""

import streamlit as st

from ui import bill_upload, customer_picker, financing_parts, journal_parts, page

view = page.start("financing")
t = view.reader.t
today = journal_parts.day(view)

if picked := st.session_state.pop("finance.picked", None):
    st.session_state["finance.customer"] = picked
whom = customer_picker.choose(view, "finance")
parts = [t("financing.comparison"), t("financing.register")]
# A link to the register opens it.
compare, register = st.tabs(parts, default=parts[st.query_params.get("part") == "bills"])
with compare:
    st.caption(t("financing.intro"))
    if whom is not None:
        financing_parts.comparison(view, *whom)
    elif picked := financing_parts.largest(view):
        st.session_state["finance.picked"] = picked  # the choice of the customer is drawn already
        st.rerun()
with register:
    financing_parts.bill_register(view, today)
    bill_upload.bill_upload(view)
    if whom is None:
        st.caption(t("financing.choose_for_bill"))
    else:
        came, moved = st.columns(2, gap="medium")
        with came.container(border=True):
            st.markdown(f"**{t('financing.new_bill')}**")
            financing_parts.new_bill(view, *whom)
        with moved.container(border=True):
            st.markdown(f"**{t('financing.move_bill')}**")
            financing_parts.move_bill(view, today, *whom)
    financing_parts.bills_of_exports(view)
