"""Promises and instalment plans: what was agreed, what came of it, whom to look after today, and a new plan."""

import streamlit as st

from ui import agreement_parts, customer_picker, journal_parts, navigation, page
from ui.tables import table

view = page.start("agreements")
reader, t = view.reader, view.reader.t

today = journal_parts.day(view)
found = agreement_parts.rows(view, today)
if found.empty:
    page.nothing_here(t("agreements.none"))
    navigation.link("calls", t("nav.calls"), icon=":material/call:")
else:
    agreement_parts.cards(view, found)
    with st.container(border=True):
        st.subheader(t("agreements.list"), anchor=False)
        shown = agreement_parts.narrowed(view, found)
        if shown.empty:
            page.nothing_here(t("agreements.none_here"))
        else:
            row = table(
                reader, shown.assign(promised_doc=shown["amount_doc"]), agreement_parts.COLUMNS, key="agreements",
                alt=t("agreements.list"), open_label=t("app.open"), file_name="promises",
                further=agreement_parts.FURTHER,
            )  # fmt: skip
            if row is not None:
                navigation.open_payer(view, shown.iloc[row]["entity_id"], shown.iloc[row]["customer_id"])
        st.caption(t("agreements.rule", days=view.settings.promise_tolerance_days))

st.subheader(t("agreements.new"), anchor=False)
whom = customer_picker.choose(view, "plan_for")
if whom is None:
    st.caption(t("agreements.choose"))
else:
    agreement_parts.plans(view, today, *whom)
    with st.container(border=True):
        agreement_parts.editor(view, today, *whom)
