"""What overdue money waits for, ours and theirs, in amount-days: what to remove first, and how it develops."""

import streamlit as st

from pipelines.collecting import blockers
from pipelines.reporting import queries_blockers
from ui import blocker_parts, charge_parts, journal_parts, page
from ui.tables import table, words

COLUMNS = words("cause side invoices overdue_base amount_days")

view = page.start("blockers")
reader, t = view.reader, view.reader.t

with page.working(view):
    items = view.ask(queries_blockers.overdue_items)
if items.empty:
    page.nothing_here(t("blockers.none"))
    st.stop()
today = journal_parts.day(view)
found = blockers.blocked(today, items)
charge_parts.sides(view, found)
found["cause"] = [reader.code("blocker", cause) for cause in found["cause"]]
names = ("causes", "trend", "faults", "dates")
causes, trend, faults, dates = st.tabs(
    [t(f"blockers.tab_{name}") for name in names], on_change="rerun", key="blockers_part"
)
with causes:
    st.caption(t("blockers.help"))
    if (found["side"] != "").any():
        st.caption(t("blockers.known_only"))
    st.plotly_chart(
        charge_parts.pareto(reader, found), key="pareto", config=charge_parts.CONFIG, alt=t("blockers.pareto")
    )
    table(reader, found, COLUMNS, key="blockers", alt=t("blockers.pareto"), file_name="blockers")
    blocker_parts.invoices(view, today, items)
if trend.open:
    with trend:
        blocker_parts.trend(view, today)
if faults.open:
    with faults:
        blocker_parts.faults(view, today)
if dates.open:
    with dates:
        blocker_parts.due_dates(view, items)
