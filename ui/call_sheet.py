"""The five steps of a talk about money: opening, subject, bargaining, concrete action, fallback."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import follow_up
from pipelines.follow_up import Day
from ui import journal_parts
from ui.formats import date, days, missing, money, number, plain
from ui.session import View

METHODS = ("call", "letter", "visit")
CAUSES = ("process", "cannot_pay", "will_not_pay", "we_caused")
STEPS = ("opening", "subject", "bargaining", "action", "fallback")
INVOICES_SHOWN = 8
MANY_DAYS = 90  # overdue for longer than this and never disputed: hardly an oversight


def choose(view: View, today: Day, customer: Mapping[str, Any]) -> tuple[str, str]:
    """How the customer is approached and why it has not paid; proposed from the record, a person decides."""
    reader, t = view.reader, view.reader.t
    how, why = st.columns(2)
    with how:
        method = st.segmented_control(
            t("contact.method"), METHODS, default="call", required=True, key="sheet-method",
            format_func=lambda each: reader.code("contact_method", each),
        )  # fmt: skip
    with why:
        proposed = cause_of(today, customer)
        cause = st.selectbox(
            t("sheet.cause"), CAUSES, index=CAUSES.index(proposed), key=f"sheet-cause-{customer['customer_id']}",
            format_func=lambda each: reader.code("cause", each), help=t("sheet.cause_help"),
        )  # fmt: skip
    return method, cause


def cause_of(today: Day, customer: Mapping[str, Any]) -> str:
    """Why this customer has probably not paid: our own open questions first, then its word, then how long it is."""
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    notes = [note for note in today.of(*whom) if note.is_open]
    if any(note.kind in ("dispute", "blocker") and note.payload.side == "ours" for note in notes):
        return "we_caused"
    if any(note.kind == "blocker" and note.payload.reason == "no_money" for note in notes):
        return "cannot_pay"
    contact = follow_up.last_contact(today, *whom)
    if contact is not None and contact.payload.result == "refused":
        return "will_not_pay"
    broken = [note for note in notes if note.kind == "promise" and follow_up.promise_state(today, note) == "broken"]
    oldest: Any = customer.get("max_days_past_due")
    if len(broken) > 1 or (not missing(oldest) and oldest > MANY_DAYS):
        return "cannot_pay"
    return "process"


def show(view: View, today: Day, customer: Mapping[str, Any], items: pd.DataFrame, method: str, cause: str) -> None:
    """The sheet: who and how much, what was agreed, the five steps. Prints from the browser on one page."""
    reader, t = view.reader, view.reader.t
    assert view.build is not None
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    name = plain(customer["customer_name"] or customer["customer_id"])
    st.title(t("sheet.title", name=name), anchor=False)
    st.caption(t("app.as_of", date=date(reader, view.build.as_of), currency=reader.currency))
    overdue = items[items["days_past_due"].fillna(0) > 0].sort_values("due_date")
    agreed = [journal_parts.promise_badges(reader, today, *whom), journal_parts.step_line(reader, today, *whom)]
    if any(agreed):
        st.markdown(" ".join(filter(None, agreed)))
    people = [
        f"{reader.t(f'heading.{role}')}: {plain(customer[role])}"
        for role in ("decision_maker", "acceptor", "payer", "payment_run")
        if not missing(customer.get(role)) and customer[role] != ""
    ]
    if people:
        st.markdown(" · ".join(people))
    facts = _facts(view, customer, overdue)
    for place, step in enumerate(STEPS, start=1):
        with st.container(border=True):
            st.markdown(f"**{place} · {t(f'sheet.{step}')}**")
            st.markdown(plain(t(_wording(step, method, cause), **facts)))
            if step == "subject" and len(overdue):
                lines = [_invoice_line(view, row) for row in _first(overdue)]
                if more := len(overdue) - len(lines):
                    lines.append(t("sheet.more", text=number(reader, more)))
                st.caption("  \n".join(lines))
    st.caption(t("sheet.print"))


def _wording(step: str, method: str, cause: str) -> str:
    """The key of the words for a step: by method how to open and what follows, by cause how to bargain."""
    if step in ("opening", "fallback"):
        return f"sheet.{step}_{method}"
    return f"sheet.{step}_{cause}" if step in ("bargaining", "action") else f"sheet.{step}_said"


def _facts(view: View, customer: Mapping[str, Any], overdue: pd.DataFrame) -> dict[str, object]:
    reader = view.reader
    oldest: Any = customer.get("max_days_past_due")
    return {
        "text": money(reader, customer.get("overdue_base")),
        "count": number(reader, len(overdue)),
        "age": days(reader, 0 if missing(oldest) else max(oldest, 0)),
        "name": str(customer["customer_name"] or customer["customer_id"]),
    }


def _first(overdue: pd.DataFrame) -> list[dict[Any, Any]]:
    return list(overdue.head(INVOICES_SHOWN).to_dict("records"))


def _invoice_line(view: View, row: Mapping[Any, Any]) -> str:
    reader = view.reader
    text = (str(row["invoice_id"]), date(reader, row["due_date"]), money(reader, row["open_doc"], row["currency"]))
    return plain(" · ".join(text))
