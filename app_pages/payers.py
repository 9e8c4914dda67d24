"""Payers: find a customer by name or number and open its page."""

import streamlit as st

from pipelines import queries
from ui import navigation, page
from ui.tables import table

COLUMNS = ("customer_name", "customer_id", "entity_id", "overdue_base", "open_base")
MOST = 200  # rows sent to the browser; a longer list is narrowed by typing

view = page.start("payers")
t = view.reader.t

text = st.text_input(
    t("payers.search"), key="payer_search", placeholder=t("payers.placeholder"), icon=":material/search:", live="300ms"
)
found = view.ask(queries.customers, text.strip())
if found.empty:
    page.nothing_here(t("payers.none", text=text.strip()) if text.strip() else t("payers.empty"))
    st.stop()

several_entities = found["entity_id"].nunique() > 1
columns = [column for column in COLUMNS if column != "entity_id" or several_entities]
shown = found.head(MOST)
st.caption(t("payers.count", shown=len(shown), count=len(found)))
row = table(
    view.reader,
    shown,
    columns,
    key="payers",
    alt=t("payers.alt"),
    open_label=t("app.open"),
    file_name="payers",
    height=560,
)
if row is not None:
    navigation.open_payer(view, shown.iloc[row]["entity_id"], shown.iloc[row]["customer_id"])
