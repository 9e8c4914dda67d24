"""The charge for overdue money per rep, and its calibrator: the last year replayed with other rates."""

import streamlit as st

from pipelines.collecting import blockers
from pipelines.reporting import queries_blockers, queries_charge
from ui import charge_parts, journal_parts, page
from ui.formats import money
from ui.tables import table, words

COLUMNS = words(
    "rep collected_base commission_base amount_days charge_base kept_base disputed_days assumed_days our_fault_days"
)

view = page.start("charges")
reader, t = view.reader, view.reader.t

rate, grace, cap, commission = charge_parts.terms(view)
with page.working(view):
    today = journal_parts.day(view)
    faults = blockers.our_faults(today, view.ask(queries_blockers.overdue_items, blockers.customers(today)))
    found = view.ask(queries_charge.calibrated, rate, grace, cap, commission, faults)
if found.empty:
    page.nothing_here(t("charges.none"))
    st.stop()
charge_parts.break_even(view, rate, commission)
with st.container(border=True):
    st.subheader(t("charges.by_rep"), anchor=False)
    total = money(reader, float(found["charge_base"].sum()))
    kept = money(reader, float(found["kept_base"].sum()))
    st.caption(t("charges.total", text=total, kept=kept))
    table(reader, found, COLUMNS, key="charges", alt=t("charges.by_rep"), file_name="charges")
    st.caption(t("charges.left_out"))
