"""The parts of the pages about blockers and about the charge for overdue money."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.reporting import queries_charge
from ui.charts import ACCENT, CONFIG, OVERDUE, QUIET, frame
from ui.formats import DASH, compact, days, money, number, percent, plain_in_chart
from ui.i18n import Reader
from ui.session import View

__all__ = ["CONFIG", "break_even", "pareto", "sides", "terms"]

SIDE_COLOURS = {"ours": OVERDUE, "theirs": ACCENT, "": QUIET}
BARS = 15
BAR_HEIGHT = 34


def sides(view: View, found: pd.DataFrame) -> None:
    """Overdue money that waits for us, for them, and that nobody has looked into."""
    reader, t = view.reader, view.reader.t
    whole = float(found["overdue_base"].sum())
    with st.grid(3, min_column_width=250, gap="small"):
        for side in ("ours", "theirs", ""):
            amount = float(found.loc[found["side"] == side, "overdue_base"].sum())
            share = percent(reader, amount / whole if whole else None, 0)
            st.metric(
                t(f"blockers.side_{side or 'unknown'}"),
                f"{compact(reader, amount)} · {share}",
                border=True,
                height="stretch",
                help=money(reader, amount),
            )


def pareto(reader: Reader, found: pd.DataFrame) -> go.Figure:
    """Amount-days by cause, the largest on top, each bar split by whose side it is on.

    What nobody has looked into is left out as soon as some causes are known: it would dwarf them.
    """
    known = found[found["side"] != ""]
    rows = known if len(known) else found
    whole = rows.groupby("cause")["amount_days"].sum().sort_values(ascending=False, kind="stable").head(BARS)
    causes = list(whole.index)[::-1]
    names = [plain_in_chart(cause) for cause in causes]
    figure = go.Figure()
    for side in (each for each in SIDE_COLOURS if each in set(rows["side"])):
        days_of = rows[rows["side"] == side].set_index("cause")["amount_days"].reindex(causes, fill_value=0.0)
        figure.add_bar(
            x=days_of, y=names, orientation="h", name=reader.t(f"blockers.side_{side or 'unknown'}"),
            marker_color=SIDE_COLOURS[side], showlegend=True,
            customdata=[amount_days(reader, value) for value in days_of],
            hovertemplate="%{y}<br>%{fullData.name}: %{customdata}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=whole[causes], y=names, mode="text", textposition="middle right", cliponaxis=False, showlegend=False,
        text=["  " + amount_days(reader, value) for value in whole[causes]], hoverinfo="skip",
    )  # fmt: skip
    frame(figure, 60 + BAR_HEIGHT * len(causes))
    figure.update_layout(barmode="stack")
    figure.update_xaxes(visible=False, range=[0, float(whole.max()) * 1.25])
    figure.update_yaxes(automargin=True)
    return figure


def amount_days(reader: Reader, value: float) -> str:
    """Overdue money times the days it has been overdue, short and with its unit."""
    return reader.t("blockers.amount_days", text=compact(reader, value))


def terms(view: View) -> tuple[float, int, float | None, float]:
    """Rate per day, grace days, cap (share of the commission, None without) and commission, as chosen."""
    t = view.reader.t
    with st.grid(4, min_column_width=170, gap="small"):
        rate = st.number_input(t("charges.rate"), 0.0, 1.0, queries_charge.RATE * 100, 0.01, "%.3f", key="charge_rate")
        grace = st.number_input(t("charges.grace"), 0, 365, 0, 1, key="charge_grace")
        cap = st.number_input(t("charges.cap"), 0.0, 1000.0, None, 10.0, "%.0f", key="charge_cap")
        commission = st.number_input(
            t("charges.commission"), 0.0, 100.0, queries_charge.COMMISSION * 100, 0.5, "%.2f", key="charge_commission"
        )
    return rate / 100, int(grace), None if cap is None else cap / 100, commission / 100


def break_even(view: View, rate: float, commission: float) -> None:
    """After how many overdue days the commission is gone, and the rate at which it would be gone after 60."""
    reader, t = view.reader, view.reader.t
    found = queries_charge.break_even_days(rate, commission)
    with st.grid(2, min_column_width=240, gap="small"):
        st.metric(
            t("charges.break_even"),
            DASH if found is None else days(reader, found),
            border=True,
            height="stretch",
            help=t("charges.break_even_help"),
        )
        at_60 = number(reader, queries_charge.rate_for(60, commission) * 100, 3)
        st.metric(t("charges.rate_for_60"), t("charges.percent_a_day", text=at_60), border=True, height="stretch")
