"""Whether the figures of a page tie out: one quiet line, and where they do not, the rows that make the difference."""

import datetime as dt

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_imports, queries_tie_out
from pipelines.reporting.queries_tie_out import Customer, TieOut
from ui import navigation, page
from ui.formats import money, number, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import MOST, table, words

ROWS = words("measure customer_id customer_name invoice_id instalment_no open_base counted_base difference")
TOTALS = words("file_name kind currency accepted_total control_total difference_doc rows_not_accepted")


def line(
    view: View,
    shown: object | None = None,
    measure: str = "shown",
    *,
    day: dt.date | None = None,
    customer: Customer | None = None,
    rounded: int = 1,
) -> None:
    """Open items = buckets = ledger = `shown`, what the page itself adds up to; one customer's whatever the filters.

    `rounded`: how many parts of `shown` were rounded to the cent.
    """
    ask = view.ask_anywhere if customer else view.ask
    found: TieOut = ask(queries_tie_out.tie_out, day, customer)
    found = found if shown is None else found.showing(shown, measure, rounded)
    st.caption(in_words(view.reader, found))
    if not found.differences:
        return
    panel = st.expander(view.reader.t("tie_out.rows"), on_change="rerun", key="tie_out_rows", icon=":material/search:")
    if panel.open:
        with panel:
            _rows(view, day, customer)


def in_words(reader: Reader, found: TieOut) -> str:
    """The line itself, as markdown."""
    t = reader.t
    names = {name: reader.code("measure", name) for name in found.amounts}
    first = next(iter(found.amounts.values()))
    if gaps := found.differences:
        parts = [f"{names[name]} **{money(reader, amount)}**" for name, amount in found.amounts.items()]
        off = t("app.comma").join(f"{names[name]} {money(reader, gap)}" for name, gap in gaps.items())
        text = f":orange[:material/warning:] {' · '.join(parts)} · {t('tie_out.differs', text=off)}"
    else:
        equal = t("tie_out.equal", names=" = ".join(names.values()), text=money(reader, first))
        text = f":green[:material/check_circle:] {equal} · {t('tie_out.holds')}"
    if abs(found.residue) < queries_tie_out.CENT / 2:
        return text
    return f"{text} · {t('tie_out.residue', text=money(reader, found.residue))}"


def _rows(view: View, day: dt.date | None, customer: Customer | None) -> None:
    """The items and customers that make the difference; the button of a row opens the payer."""
    reader, t = view.reader, view.reader.t
    ask = view.ask_anywhere if customer else view.ask

    def everything() -> pd.DataFrame:
        rows: pd.DataFrame = ask(queries_tie_out.tie_out_rows, day, customer)
        return rows

    with page.working(view):
        found = ask(queries_tie_out.tie_out_rows, day, customer, MOST)
    if found.empty:
        page.nothing_here(t("tie_out.no_rows"))
        return
    whole = int(found["whole"].iloc[0])
    st.caption(t("tie_out.rows_help") + (f" {t('app.largest', count=len(found), whole=whole)}" if whole > MOST else ""))
    row = table(
        reader, found, ROWS, key="tie_out", alt=t("tie_out.rows"), open_label=t("app.open"), file_name="tie-out",
        everything=everything,
    )  # fmt: skip
    if row is not None:
        navigation.open_payer(view, found.iloc[row]["entity_id"], found.iloc[row]["customer_id"])


def control_totals(view: View) -> None:
    """Whether what was loaded adds up to the totals that the exports state, and the way to an export that does not."""
    reader, t = view.reader, view.reader.t
    found = stated(view)
    if found is None:
        st.caption(f":material/remove_done: {t('tie_out.totals_unknown')}")
        return
    if found.empty:
        st.caption(f":material/remove_done: {t('tie_out.no_totals')}")
        return
    off = found[found["is_off"]]
    whole = found["import_id"].nunique()
    counts = {"met": whole - off["import_id"].nunique(), "whole": whole}
    if off.empty:
        st.caption(f":green[:material/check_circle:] {t('tie_out.totals_met', **counts)}")
        return
    st.caption(f":orange[:material/warning:] {t('tie_out.totals_off', **counts)}{_named(reader, off)}")
    if view.who.role not in navigation.OFFICE:
        return
    panel = st.expander(t("tie_out.totals_rows"), on_change="rerun", key="tie_out_totals", icon=":material/search:")
    if panel.open:
        with panel:
            st.caption(t("tie_out.totals_help"))
            row = table(reader, off, TOTALS, key="control_totals", alt=t("tie_out.totals_rows"),
                        open_label=t("app.open"), file_name="control-totals")  # fmt: skip
            if row is not None:
                navigation.open_import(str(off.iloc[row]["import_id"]))


def stated(view: View) -> pd.DataFrame | None:
    """The totals that the imports of the build state, one row a currency (`is_off`: by a cent or more).

    None where an earlier version made the build, which kept none of them.
    """
    found: pd.DataFrame | None = view.ask_build(queries_imports.stated_totals)
    if found is None:
        return None
    currency = found["currency"].fillna("").mask(found["is_added_up"], view.reader.t("report.added_up"))
    is_off = found["difference_doc"].abs() >= float(queries_tie_out.CENT) / 2
    return found.assign(currency=currency, is_off=is_off)


def amounts(reader: Reader, rows: pd.DataFrame, column: str) -> str:
    """An amount of each row with its currency, in one line."""
    each = [f"{row['currency']} {number(reader, row[column], 2)}".strip() for row in rows.to_dict("records")]
    return reader.t("app.comma").join(each)


def _named(reader: Reader, off: pd.DataFrame) -> str:
    """The export that is off where it is only one, with the difference of each currency."""
    if off["import_id"].nunique() > 1:
        return ""
    gaps = amounts(reader, off, "difference_doc")
    return " · " + plain(reader.t("app.named", name=off["file_name"].iloc[0], text=gaps))
