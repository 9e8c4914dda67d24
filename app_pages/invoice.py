"""One invoice: its instalments, every amount applied to them, and how the open balance follows; or one credit."""

import streamlit as st

from pipelines.collecting import follow_up, life_line
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_collect, queries_payers
from ui import (
    entry_form,
    invoice_parts,
    journal_parts,
    life_parts,
    navigation,
    page,
    payer_today,
    readiness_card,
    set_off_parts,
)
from ui.formats import date, money, plain
from ui.session import view as current_view
from ui.tables import said_once, table, with_content, words

INSTALMENTS = words(
    "instalment_no doc_type issue_date due_date due_basis currency amount_doc amount_base open_base file_name line_no"
)
CREDITS = ("credit_note", "prepayment")  # never due, never chased: what counts is what of them is left
APPLICATIONS = words("applied_on instalment_no receipt_id kind method rule currency amount_doc amount_base days_late")

view = current_view()
reader, t = view.reader, view.reader.t
entity_id, invoice_id = st.query_params.get("entity", ""), st.query_params.get("invoice", "")

found = None if view.build is None else view.ask_anywhere(queries_payers.invoice, entity_id, invoice_id)
if view.build is None or not found or found["instalments"].empty:
    navigation.back(t)
    page.start("invoice")
    st.info(t("invoice.unknown"), icon=":material/receipt_long:")
    navigation.link("payers", t("payer.find"), icon=":material/search:")
    st.stop()

instalments, applications = found["instalments"], found["applications"]
first = instalments.iloc[0]
navigation.link(
    "payer", t("invoice.back"), ":material/arrow_back:", entity=entity_id, customer=str(first["customer_id"])
)
is_credit = first["doc_type"] in CREDITS
title = t("set_off.title", kind=reader.code("doc_type", first["doc_type"]), text=plain(invoice_id))
st.title(title if is_credit else t("invoice.title", text=plain(invoice_id)), anchor=False)
as_of = view.build.as_of
customer = view.ask_anywhere(queries_payers.customer, entity_id, str(first["customer_id"])) or {}
whose = [str(customer.get("customer_name") or ""), str(first["customer_id"])]
line = [plain(each) for each in whose if each] + [t("app.as_of", date=date(reader, as_of), currency=reader.currency)]
st.caption(" · ".join(line))
if is_credit:
    set_off_parts.show(view, entity_id, instalments, applications, view.build.as_of)
    st.stop()

billed, applied = float(instalments["amount_base"].sum()), float(applications["amount_base"].sum())
with st.grid(3, min_column_width=180, gap="small"):
    st.metric(t("invoice.billed"), money(reader, billed), border=True, height="stretch")
    st.metric(t("invoice.applied"), money(reader, applied), border=True, height="stretch")
    st.metric(
        t("invoice.open"), money(reader, billed - applied), border=True, height="stretch", help=t("invoice.open_help")
    )

customer_id = str(first["customer_id"])
today = journal_parts.day(view)
is_paid = abs(float(instalments["open_doc"].sum())) < 0.01 and len(applications) > 0
st.caption(
    payer_today.owner_line(
        view, today, entity_id, customer_id, str(first["rep"] or ""), invoice_id, is_open=not is_paid
    )
)
waiting = follow_up.in_our_court(today, entity_id, customer_id).get(invoice_id, [])
if waiting:
    said = "  \n".join(plain(reader.reason(reason)) for reason in waiting)
    st.info(f"{t('invoice.not_chased')}  \n{said}", icon=":material/pause_circle:")
entry_form.buttons(view, today, entity_id, customer_id, [invoice_id], invoice_id)
pair = st.grid(2, min_column_width=page.HALF)
with pair.container(border=True, height="stretch"):
    st.subheader(t("life.title"), anchor=False)
    life_parts.show(view, life_line.of_invoice(today, instalments, applications, as_of, is_paid))
with pair.container(border=True, height="stretch"):
    st.subheader(t("readiness.heading"), anchor=False)
    accepted_on = view.ask_build(queries_collect.acceptance, entity_id, invoice_id)
    evidence = invoice_parts.evidence(reader, instalments, accepted_on)
    readiness_card.show(view, today, Subject(entity_id, customer_id, invoice_id), evidence)
with st.container(border=True):
    st.subheader(t("invoice.instalments"), anchor=False)
    table(
        reader,
        instalments,
        said_once(reader, instalments, INSTALMENTS),
        key="instalments",
        alt=t("invoice.instalments"),
        file_name="instalments",
    )
with st.container(border=True):
    st.subheader(t("invoice.applications"), anchor=False)
    if applications.empty:
        page.nothing_here(t("invoice.no_applications"))
    else:
        st.caption(t("receipt.hint"))
        columns = with_content(applications, said_once(reader, applications, APPLICATIONS), ("method",))
        row = table(
            reader, applications, columns, key="applications", alt=t("invoice.applications"),
            open_label=t("app.open"), file_name="applications",
        )  # fmt: skip
        if row is not None:
            navigation.open_receipt(view, int(applications.iloc[row]["line_key"]))
