"""A table of customers: a row's button opens the payer's page."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from ui import navigation
from ui.session import View
from ui.tables import Rows, table


def payers_table(
    view: View,
    rows: pd.DataFrame,
    columns: Sequence[str],
    *,
    key: str,
    alt: str,
    file_name: str,
    height: int | Literal["auto"] = "auto",
    everything: Rows | None = None,
    further: Sequence[str] = (),
    cuts: bool = False,
) -> None:
    """Show `columns` of rows that hold entity_id and customer_id, with downloads of them, or of `everything`.

    `further` are columns that stand on the screen once a person asks for all; `cuts` as in `table`.
    """
    opened = table(
        view.reader, rows, columns, key=key, alt=alt, open_label=view.reader.t("app.open"), file_name=file_name,
        height=height, everything=everything, further=further, cuts=cuts,
    )  # fmt: skip
    if opened is not None:
        navigation.open_payer(view, rows.iloc[opened]["entity_id"], rows.iloc[opened]["customer_id"])
