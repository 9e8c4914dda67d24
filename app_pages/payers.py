"""Payers: who is most urgent, and where we stand in each payer's own payment order; a row opens its page."""

import streamlit as st

from pipelines.reporting import queries_priority
from ui import page, priority_parts, tie_out
from ui.payer_table import payers_table
from ui.tables import words

COLUMNS = words(
    "customer_name payer_class priority_score queue_place queue_trend overdue_base open_base rep queue_reasons "
    "customer_id entity_id"
)
FURTHER = words("queue_reasons customer_id entity_id")
PLACES = ("1", "2", "3", "4", "5", "worse")

view = page.start("payers")
t = view.reader.t

priority_parts.overview(view)
tie_out.line(view, view.ask(queries_priority.payers, "")["open_base"].sum())
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    text = st.text_input(
        t("payers.search"), key="payer_search", placeholder=t("payers.placeholder"), icon=":material/search:",
        live="300ms", width=380,
    )  # fmt: skip
    place = st.pills(
        t("place.filter"), PLACES, key="place", persist_state="session",
        format_func=lambda each: t("place.worse") if each == "worse" else t(f"place.place_{each}"),
    )  # fmt: skip
found = view.ask(queries_priority.payers, text.strip())
if found.empty:
    page.nothing_here(t("payers.none", text=text.strip()) if text.strip() else t("payers.empty"))
    st.stop()
if place:
    found = found[found["queue_trend"] == "worse"] if place == "worse" else found[found["queue_place"] == int(place)]
    if found.empty:
        page.nothing_here(t("place.nobody"))
        st.stop()

several_entities = found["entity_id"].nunique() > 1
columns = [column for column in COLUMNS if column != "entity_id" or several_entities]
st.caption(t("payers.count", count=len(found)))
if beyond := int((found["overdue_base"] > found["open_base"]).sum()):
    st.caption(f":material/info: {t('payers.overdue_beyond', count=beyond)}")
payers_table(view, found, columns, key="payers", alt=t("payers.alt"), file_name="payers", height=560, further=FURTHER)
