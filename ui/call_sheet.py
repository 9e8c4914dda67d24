"""The five steps of a talk about money: opening, subject, bargaining, concrete action, fallback."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import i18n
from pipelines.collecting import debt_class, follow_up, payer_card
from pipelines.collecting.follow_up import Day
from ui import payer_today
from ui.formats import date, days, missing, money, number, plain
from ui.i18n import LANGUAGE_NAMES, Reader
from ui.pdf_file import sheet_bytes
from ui.session import View

METHODS = ("call", "letter", "visit")
STEPS = ("opening", "subject", "bargaining", "action", "fallback")
INVOICES_SHOWN = 8
LONGEST = 260  # characters of a line of facts


@dataclass(frozen=True)
class Sheet:
    """What the sheet says, in one language: `facts` a line each, a heading, words and lines for each step."""

    language: str
    title: str
    facts: list[str]
    steps: list[tuple[str, str, list[str]]]
    note: str


def choose(view: View, today: Day, customer: Mapping[str, Any], proposed: str) -> tuple[str, str, str]:
    """How the customer is approached (the address may say it), why it has not paid, and the language of the talk."""
    reader, t = view.reader, view.reader.t
    how, why, tongue = st.columns([2, 2, 1])
    asked = st.query_params.get("method")
    with how:
        method = st.segmented_control(
            t("contact.method"), METHODS, default=asked if asked in METHODS else "call", required=True,
            key="sheet-method", format_func=lambda each: reader.code("contact_method", each),
        )  # fmt: skip
    with why:
        cause = st.selectbox(
            t("sheet.cause"), debt_class.CLASSES, index=debt_class.CLASSES.index(proposed),
            key=f"sheet-cause-{customer['customer_id']}-{proposed}", help=t("sheet.cause_help"),
            format_func=lambda each: reader.code("cause", each),
        )  # fmt: skip
    with tongue:
        language = st.selectbox(
            t("sheet.language"), i18n.LANGUAGES, index=i18n.LANGUAGES.index(reader.language), key="sheet-language",
            format_func=LANGUAGE_NAMES.__getitem__,
        )  # fmt: skip
    return method, cause, language


def worded(
    view: View, today: Day, customer: Mapping[str, Any], items: pd.DataFrame, method: str, cause: str, language: str
) -> Sheet:
    """The sheet for a way of approach and a class of debt, with the figures of the build."""
    reader = Reader(language, view.reader.currency, view.reader.zone)
    assert view.build is not None
    overdue = items[items["days_past_due"].fillna(0) > 0].sort_values("due_date")
    oldest: Any = customer.get("max_days_past_due")
    name = str(customer["customer_name"] or customer["customer_id"])
    said: dict[str, object] = {
        "text": money(reader, customer.get("overdue_base")),
        "count": number(reader, len(overdue)),
        "age": days(reader, 0 if missing(oldest) else max(oldest, 0)),
        "name": name,
    }
    lines = [_invoice_line(reader, row) for row in overdue.head(INVOICES_SHOWN).to_dict("records")]
    if more := len(overdue) - len(lines):
        lines.append(reader.t("sheet.more", text=number(reader, more)))
    steps = [
        (
            f"{place} · {reader.t(f'sheet.{step}')}",
            reader.t(_wording(step, method, cause, bool(len(overdue))), **said),
            lines if step == "subject" else [],
        )
        for place, step in enumerate(STEPS, start=1)
    ]
    note = reader.t("letter.locked", date=date(reader, view.build.as_of), id_build=view.build.build_id)
    why = f"{reader.code('contact_method', method)} · {reader.code('cause', cause)}"
    facts = [why, *_facts(reader, today, customer), *_agreed(reader, today, customer)]
    return Sheet(language, reader.t("sheet.title", name=name), facts, steps, note)


def show(view: View, today: Day, customer: Mapping[str, Any], sheet: Sheet) -> None:
    """The sheet on the page and as a PDF of one page."""
    t = view.reader.t
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    st.caption(payer_today.owner_line(view, today, *whom, str(customer.get("rep") or "")))
    st.markdown("  \n".join(plain(line) for line in sheet.facts))
    for heading, words, below in sheet.steps:
        with st.container(border=True):
            st.markdown(f"**{plain(heading)}**")
            st.markdown(plain(words))
            if below:
                st.caption("  \n".join(plain(line) for line in below))
    st.download_button(
        t("sheet.pdf"), data=partial(_pdf, sheet), file_name=f"call-sheet-{customer['customer_id']}.pdf",
        key="sheet.pdf", icon=":material/print:", on_click="ignore",
    )  # fmt: skip


def _pdf(sheet: Sheet) -> bytes:
    pages = partial(i18n.translate, sheet.language, "letter.page")
    return sheet_bytes(sheet.title, sheet.facts, sheet.steps, sheet.note, lambda page: pages(id_page=page))


def _wording(step: str, method: str, cause: str, is_overdue: bool) -> str:
    """The key of the words for a step: by method how to open and what follows, by cause how to bargain."""
    if step in ("opening", "fallback"):
        return f"sheet.{step}_{method}"
    if step == "subject":
        return "sheet.subject_said" if is_overdue else "sheet.subject_nothing"
    return f"sheet.{step}_{cause}"


def _facts(reader: Reader, today: Day, customer: Mapping[str, Any]) -> list[str]:
    """Whom to ask for, how its finance works, and what it owes, a line each."""
    known = payer_card.facts(today, customer)

    def line(names: Sequence[str]) -> str:
        return " · ".join(
            reader.t("app.named", name=reader.code("fact", name), text=known[name].value)
            for name in names
            if known[name].value
        )

    money_line = reader.t(
        "sheet.owes", overdue=money(reader, customer.get("overdue_base")), text=money(reader, customer.get("open_base"))
    )
    lines = (money_line, line(payer_card.PEOPLE), line(payer_card.FINANCE))
    # A card may hold a page of notes; the sheet is one page.
    return [text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for text in lines if text]


def _agreed(reader: Reader, today: Day, customer: Mapping[str, Any]) -> list[str]:
    """What the last talk agreed, and the promises whose outcome is open."""
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    lines = []
    contact = follow_up.last_contact(today, *whom)
    if contact is not None:
        said = reader.code("contact_result", contact.payload.result)
        step = reader.code("next_action", contact.payload.next_action)
        lines.append(
            reader.t(
                "sheet.last", date=date(reader, today.made_on(contact)), text=said, action=step,
                next=date(reader, contact.payload.next_on),
            )
        )  # fmt: skip
    for promise in follow_up.open_promises(today, *whom):
        agreed = promise.payload
        day = date(reader, agreed.promised_on)
        lines.append(reader.t("sheet.promised", text=money(reader, agreed.amount, agreed.currency), date=day))
    return lines


def _invoice_line(reader: Reader, row: Mapping[Any, Any]) -> str:
    return " · ".join(
        (str(row["invoice_id"]), date(reader, row["due_date"]), money(reader, row["open_doc"], row["currency"]))
    )
