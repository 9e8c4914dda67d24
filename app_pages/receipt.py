"""One receipt: what its money paid, by which rule, and where a person says it goes instead."""

import streamlit as st

from pipelines.reporting import queries_receipts
from ui import import_jobs, navigation, page, receipt_parts
from ui.formats import date, plain
from ui.session import view as current_view

view = current_view()
t = view.reader.t
import_id, written = st.query_params.get("import", ""), st.query_params.get("line", "")
line_no = int(written) if written.isdecimal() else 0

line = None if view.build is None else view.ask_anywhere(queries_receipts.receipt_line, import_id, line_no)
if line is None:
    navigation.back(t)
    page.start("receipt")
    st.info(t("receipt.unknown"), icon=":material/receipt_long:")
    navigation.link("payers", t("payer.find"), icon=":material/search:")
    st.stop()

navigation.link("payer", t("invoice.back"), ":material/arrow_back:", entity=line.entity_id, customer=line.customer_id)
number, is_money = plain(line.receipt_id or line.line_shown), line.kind == "payment"
other = t("set_off.title", kind=view.reader.code("kind", line.kind), text=number)
st.title(t("receipt.title", text=number) if is_money else other, anchor=False)
as_of = view.build.as_of if view.build else None
whose = [plain(each) for each in dict.fromkeys((line.customer_name, line.customer_id)) if each]
st.caption(" · ".join([*whose, t("app.as_of", date=date(view.reader, as_of), currency=view.reader.currency)]))
import_jobs.running(view)
receipt_parts.figures(view, line)
receipt_parts.built(view, line)
if is_money and view.who.role in navigation.OFFICE:
    receipt_parts.direct(view, line)
