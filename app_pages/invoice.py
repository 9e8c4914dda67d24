"""One invoice: its instalments, every amount applied to them, and how the open balance follows."""

import streamlit as st

from pipelines import queries
from ui import navigation, page
from ui.formats import date, money, plain
from ui.session import view as current_view
from ui.tables import table, words

INSTALMENTS = words(
    "instalment_no doc_type issue_date due_date due_basis currency amount_doc amount_base open_base file_name line_no"
)
APPLICATIONS = words("applied_on instalment_no receipt_id kind method rule currency amount_doc amount_base days_late")

view = current_view()
reader, t = view.reader, view.reader.t
entity_id, invoice_id = st.query_params.get("entity", ""), st.query_params.get("invoice", "")

found = None if view.build is None else view.ask_anywhere(queries.invoice, entity_id, invoice_id)
if not found or found["instalments"].empty:
    navigation.back(t)
    page.start("invoice")
    st.info(t("invoice.unknown"), icon=":material/receipt_long:")
    st.stop()

instalments, applications = found["instalments"], found["applications"]
first = instalments.iloc[0]
navigation.link(
    "payer", t("invoice.back"), ":material/arrow_back:", entity=entity_id, customer=str(first["customer_id"])
)
st.title(t("invoice.title", text=plain(invoice_id)), anchor=False)
as_of = view.build.as_of if view.build else None
st.caption(f"{plain(first['customer_id'])} · {t('app.as_of', date=date(reader, as_of), currency=reader.currency)}")

billed, applied = float(instalments["amount_base"].sum()), float(applications["amount_base"].sum())
with st.grid(3, min_column_width=180, gap="small"):
    st.metric(t("invoice.billed"), money(reader, billed), border=True)
    st.metric(t("invoice.applied"), money(reader, applied), border=True)
    st.metric(t("invoice.open"), money(reader, billed - applied), border=True, help=t("invoice.open_help"))

with st.container(border=True):
    st.subheader(t("invoice.instalments"), anchor=False)
    table(reader, instalments, INSTALMENTS, key="instalments", alt=t("invoice.instalments"), file_name="instalments")
with st.container(border=True):
    st.subheader(t("invoice.applications"), anchor=False)
    if applications.empty:
        page.nothing_here(t("invoice.no_applications"))
    else:
        st.caption(t("receipt.hint"))
        row = table(
            reader, applications, APPLICATIONS, key="applications", alt=t("invoice.applications"),
            open_label=t("app.open"), file_name="applications",
        )  # fmt: skip
        if row is not None:
            navigation.open_receipt(view, int(applications.iloc[row]["line_key"]))
