"""Why a payer ranks where it does, and our place in its own payment order."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_priority
from pipelines.settings_policy import PRIORITY_COMPONENTS
from ui import page
from ui.formats import DASH, missing, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

PLACES = 5
TREND_COLOURS = {"better": "green", "same": "gray", "worse": "red"}
TREND_ICONS = {"better": "trending_up", "same": "trending_flat", "worse": "trending_down"}
COMPONENT_COLUMNS = words("component component_value weight_share points")


def show(view: View, customer: Mapping[str, Any]) -> None:
    """Our place with its evidence, and the score taken apart."""
    t = view.reader.t
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("place.title"), anchor=False, help=t("place.help"))
        st.markdown(place_line(view.reader, customer))
        sentences = view.reader.reasons(customer.get("queue_reasons"))
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
    with pair.container(border=True, height="stretch"):
        st.subheader(t("place.components"), anchor=False, help=t("place.components_help"))
        table(view.reader, components(view, customer), COMPONENT_COLUMNS, key="components",
              alt=t("place.components"))  # fmt: skip


def place_line(reader: Reader, customer: Mapping[str, Any]) -> str:
    """Our place of five and its trend, as markdown."""
    place, trend = customer.get("queue_place"), customer.get("queue_trend")
    if missing(place):
        return f":gray[{reader.t('place.place_unknown')}]"
    line = f"**{reader.t('place.of', text=number(reader, place), whole=number(reader, PLACES))}**"
    if not missing(trend):
        text = reader.code("queue_trend", trend)
        line += f" :{TREND_COLOURS[str(trend)]}-badge[:material/{TREND_ICONS[str(trend)]}: {plain(text)}]"
    return line


def components(view: View, customer: Mapping[str, Any]) -> pd.DataFrame:
    """The components in words with value, weight among those known, and points; they add up to the score."""
    reader = view.reader
    weights: dict[str, float] = view.ask_build(queries_priority.weights)
    known = {name: customer.get(name) for name in PRIORITY_COMPONENTS if weights.get(name)}
    whole = sum(weights[name] for name, value in known.items() if not missing(value)) or 1.0
    rows = []
    for name, value in known.items():
        share = None if missing(value) else weights[name] / whole
        rows.append(
            {
                "component": reader.t(f"definition.component_{name}"),
                "component_value": reader.t("place.not_known") if missing(value) else percent(reader, value, 0),
                "weight_share": DASH if share is None else percent(reader, share, 0),
                "points": None if share is None else round(100 * share * float(value or 0), 1),
            }
        )
    return pd.DataFrame(rows, columns=list(COMPONENT_COLUMNS))


def overview(view: View) -> None:
    """How many customers with something open pay us first, second … last, and how many of them slipped back."""
    reader, t = view.reader, view.reader.t
    found = view.ask(queries_priority.places)
    known = found[found["queue_place"].notna()].set_index("queue_place")
    if known.empty:
        return
    whole = float(found["open_base"].sum())
    st.caption(t("place.overview"))
    with st.grid(PLACES + 1, min_column_width=130, gap="small"):
        for place in range(1, PLACES + 1):
            row = known.loc[place] if place in known.index else None
            count = 0 if row is None else int(row["customers"])
            amount = 0.0 if row is None else float(row["open_base"])
            share = percent(reader, amount / whole if whole else None, 0)
            worse = 0 if row is None else int(row["worse"])
            st.metric(
                t(f"place.place_{place}"), number(reader, count), border=True, height="stretch",
                help=t("place.share", share=share, worse=number(reader, worse)),
            )  # fmt: skip
        unknown = found[found["queue_place"].isna()]["customers"].sum()
        st.metric(t("place.place_unknown"), number(reader, int(unknown)), border=True, height="stretch",
                  help=t("reason.queue_few"))  # fmt: skip
