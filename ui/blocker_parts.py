"""The parts of the page about blockers: the overdue invoices, the trend, our own faults, how sure due dates are."""

import datetime as dt
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.collecting import blockers, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import EntryRefused
from pipelines.errors import UserError
from pipelines.reporting import queries_blockers
from ui import journal_parts, page
from ui.charge_parts import SIDE_COLOURS, amount_days
from ui.charts import CONFIG, frame, money_axis
from ui.entry_form import BLOCKERS
from ui.formats import missing, money, month, number, percent, plain
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import MOST, first_rows, on_page, table, words

ITEM_COLUMNS = words("customer_name invoice_id overdue_base days_past_due side cause due_date amount_days rep")
FAULT_COLUMNS = words("customer_name invoice_id rep due_date found_on settled_on days_lost amount_base open_base owner")
BASIS_COLUMNS = words("due_basis invoices open_base overdue_base open_share")
SIDES = ("ours", "theirs", "")


def invoices(view: View, today: Day, items: pd.DataFrame) -> None:
    """Every overdue invoice with what it waits for; several can be marked and told at once."""
    reader, t = view.reader, view.reader.t
    known = blockers.by_invoice(today, items)
    st.subheader(t("blockers.items"), anchor=False)
    side = st.segmented_control(
        t("heading.side"), ("all", "none", "ours", "theirs"), default="all", required=True, key="blocker_side",
        format_func=lambda each: t(f"blockers.show_{each}"), label_visibility="collapsed",
    )  # fmt: skip
    shown = known if side == "all" else known[known["side"] == ("" if side == "none" else side)]
    counts = {"text": number(reader, len(shown)), "whole": number(reader, len(known))}
    st.caption(t("blockers.count", **counts))
    if shown.empty:
        page.nothing_here(t("blockers.nothing_so"))
        return
    first_rows(reader, len(shown))
    shown = shown.head(MOST).assign(cause=[reader.code("blocker", each) for each in shown["cause"].head(MOST)])
    columns = [name for name in ITEM_COLUMNS if name != "rep" or shown["rep"].nunique(dropna=False) > 1]
    rows, config = on_page(reader, shown, columns)
    marked = st.dataframe(
        rows, hide_index=True, height=420, on_select="rerun", selection_mode="multi-row",
        key=f"blocked-items-{st.session_state.get('blockers.times', 0)}-{side}", alt=t("blockers.items"),
        column_config=config, placeholder="",
    ).selection.rows  # fmt: skip
    _tell(view, shown.iloc[marked])


