"""Payment behaviour: how late money comes in, and what stays unpaid of each month's billing."""

import streamlit as st

from pipelines import queries_forecast
from ui import cash_charts, page
from ui.charts import CONFIG

view = page.start("behaviour")
reader, t = view.reader, view.reader.t

with st.container(border=True):
    st.subheader(t("behaviour.lateness"), anchor=False)
    st.caption(t("behaviour.lateness_note"))
    months = view.ask(queries_forecast.lateness)
    if months["days_late"].notna().any():
        figure = cash_charts.lateness(reader, months)
        st.plotly_chart(figure, key="lateness", config=CONFIG, alt=t("behaviour.lateness"))
    else:
        page.nothing_here(t("behaviour.none"))

with st.container(border=True):
    st.subheader(t("behaviour.cohorts"), anchor=False)
    st.caption(t("behaviour.cohorts_note"))
    billed = view.ask(queries_forecast.cohorts)
    if billed.empty:
        page.nothing_here(t("behaviour.none"))
    else:
        figure = cash_charts.cohorts(reader, billed, dark=st.context.theme.type == "dark")
        st.plotly_chart(figure, key="cohorts", config=CONFIG, alt=t("behaviour.cohorts"))
