"""Cash forecast: what is expected to come in each week, from whom, how sure that is, and how the last one came true."""

import streamlit as st

from pipelines.reporting import queries_cash, queries_tie_out
from ui import cash_charts, navigation, page, passport, tie_out
from ui.charts import CONFIG
from ui.formats import compact, date
from ui.tables import table, words

COLUMNS = words("customer_name soon_base expected_base later_base to_come_base habit next_run_on customer_id")
FURTHER = words("customer_id")

view = page.start("cash")
reader, t = view.reader, view.reader.t

whole = view.ask(queries_cash.cash_summary)
if not whole["to_come_base"] or not whole["has_history"]:
    page.nothing_here(t("cash.no_history" if whole["to_come_base"] else "cash.none"))
    st.stop()

with st.grid(4, min_column_width=190, gap="small"):
    for name in ("to_come", "soon", "expected", "later"):
        passport.metric(view, f"cash_{name}", compact(reader, whole[f"{name}_base"]))
# What a customer has paid on account lowers all its invoices, whoever's they are: for one rep or region the parts of
# a customer need not add up.
if not (view.scope.reps or view.scope.regions):
    owed = whole["to_come_base"] - view.ask(queries_tie_out.in_favour)
    tie_out.line(view, owed, "cash", rounded=whole["accounts"])

with st.container(border=True):
    st.subheader(t("cash.by_week"), anchor=False)
    st.caption(t("cash.by_week_note"))
    figure = cash_charts.weekly(reader, view.ask(queries_cash.cash_forecast))
    st.plotly_chart(figure, key="cash_weeks", config=CONFIG, alt=t("cash.by_week"))

earlier = queries_cash.earlier_builds(view.settings, view.build) if view.build else []
if earlier:
    with st.container(border=True):
        st.subheader(t("cash.came_true"), anchor=False)
        place = st.selectbox(
            t("cash.made_on"), range(len(earlier)), format_func=lambda each: date(reader, earlier[each][1]), width=260,
            key="cash_earlier",
        )  # fmt: skip
        passed = view.ask(queries_cash.forecast_against_actual, earlier[place or 0][0])
        if passed.empty:
            page.nothing_here(t("cash.no_forecast_then"))
        else:
            figure = cash_charts.weekly(reader, passed)
            st.plotly_chart(figure, key="cash_passed", config=CONFIG, alt=t("cash.came_true"))

with st.container(border=True):
    st.subheader(t("cash.customers"), anchor=False)
    with page.working(view):
        rows = view.ask(queries_cash.cash_by_customer)
    row = table(
        reader, rows, COLUMNS, key="cash_customers", alt=t("cash.customers"), open_label=t("app.open"),
        file_name="cash", further=FURTHER,
    )  # fmt: skip
    if row is not None:
        navigation.open_payer(view, rows.iloc[row]["entity_id"], rows.iloc[row]["customer_id"])
