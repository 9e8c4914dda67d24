"""What we know of a payer: its card, what is ready for a call, what we are worth to it, and the master data."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipelines.collecting.debt_class import Proposal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from ui import class_parts, factor_parts, page, payer_card, payer_parts, readiness_card
from ui.session import View


def show(view: View, today: Day, customer: Mapping[str, Any], proposal: Proposal) -> None:
    """Payer card, readiness, class of the debt and the three factors side by side, and the master data below."""
    t = view.reader.t
    whole = Subject(str(customer["entity_id"]), str(customer["customer_id"]))
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("payer_card.title"), anchor=False)
        payer_card.show(view, today, customer)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("readiness.heading"), anchor=False)
        readiness_card.show(view, today, whole)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("sheet.cause"), anchor=False)
        class_parts.show(view, today, customer, proposal)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("factor.title"), anchor=False)
        factor_parts.show(view, today, whole.entity_id, whole.customer_id)
    payer_parts.facts(view, customer)
