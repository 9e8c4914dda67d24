"""What holds for one payer today, at the top of its page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting import debt_class, follow_up, ladder, ownership
from pipelines.collecting.follow_up import Day
from pipelines.reporting import queries_payers
from ui import contact_form, entry_form, journal_parts, navigation, page
from ui.formats import date, missing, plain
from ui.session import View

LINKS = (("sheet", "description"), ("letters", "mail"), ("agreements", "handshake"), ("escalation", "balance"))


def chosen(view: View, name: str) -> dict[str, Any]:
    """The customer in the address of a page about one payer, with the way back to it; without one the page ends."""
    t = view.reader.t
    entity_id, customer_id = st.query_params.get("entity", ""), st.query_params.get("customer", "")
    customer: dict[str, Any] | None = None
    if view.build is not None:
        customer = view.ask_anywhere(queries_payers.customer, entity_id, customer_id)
    if customer is None:
        navigation.back(t)
        page.start(name)
        st.info(t("payer.unknown" if customer_id else "payer.none_chosen"), icon=":material/person_search:")
        navigation.link("payers", t("payer.find"), icon=":material/search:")
        st.stop()
    navigation.link("payer", t("invoice.back"), ":material/arrow_back:", entity=entity_id, customer=customer_id)
    return customer


def standing(view: View, today: Day, customer: Mapping[str, Any], invoices: list[str]) -> None:
    """What holds for this customer today: promises, the step agreed, and why nobody calls; and the way to log more."""
    reader, t = view.reader, view.reader.t
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    name = str(customer["customer_name"] or customer["customer_id"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        contact_form.button(view, *whom, name, None, primary=True)
        entry_form.buttons(view, today, *whom, invoices)
        for place, icon in LINKS:
            navigation.link(place, t(f"nav.{place}"), f":material/{icon}:", entity=whom[0], customer=whom[1])
    badges = [journal_parts.promise_badges(reader, today, *whom)]
    if (decided := debt_class.settled(today, *whom)) is not None:
        badges.append(f":gray-badge[:material/category: {plain(reader.code('cause', decided.payload.cause))}]")
    if step := ladder.standing(today, *whom).step:
        badges.append(f":red-badge[:material/stairs: {plain(reader.code('ladder', step))}]")
    if any(badges):
        st.markdown(" ".join(filter(None, badges)))
    st.caption(owner_line(view, today, *whom, str(customer.get("rep") or ""), is_open=bool(invoices)))
    left_alone(view, today, customer)


def left_alone(view: View, today: Day, customer: Mapping[str, Any]) -> None:
    """Why nobody should chase this customer today, wherever a person is about to; nothing where there is no reason."""
    reader = view.reader
    whom, overdue = (str(customer["entity_id"]), str(customer["customer_id"])), customer.get("overdue_base")
    waiting = [
        plain(reader.reason(reason))
        for reason in follow_up.reasons_to_wait(today, *whom, None if missing(overdue) else overdue)
    ]
    if waiting:
        st.info(f"{reader.t('journal.left_alone')}  \n" + "  \n".join(waiting), icon=":material/pause_circle:")


def owner_line(
    view: View, today: Day, entity_id: str, customer_id: str, rep: str, invoice_id: str = "", *, is_open: bool = True
) -> str:
    """Who has the item now and its one next step, as markdown; a step whose day has passed is red.

    Where nothing `is_open` a missing step is not missed.
    """
    reader, t = view.reader, view.reader.t
    now = ownership.standing(today, entity_id, customer_id, rep, invoice_id or None)
    department = reader.code("department", now.department)
    owner = t("handover.owner", name=now.owner or t("app.unassigned"), text=department)
    line = f":material/person: {plain(owner)}"
    if now.next_on is None:
        return f"{line} · {t('handover.nobody')}" if is_open else line
    step = now.text or reader.code("next_action", now.step)
    ahead = plain(t("handover.next", text=step, date=date(reader, now.next_on)))
    return f"{line} · :{'red' if now.next_on < today.today else 'gray'}[:material/event: {ahead}]"


def invoices(items: pd.DataFrame) -> list[str]:
    """The numbers of the open invoices, oldest due first."""
    return list(items[items["days_past_due"].notna()]["invoice_id"].unique())
