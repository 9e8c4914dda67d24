"""Letters to a payer as drafts: the words can be edited, the figures are those of the build and cannot."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import i18n, journal
from pipelines.errors import UserError
from pipelines.journal import Subject
from ui import journal_parts
from ui.docx_file import docx_bytes
from ui.formats import date, money, number, plain
from ui.i18n import LANGUAGE_NAMES, Reader
from ui.session import View

LETTERS = ("reminder", "demand", "balance_confirmation", "statement")
OVERDUE_ONLY = ("demand",)
DUE_SOON = 14  # days ahead that a reminder looks


def draft(view: View, customer: Mapping[str, Any], items: pd.DataFrame) -> None:
    """Choose a letter and its language, edit its words, take the file, and mark it as sent."""
    t = view.reader.t
    what, tongue = st.columns([3, 1])
    with what:
        kind = st.segmented_control(
            t("letter.kind"), LETTERS, default="demand", required=True, key="letter.kind",
            format_func=lambda each: view.reader.code("letter", each),
        )  # fmt: skip
    with tongue:
        language = st.selectbox(
            t("letter.language"), i18n.LANGUAGES, index=i18n.LANGUAGES.index(view.reader.language),
            format_func=LANGUAGE_NAMES.__getitem__, key="letter.language",
        )  # fmt: skip
    reader = Reader(language, view.reader.currency, view.reader.zone)
    rows = _rows(reader, _about(kind, items))
    assert view.build is not None
    params = {
        "name": str(customer["customer_name"] or customer["customer_id"]),
        "date": date(reader, view.build.as_of),
        "text": rows[-1][-1],
    }
    key = f"{kind}-{language}-{customer['customer_id']}"
    before = st.text_area(t("letter.before"), reader.t(f"letter.{kind}_before", **params), key=f"b-{key}", height=150)
    # A table on the page reads markdown, a file does not.
    st.table(pd.DataFrame(rows[1:], columns=rows[0]).map(plain), border="horizontal", alt=t("letter.figures"))
    after = st.text_area(t("letter.after"), reader.t(f"letter.{kind}_after", **params), key=f"a-{key}", height=150)
    note = reader.t("letter.locked", date=params["date"], id_build=view.build.build_id)
    st.caption(plain(note))
    title = reader.code("letter", kind)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Word (.docx)", data=partial(docx_bytes, title, before, rows, after, note), on_click="ignore",
            file_name=f"{kind}-{customer['customer_id']}.docx", icon=":material/download:", key="letter.docx",
        )  # fmt: skip
        st.download_button(
            t("letter.as_text"), data=partial(_text, title, before, rows, after, note), on_click="ignore",
            file_name=f"{kind}-{customer['customer_id']}.txt", icon=":material/download:", key="letter.txt",
        )  # fmt: skip
        st.button(
            t("letter.mark_sent"), icon=":material/outgoing_mail:", key="letter.sent", on_click=_sent,
            args=(view, customer, kind), help=t("letter.mark_sent_help"),
        )  # fmt: skip


def _about(kind: str, items: pd.DataFrame) -> pd.DataFrame:
    """The open items a letter lists: overdue ones, those due soon too, or everything with money on account."""
    age = items["days_past_due"]
    if kind in OVERDUE_ONLY:
        return items[age.fillna(0) > 0]
    return items[age.fillna(-DUE_SOON - 1) > -DUE_SOON] if kind == "reminder" else items


def _rows(reader: Reader, items: pd.DataFrame) -> list[list[str]]:
    """Heading, a row per item, and the total of each currency in the last row."""
    names = ("invoice_id", "issue_date", "due_date", "days_past_due")
    rows = [[*(reader.t(f"heading.{name}") for name in names), reader.t("letter.open")]]
    for item in items.to_dict("records"):
        age = item["days_past_due"]
        rows.append(
            [
                str(item["invoice_id"]),
                date(reader, item["issue_date"]),
                date(reader, item["due_date"]),
                number(reader, age) if age == age and age is not None and age > 0 else "",
                money(reader, item["open_doc"], item["currency"]),
            ]
        )
    totals = items.groupby("currency")["open_doc"].sum()
    whole = " + ".join(money(reader, amount, str(currency)) for currency, amount in totals.items())
    return [*rows, [reader.t("app.total"), "", "", "", whole or money(reader, 0)]]


def _text(title: str, before: str, rows: list[list[str]], after: str, note: str) -> bytes:
    table = "\n".join("\t".join(row) for row in rows)
    return f"{title}\n\n{before}\n\n{table}\n\n{after}\n\n{note}\n".encode("utf-8-sig")


def _sent(view: View, customer: Mapping[str, Any], kind: str) -> None:
    assert view.build is not None
    subject = Subject(str(customer["entity_id"]), str(customer["customer_id"]))
    letter = {"letter": kind, "state": "sent", "as_of": view.build.as_of}
    try:
        journal.append(view.settings, "letter", subject, letter, who=journal_parts.writer(view))
    except UserError as failed:
        st.toast(failed.text(view.reader.language), icon=":material/error:")
    else:
        st.toast(view.reader.t("letter.marked"), icon=":material/check:")
