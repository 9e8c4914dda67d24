"""Payment behaviour: how late money comes in, from whom, and what stays unpaid of each month's billing."""

import streamlit as st

from pipelines.reporting import queries_balances, queries_lateness
from pipelines.reporting.passport_types import At
from ui import cash_charts, navigation, page, passport
from ui.charts import CONFIG
from ui.definitions import help_text
from ui.formats import days, missing, month, percent
from ui.tables import table, words

COLUMNS = words(
    "customer_name paid_base overdue_base days_late days_late_with_open days_late_before days_to_pay habit "
    "part_share newer_first_share customer_id"
)
FURTHER = words("days_late_before part_share newer_first_share customer_id")
DAYS = words("days_late days_late_with_open days_late_before days_to_pay")

view = page.start("behaviour")
reader, t = view.reader, view.reader.t

year = view.ask(queries_lateness.lateness)
with st.grid(4, min_column_width=225, gap="small"):
    for name in ("days_late", "days_late_with_open", "days_to_pay", "days_late_before"):
        passport.metric(view, name, days(reader, year.get(name), 1))
if missing(year.get("days_late")):
    page.nothing_here(t("behaviour.none"))
page.paid_line(view, view.ask(queries_balances.known_from))

with st.container(border=True):
    st.subheader(t("behaviour.lateness"), anchor=False)
    st.caption(t("behaviour.lateness_note"))
    months = view.ask(queries_lateness.lateness_trend)
    if months["days_late"].notna().any():
        figure = cash_charts.lateness(reader, months)
        st.plotly_chart(figure, key="lateness", config=CONFIG, alt=t("behaviour.lateness"))
    else:
        page.nothing_here(t("behaviour.none"))

with st.container(border=True):
    st.subheader(t("behaviour.cohorts"), anchor=False)
    st.caption(t("behaviour.cohorts_note"))
    billed = view.ask(queries_lateness.billing_cohorts)
    if billed["share"].notna().any():
        figure = cash_charts.cohorts(reader, billed, dark=st.context.theme.type == "dark")
        st.plotly_chart(figure, key="cohorts", config=CONFIG, alt=t("behaviour.cohorts"))
        for at_risk in billed[billed["is_at_risk_age"] & billed["is_final"]].tail(1).to_dict("records"):
            billed_in = month(reader, at_risk["month_end"].date())
            text = t(
                "behaviour.at_risk", days=at_risk["age_days"], month=billed_in, text=percent(reader, at_risk["share"])
            )
            st.markdown(text, help=help_text(reader, view.settings, "at_risk_rate"))
            passport.button(view, ["at_risk_rate"], At(), key="at_risk_rate")
    else:
        page.nothing_here(t("behaviour.none"))

with st.container(border=True):
    st.subheader(t("behaviour.customers"), anchor=False)
    with page.working(view):
        rows = view.ask(queries_lateness.lateness_by_customer)
    rows[list(DAYS)] = rows[list(DAYS)].round() + 0  # a table cuts decimals off; no day is "-0"
    row = table(
        reader, rows, COLUMNS, key="late_customers", alt=t("behaviour.customers"), open_label=t("app.open"),
        file_name="payment-behaviour", further=FURTHER,
    )  # fmt: skip
    if row is not None:
        navigation.open_payer(view, rows.iloc[row]["entity_id"], rows.iloc[row]["customer_id"])
