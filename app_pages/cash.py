"""Cash forecast: what is expected to come in each week, from whom, and how sure that is."""

import streamlit as st

from pipelines import queries_forecast
from ui import cash_charts, navigation, page
from ui.charts import CONFIG
from ui.formats import compact, money
from ui.tables import table, words

WEEKS = (1, 4, 13)
COLUMNS = words("customer_name customer_id expected_base open_base")

view = page.start("cash")
reader, t = view.reader, view.reader.t

weeks = view.ask(queries_forecast.forecast)


def span(count: int) -> str:
    """So many weeks from now, in words."""
    return t("cash.within_one") if count == 1 else t("cash.within", count=count)


if not weeks["expected_base"].abs().sum():
    page.nothing_here(t("cash.none"))
    st.stop()

with st.grid(4, min_column_width=190, gap="small"):
    for count in WEEKS:
        amount = float(weeks["expected_base"].head(count).sum())
        st.metric(span(count), compact(reader, amount), help=money(reader, amount), border=True)
    later = view.ask(queries_forecast.forecast_later)
    st.metric(t("cash.later"), compact(reader, later), help=t("cash.later_help"), border=True)

with st.container(border=True):
    st.subheader(t("cash.by_week"), anchor=False)
    st.caption(t("cash.by_week_note"))
    figure = cash_charts.weekly(reader, weeks)
    st.plotly_chart(figure, key="cash_weeks", config=CONFIG, alt=t("cash.by_week"))

with st.container(border=True):
    st.subheader(t("cash.customers"), anchor=False)
    ahead = st.segmented_control(
        t("cash.ahead"), WEEKS, default=4, required=True, key="cash_ahead",
        format_func=span,
    )  # fmt: skip
    rows = view.ask(queries_forecast.forecast_customers, ahead or 4)
    row = table(
        reader, rows, COLUMNS, key="cash_customers", alt=t("cash.customers"), open_label=t("app.open"), file_name="cash"
    )
    if row is not None:
        navigation.open_payer(view, rows.iloc[row]["entity_id"], rows.iloc[row]["customer_id"])
