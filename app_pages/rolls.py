"""Roll rates and provision: how money grows older from month end to month end, and what is likely to be lost."""

import streamlit as st

from pipelines.reporting import queries_balances, queries_cash
from pipelines.reporting.passport_types import At
from ui import page, passport, roll_charts, tie_out
from ui.charts import CONFIG
from ui.formats import compact, money, percent
from ui.tables import table, words

MONTHS = (6, 12, 24)
COLUMNS = words("bucket open_base balance_base migration_rate loss_rate provision_base")

view = page.start("rolls")
reader, t = view.reader, view.reader.t

st.write(t("rolls.intro"))
months = st.segmented_control(
    t("rolls.months"), MONTHS, default=12, required=True, key="roll_months",
    format_func=lambda each: t("rolls.months_of", months=each),
)  # fmt: skip
rolled = view.ask(queries_cash.roll_rates, months or 12)
if rolled.empty:
    page.nothing_here(t("rolls.none"))
    st.stop()

pair = st.grid(2, min_column_width=page.HALF)
with pair.container(border=True, height="stretch"):
    st.subheader(t("rolls.matrix"), anchor=False)
    st.caption(t("rolls.matrix_note"))
    figure = roll_charts.matrix(reader, rolled, dark=st.context.theme.type == "dark")
    place = page.sideways(roll_charts.NAMES_WIDTH + roll_charts.CELL_WIDTH * rolled["to_bucket"].nunique())
    place.plotly_chart(figure, key="roll_matrix", config=CONFIG, alt=t("rolls.matrix"))
    passport.button(view, ["roll_rate"], At(months=months or 12), key="roll_rate")
with pair.container(border=True, height="stretch"):
    st.subheader(t("rolls.trend"), anchor=False)
    st.caption(t("rolls.trend_note"))
    figure = roll_charts.trend(reader, view.ask(queries_cash.roll_trend))
    st.plotly_chart(figure, key="roll_trend", config=CONFIG, alt=t("rolls.trend"))

with st.container(border=True):
    st.subheader(t("rolls.provision"), anchor=False)
    st.caption(t("rolls.provision_note"))
    controls = st.grid(2, min_column_width=260)
    outlook = controls.slider(t("rolls.outlook"), -50, 100, 0, step=5, format="%d%%", key="roll_outlook")
    lost = controls.slider(t("rolls.terminal"), 0, 100, 100, step=5, format="%d%%", key="roll_terminal")
    rows = view.ask(queries_cash.provision, months or 12, outlook / 100, lost / 100)
    known = rows.dropna(subset=["provision_base"])
    total, owed = float(known["provision_base"].sum()), float(rows["open_base"].sum())
    asked = At(months=months or 12, forward_looking=outlook / 100, terminal_loss=lost / 100)
    with st.grid(3, min_column_width=190, gap="small"):
        passport.metric(view, "provision", compact(reader, total), at=asked)
        st.metric(t("rolls.share"), percent(reader, total / owed if owed else None), border=True, height="stretch")
        st.metric(t("rolls.covered"), compact(reader, owed), help=money(reader, owed), border=True, height="stretch")
    unapplied = view.ask(queries_balances.balances)["unapplied"]
    tie_out.line(view, owed - float(unapplied), "provision")
    if len(known) < len(rows):
        st.caption(f":orange[:material/info:] {t('rolls.unknown')}")
    table(reader, rows, COLUMNS, key="provision", alt=t("rolls.provision"), file_name="provision")
