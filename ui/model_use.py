"""Using the risk model: whether the world has moved since it learned, and from which probability a call pays."""

import pandas as pd
import streamlit as st

from models import card_tables
from models.card import Card
from ui import model_charts, navigation, page
from ui.charts import CONFIG
from ui.formats import compact, number, percent
from ui.i18n import Reader
from ui.session import View

CALL_COST, LATE_RATE, AVOIDED = 50, 0.6, 50  # base currency a call; % of the amount a month late; % a call avoids


def drift(view: View) -> None:
    """Last month's forecasts against what came of them, and which facts lie elsewhere than they did in training."""
    reader, t = view.reader, view.reader.t
    measured = view.ask_build(card_tables.drift)
    if measured.empty:
        return
    with st.container(border=True):
        st.subheader(t("model_card.drift"), anchor=False)
        last = measured[measured["measure"] == "last_month"].set_index("name")
        if len(last):
            st.caption(t("model_card.last_month", items=int(last["items"].iloc[0])))
            with st.grid(4, min_column_width=170, gap="small"):
                for name, show in (("p_mean", percent), ("share_late", percent), ("brier", _plain), ("auc", _plain)):
                    st.metric(
                        t(f"model_card.month_{name}"),
                        show(reader, last["value"].get(name)),
                        border=True,
                        height="stretch",
                    )
        moved = measured[(measured["measure"] == "psi") & measured["value"].notna()]
        if moved.empty:
            page.nothing_here(t("model_card.no_drift"))
            return
        st.caption(t("model_card.drift_note"))
        figure = model_charts.drift(reader, moved.nlargest(10, "value"))
        st.plotly_chart(figure, key="drift", config=CONFIG, alt=t("model_card.drift"))


def threshold(view: View, card: Card) -> None:
    """From which probability of late a call costs less than it saves, for costs the person sets."""
    reader, t = view.reader, view.reader.t
    with st.container(border=True):
        st.subheader(t("model_card.threshold"), anchor=False)
        st.caption(t("model_card.threshold_note"))
        controls = st.grid(3, min_column_width=200)
        call = controls.number_input(
            t("model_card.call_cost", currency=reader.currency), 0, 100_000, CALL_COST, step=10, key="cost_call"
        )
        rate = controls.slider(
            t("model_card.late_rate"), 0.0, 5.0, LATE_RATE, step=0.1, format="%.1f%%", key="cost_late"
        )
        avoided = controls.slider(t("model_card.avoided"), 0, 100, AVOIDED, step=5, format="%d%%", key="cost_avoided")
        curve = card_tables.cost_curve(card, float(call or 0), rate / 100, avoided / 100)
        best = card_tables.best_threshold(curve)
        if best is None:
            page.nothing_here(t("model_card.no_test"))
            return
        chosen: pd.Series = curve[curve["threshold"] == best].iloc[0]
        everything = float(curve["called"].max()) or 1.0
        st.markdown(
            t(
                "model_card.best_threshold",
                text=percent(reader, best, 0),
                share=float(chosen["called"]) / everything,
                cost=compact(reader, float(chosen["cost"])),
            )
        )
        label = t("model_card.to_calls", text=percent(reader, best, 0))
        navigation.link("calls", label, ":material/call:", least=str(round(best * 100)))
        figure = model_charts.costs(reader, curve, best)
        st.plotly_chart(figure, key="costs", config=CONFIG, alt=t("model_card.threshold"))


def _plain(reader: Reader, value: float | None) -> str:
    return number(reader, value, 3)
