"""The page of a credit note or a prepayment: its amount, what of it is left, what it was set off against."""

import datetime as dt

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_payers
from ui import navigation, page
from ui.formats import date, days, money
from ui.session import View
from ui.tables import said_once, table, with_content, words

SET_OFFS = words("applied_on invoice_id receipt_id kind currency amount_doc amount_base")
USES = words("applied_on receipt_id kind currency amount_doc amount_base")
DOCUMENT = words("instalment_no doc_type issue_date project order_no currency amount_doc amount_base file_name line_no")


def show(view: View, entity_id: str, instalments: pd.DataFrame, applications: pd.DataFrame, as_of: dt.date) -> None:
    """Amount, used and left, each as a positive figure; the documents it was set off against; where it was read."""
    reader, t = view.reader, view.reader.t
    first = instalments.iloc[0]
    customer_id, invoice_id = str(first["customer_id"]), str(first["invoice_id"])
    worth, used = -float(instalments["amount_base"].sum()), -float(applications["amount_base"].sum())
    is_left = abs(float(instalments["open_doc"].sum())) >= 0.01
    with st.grid(3, min_column_width=180, gap="small"):
        st.metric(t("set_off.amount"), money(reader, worth), border=True, height="stretch")
        st.metric(t("set_off.used"), money(reader, used), border=True, height="stretch")
        st.metric(
            t("set_off.left"), money(reader, worth - used), border=True, height="stretch", help=t("set_off.left_help")
        )
    issued = pd.Timestamp(first["issue_date"]).date()
    told = {"date": date(reader, issued), "days": days(reader, (as_of - issued).days)}
    st.caption(t("set_off.waits" if is_left else "set_off.used_up", **told))
    if is_left:
        st.info(t("set_off.to_do"), icon=":material/info:")
    others = view.ask_anywhere(queries_payers.set_offs, int(first["customer_key"]), invoice_id)
    _against(view, applications, others, entity_id, customer_id)
    with st.container(border=True):
        st.subheader(t("set_off.document"), anchor=False)
        columns = with_content(instalments, said_once(reader, instalments, DOCUMENT), ("project", "order_no"))
        table(reader, instalments, columns, key="instalments", alt=t("set_off.document"), file_name="document")


def _against(view: View, applications: pd.DataFrame, others: pd.DataFrame, entity_id: str, customer_id: str) -> None:
    """The invoices of the same settlements; where the export names none, the settlements alone."""
    reader, t = view.reader, view.reader.t
    with st.container(border=True):
        st.subheader(t("set_off.against"), anchor=False)
        if applications.empty:
            page.nothing_here(t("set_off.none"))
            return
        if others.empty:
            st.caption(t("set_off.not_named"))
            columns = said_once(reader, applications, USES)
            table(reader, applications, columns, key="set_offs", alt=t("set_off.against"), file_name="set_offs")
            return
        st.caption(t("set_off.against_text"))
        columns = said_once(reader, others, SET_OFFS)
        row = table(
            reader, others, columns, key="set_offs", alt=t("set_off.against"), open_label=t("app.open"),
            file_name="set_offs",
        )  # fmt: skip
        if row is not None:
            navigation.open_invoice(view, entity_id, str(others.iloc[row]["invoice_id"]), customer_id)
