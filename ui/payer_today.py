"""What holds for one payer today, at the top of its page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import follow_up
from pipelines.follow_up import Day
from ui import contact_form, entry_form, journal_parts, navigation
from ui.formats import plain
from ui.session import View


def standing(view: View, today: Day, customer: Mapping[str, Any], invoices: list[str]) -> None:
    """What holds for this customer today: promises, the step agreed, and why nobody calls; and the way to log more."""
    reader, t = view.reader, view.reader.t
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    name = str(customer["customer_name"] or customer["customer_id"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        contact_form.button(view, *whom, name, None, primary=True)
        entry_form.buttons(view, today, *whom, invoices)
        for place, icon in (("sheet", "description"), ("letters", "mail")):
            navigation.link(place, t(f"nav.{place}"), f":material/{icon}:", entity=whom[0], customer=whom[1])
        lines = [journal_parts.promise_badges(reader, today, *whom), journal_parts.step_line(reader, today, *whom)]
        if any(lines):
            st.markdown(" ".join(filter(None, lines)))
    entry_form.readiness(view, today, *whom, invoices)
    waiting = [plain(reader.reason(reason)) for reason in follow_up.reasons_to_wait(today, *whom)]
    if waiting:
        st.info(f"{t('journal.left_alone')}  \n" + "  \n".join(waiting), icon=":material/pause_circle:")


def invoices(items: pd.DataFrame) -> list[str]:
    """The numbers of the open invoices, oldest due first."""
    return list(items[items["days_past_due"].notna()]["invoice_id"].unique())
