"""The aging heatmap on a page: the picture, and the way from a cell to the payer behind it."""

import pandas as pd
import streamlit as st

from ui import charts, navigation, page
from ui.buckets import whole_bucket
from ui.heatmap import TOTAL, heatmap, heatmap_names, heatmap_summary
from ui.session import View

ROWS = (15, 30, 50)
NAMES_WIDTH, CELL_WIDTH = 172, 54  # pixels of the names, and those that an amount needs at least


def heatmap_block(view: View, cells: pd.DataFrame, key: str, *varying: object, opens_payer: bool = True) -> None:
    """Show the cells; `varying` is what the figure depends on besides the build, the scope and the words.

    `opens_payer`: a cell is the way to the payer; not where no document stands behind it.
    """
    if cells.empty:
        page.nothing_here(view.reader.t("overview.heatmap_alt_empty"))
        return
    dark = st.context.theme.type == "dark"
    figure = view.figure(key, lambda: heatmap(view.reader, cells, dark=dark), dark, *varying)
    alt = heatmap_summary(view.reader, cells)
    # Where the cells scroll, the browser leaves room above them: the rows meet at their feet.
    row = st.container(horizontal=True, vertical_alignment="bottom", gap=None)
    row.plotly_chart(
        view.figure(f"{key}.names", lambda: heatmap_names(cells), *varying), key=f"{key}.names", width=NAMES_WIDTH,
        config=charts.CONFIG, alt=view.reader.t("overview.heatmap_names"),
    )  # fmt: skip
    with row.container():
        place = page.sideways(CELL_WIDTH * (cells["bucket"].nunique() + 1))
    if not opens_payer:
        place.plotly_chart(figure, key=key, config=charts.CONFIG, alt=alt)
        return
    event = place.plotly_chart(
        figure, key=key, on_select="rerun", selection_mode="points", config=charts.CONFIG, alt=alt
    )
    if event.selection.points:
        entity_id, customer_id, bucket = event.selection.points[0]["customdata"][:3]
        navigation.open_payer(view, entity_id, customer_id, None if bucket == TOTAL else whole_bucket(bucket))
