"""What we know of a payer: its card, what is ready for a call, what we are worth to it, and the master data."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines.follow_up import Day
from pipelines.journal import Subject
from ui import page, payer_card, payer_parts, readiness_card
from ui.session import View


def show(view: View, today: Day, customer: Mapping[str, Any]) -> None:
    """The payer card beside the readiness card, and the master data below."""
    t = view.reader.t
    whole = Subject(str(customer["entity_id"]), str(customer["customer_id"]))
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.cell(), st.container(border=True, height="stretch"):
        st.subheader(t("payer_card.title"), anchor=False)
        payer_card.show(view, today, customer)
    with pair.cell(), st.container(border=True, height="stretch"):
        st.subheader(t("readiness.heading"), anchor=False)
        readiness_card.show(view, today, whole)
    payer_parts.facts(view, customer)
