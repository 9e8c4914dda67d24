"""Choosing the customer that an entry is about: by the address, else from those with most overdue."""

import streamlit as st

from pipelines.reporting import queries_payers
from ui.formats import compact
from ui.session import View

OFFERED = 300  # more are found by their name


def choose(view: View, key: str) -> tuple[str, str] | None:
    """The customer chosen (entity_id, customer_id), None before one is; only those this person may see are offered."""
    reader, t = view.reader, view.reader.t
    text = ""
    found = view.ask(queries_payers.customers, text)
    if len(found) > OFFERED:
        text = st.text_input(t("picker.find"), key=f"{key}.find", icon=":material/search:")
        found = view.ask(queries_payers.customers, text)
    rows = {(row["entity_id"], row["customer_id"]): row for row in found.head(OFFERED).to_dict("records")}
    asked = (st.query_params.get("entity", ""), st.query_params.get("customer", ""))
    if asked not in rows and asked[1]:
        known = view.ask_anywhere(queries_payers.customer, *asked)
        rows |= {asked: known} if known else {}
    if asked in rows and f"{key}.customer" not in st.session_state:
        st.session_state[f"{key}.customer"] = asked

    def name(whom: tuple[str, str]) -> str:
        row = rows[whom]
        overdue = t("picker.overdue", text=compact(reader, row["overdue_base"]))
        return f"{row['customer_name'] or whom[1]} · {whom[1]} · {overdue}"

    return st.selectbox(
        t("picker.customer"), list(rows), index=None, key=f"{key}.customer", format_func=name,
        placeholder=t("picker.hint"),
    )  # fmt: skip
