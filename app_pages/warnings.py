"""Early warnings: money not yet due that may not come in time, and the signs of it."""

import streamlit as st

from pipelines.reporting import queries_priority
from ui import contact_form, page
from ui.formats import compact, money, number
from ui.payer_table import payers_table
from ui.tables import words

SIGNS = words("is_likely_late is_creeping is_broken is_growing is_slower is_over_limit")
COLUMNS = words("customer_name rep signs next_due_date not_due_base at_risk_base reasons customer_id")
FURTHER = words("reasons customer_id")

view = page.start("warnings")
reader, t = view.reader, view.reader.t

found = view.ask(queries_priority.early_warnings)
if found.empty:
    page.nothing_here(t("warnings.none"))
    st.stop()
st.caption(t("warnings.intro"))
with st.grid(3, min_column_width=180, gap="small"):
    st.metric(t("warnings.customers"), number(reader, len(found)), border=True, height="stretch")
    for label, column in (("warnings.not_due", "not_due_base"), ("warnings.at_risk", "at_risk_base")):
        amount = float(found[column].sum())
        st.metric(t(label), compact(reader, amount), border=True, height="stretch", help=money(reader, amount))
sign = st.pills(
    t("warnings.sign"), [name for name in SIGNS if found[name].any()], key="warnings_sign", persist_state="session",
    format_func=lambda name: f"{t(f'warnings.{name}')} · {number(reader, int(found[name].sum()))}",
)  # fmt: skip
shown = found[found[sign] == 1] if sign else found
payers_table(
    view, shown, COLUMNS, key="warnings", alt=t("nav.warnings"), file_name="early-warnings", height=560, further=FURTHER
)
contact_form.show(view)
