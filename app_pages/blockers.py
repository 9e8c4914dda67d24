"""What overdue money waits for, ours and theirs, in amount-days: what to remove first."""

import streamlit as st

from pipelines import follow_up, queries_charge
from ui import charge_parts, journal_parts, page
from ui.tables import table, words

COLUMNS = words("cause side invoices overdue_base amount_days")

view = page.start("blockers")
reader, t = view.reader, view.reader.t

items = view.ask(queries_charge.blocked_amounts)
if items.empty:
    page.nothing_here(t("blockers.none"))
    st.stop()
found = follow_up.blocked(journal_parts.day(view), items)
charge_parts.sides(view, found)
found["cause"] = [reader.code("blocker", cause) for cause in found["cause"]]
with st.container(border=True):
    st.subheader(t("blockers.pareto"), anchor=False)
    st.caption(t("blockers.help"))
    st.plotly_chart(
        charge_parts.pareto(reader, found), key="pareto", config=charge_parts.CONFIG, alt=t("blockers.pareto")
    )
    table(reader, found, COLUMNS, key="blockers", alt=t("blockers.pareto"), file_name="blockers")
