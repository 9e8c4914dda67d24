"""The aging as a file: a row a customer, a column a bucket, and totals that are those of the page."""

import pandas as pd

from ui.buckets import bucket_name
from ui.i18n import Reader
from ui.tables import header, words

CUSTOMER = list(words("entity_id customer_id customer_name"))


def by_customer(reader: Reader, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of `aging_heatmap_at` with a column a bucket, in words, in their order; the last row adds them up.

    The totals are added before amounts are rounded to the cent, so they are the totals of the page.
    """
    buckets = list(cells.sort_values("bucket_order")["bucket"].unique())
    wide = cells.fillna({"customer_name": ""}).pivot_table(
        index=["place", *CUSTOMER], columns="bucket", values="open_base", aggfunc="sum", fill_value=0.0
    )
    wide = wide.reindex(columns=buckets).reset_index()
    wide["total"] = wide[buckets].sum(axis=1)
    sums = {**dict.fromkeys(CUSTOMER, ""), "customer_name": reader.t("app.total"), **wide[[*buckets, "total"]].sum()}
    whole = pd.concat([wide, pd.DataFrame([sums])], ignore_index=True)[[*CUSTOMER, *buckets, "total"]].round(2)
    heads = {name: header(reader, name) for name in CUSTOMER} | {each: bucket_name(reader, each) for each in buckets}
    return whole.rename(columns={**heads, "total": reader.t("aging.file_total", currency=reader.currency)})