def _tell(view: View, chosen: pd.DataFrame) -> None:
    """The form that says what the marked invoices wait for."""
    reader, t = view.reader, view.reader.t
    if chosen.empty:
        st.caption(f":material/checklist: {t('blockers.mark')}")
        return
    amount = money(reader, float(chosen["overdue_base"].sum()))
    st.markdown(plain(t("blockers.marked", count=number(reader, len(chosen)), text=amount)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.pills(
            t("entry.side"), ("ours", "theirs"), key="tell.side", format_func=lambda side: reader.code("side", side)
        )
        st.selectbox(
            t("entry.blocker"), BLOCKERS, index=None, key="tell.reason", accept_new_options=True, width=280,
            format_func=lambda each: reader.code("blocker", each), placeholder=t("contact.fallback_hint"),
        )  # fmt: skip
        st.text_input(t("entry.owner"), key="tell.owner", width=180)
        subjects = tuple(
            Subject(row["entity_id"], row["customer_id"], row["invoice_id"]) for row in chosen.to_dict("records")
        )
        st.button(t("contact.save"), key="tell.save", type="primary", icon=":material/save:",
                  on_click=_save, args=(view, subjects))  # fmt: skip
    if problem := st.session_state.pop("tell.problem", None):
        st.error(problem, icon=":material/error:")


def _save(view: View, subjects: tuple[Subject, ...]) -> None:
    state = st.session_state
    payload = {name: state.get(f"tell.{name}") for name in ("side", "reason")} | {
        "owner": state.get("tell.owner") or ""
    }
    try:
        journal.append_all(view.settings, "blocker", dict.fromkeys(subjects, payload), who=journal_parts.writer(view))
    except EntryRefused as refused:
        first = refused.problems[0]
        name = "blocker" if first.field.endswith("reason") else "side"
        state["tell.problem"] = view.reader.t(
            "app.named", name=view.reader.t(f"entry.{name}"), text=first.text(view.reader.language)
        )
    except UserError as failed:
        state["tell.problem"] = failed.text(view.reader.language)
    else:
        # The marks belong to the rows as they were.
        state["blockers.times"] = state.get("blockers.times", 0) + 1
        state["tell.side"], state["tell.reason"], state["tell.owner"] = None, None, ""


def trend(view: View, today: Day) -> None:
    """Amount-days month by month: waiting for us, for the customer, not looked into; and each cause as a table."""
    reader, t = view.reader, view.reader.t
    with page.working(view):
        totals = view.ask(queries_blockers.month_days)
    if totals.empty:
        page.nothing_here(t("overview.no_history"))
        return
    noted = view.ask(queries_blockers.month_days, blockers.customers(today))
    found = blockers.by_month(today, noted, totals)
    st.caption(t("blockers.trend_help"))
    figure = go.Figure()
    days = sorted(found["month_end"].unique())
    for side in SIDES:
        rows = found[found["side"] == side].groupby("month_end")["amount_days"].sum().reindex(days, fill_value=0.0)
        figure.add_trace(
            go.Bar(
                x=[month(reader, pd.Timestamp(day).date()) for day in rows.index],
                y=rows.to_numpy(),
                name=t(f"blockers.side_{side or 'unknown'}"),
                marker_color=SIDE_COLOURS[side],
                customdata=[amount_days(reader, value) for value in rows],
                hovertemplate="%{x}: %{customdata}<extra></extra>",
            )
        )
    frame(figure, 340)
    figure.update_layout(barmode="stack", showlegend=True)
    most = found.groupby("month_end")["amount_days"].sum().max()
    figure.update_yaxes(**money_axis(reader, 0, most, write=amount_days))
    st.plotly_chart(figure, key="blocker-trend", config=CONFIG, alt=t("blockers.tab_trend"))
    known = found[found["cause"] != blockers.UNKNOWN[1]].sort_values(["month_end", "amount_days"], ascending=False)
    if known.empty:
        page.nothing_here(t("blockers.no_causes"))
        return
    known = known.assign(cause=[reader.code("blocker", each) for each in known["cause"]])
    table(
        reader, known, words("month_end cause side amount_days"), key="trend-causes", alt=t("blockers.tab_trend"),
        file_name="blockers-by-month",
    )  # fmt: skip


def faults(view: View, today: Day) -> None:
    """Invoices that did not match the contract: how many days they cost, which no rep is charged for."""
    reader, t = view.reader, view.reader.t
    st.caption(t("blockers.faults_help"))
    noted = blockers.invoice_faults(today)
    keys = tuple(sorted(set(zip(noted["entity_id"], noted["invoice_id"], strict=True))))
    amounts = view.ask(queries_blockers.invoice_amounts, keys) if keys else pd.DataFrame()
    if amounts.empty:
        page.nothing_here(t("blockers.no_faults"))
        return
    assert view.build is not None
    rows = noted.drop(columns="customer_id").merge(amounts, on=["entity_id", "invoice_id"])
    as_of = view.build.as_of
    rows["days_lost"] = [
        max((min(day for day in (_date(settled), _date(closed), as_of) if day) - (_date(due) or as_of)).days, 0)
        for settled, closed, due in zip(rows["settled_on"], rows["closed_on"], rows["due_date"], strict=True)
    ]
    still = rows[rows["settled_on"].isna()]
    with st.grid(3, min_column_width=180, gap="small"):
        st.metric(t("blockers.faulty"), number(reader, len(rows)), border=True, height="stretch")
        st.metric(t("blockers.still_faulty"), number(reader, len(still)), border=True, height="stretch",
                  help=money(reader, float(still["open_base"].sum())))  # fmt: skip
        st.metric(t("heading.days_lost"), number(reader, int(rows["days_lost"].sum())), border=True, height="stretch")
    rows = rows.sort_values("days_lost", ascending=False, ignore_index=True)
    payers_table(view, rows, FAULT_COLUMNS, key="faults", alt=t("blockers.tab_faults"), file_name="invoice-faults")


def _date(value: Any) -> dt.date | None:
    return None if missing(value) else pd.Timestamp(value).date()


def due_dates(view: View, items: pd.DataFrame) -> None:
    """How sure the due dates are; what is assumed is left out of penalties and asks for clear terms."""
    reader, t = view.reader, view.reader.t
    found = view.ask(queries_blockers.due_bases)
    whole = float(found["open_base"].sum())
    found["open_share"] = found["open_base"] / whole if whole else None
    st.caption(t("blockers.dates_help"))
    amounts = found.set_index("due_basis")
    with st.grid(3, min_column_width=180, gap="small"):
        for basis in ("contractual", "derived", "assumed"):
            row = amounts.loc[basis] if basis in amounts.index else None
            count, share = (0, 0.0) if row is None else (int(row["invoices"]), float(row["open_share"]))
            amount = 0.0 if row is None else float(row["open_base"])
            text = f"{t('blockers.invoices', count=count)} · {percent(reader, share, 0)}"
            st.metric(reader.code("due_basis", basis), text, border=True, height="stretch", help=money(reader, amount))
    table(reader, found, BASIS_COLUMNS, key="bases", alt=t("blockers.tab_dates"), file_name="due-dates")
    unsure = items[items["due_basis"] != "contractual"]
    if len(unsure):
        st.subheader(t("blockers.unsure"), anchor=False)
        columns = words("customer_name invoice_id rep due_date due_basis days_past_due overdue_base")
        payers_table(view, unsure, columns, key="unsure", alt=t("blockers.unsure"), file_name="unsure-dates")
