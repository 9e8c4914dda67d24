"""Letters to a payer as drafts: the words can be edited, the figures are those of the build and cannot."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import i18n
from pipelines.collecting import balance_letters, follow_up, notices
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.errors import UserError
from pipelines.reporting import queries_desk
from ui import journal_parts
from ui.docx_file import docx_bytes
from ui.formats import date, money, number, plain
from ui.i18n import LANGUAGE_NAMES, Reader
from ui.pdf_file import letter_bytes
from ui.session import View
from ui.tables import in_instalments

LETTERS = ("reminder", "demand", "lawyer_request", "balance_confirmation", "statement")
OVERDUE_ONLY = ("demand", "lawyer_request")
TONES = ("first", "second", "last")  # of a demand: each is firmer than the one before
DUE_SOON = 14  # days ahead that a reminder looks
WIDTHS = (2.0, 1.4, 1.4, 1.2, 2.0)
INSTALMENT_WIDTH = 1.0  # of the column behind the first, where invoices are paid in instalments
NUMBERS = 2  # columns at the end of the figures: days and amounts, set to the right
DONE, FAILED = "letter.done", "letter.failed"


@dataclass(frozen=True)
class Draft:
    """One letter ready for a file: its words, the locked table, and the items that it states."""

    kind: str
    language: str
    title: str
    before: str
    rows: list[list[str]]
    after: str
    note: str
    items: pd.DataFrame


def show(view: View, today: Day, customer: Mapping[str, Any], items: pd.DataFrame) -> None:
    """Choose a letter and its language, edit its words, take the file, and mark it as sent."""
    t = view.reader.t
    for key, report, icon in ((DONE, st.success, "check"), (FAILED, st.error, "error")):
        if said := st.session_state.pop(key, None):
            report(said, icon=f":material/{icon}:")
    kind, tone, language = _choose(view, today, customer)
    level = _level(view, items, kind)
    about = _about(view, today, customer, kind, items, level)
    if about.empty:
        st.info(t("letter.nothing"), icon=":material/inbox:")
        return
    draft = _edited(view, today, customer, about, kind, tone, language)
    with st.container(horizontal=True, gap="small"):
        for suffix, label, make in (("pdf", "PDF", _pdf), ("docx", "Word (.docx)", _docx), ("txt", "", _text)):
            st.download_button(
                label or t("letter.as_text"), data=partial(make, draft), on_click="ignore", key=f"letter.{suffix}",
                file_name=f"{kind}-{customer['customer_id']}.{suffix}", icon=":material/download:",
            )  # fmt: skip
        st.button(
            t("letter.mark_sent"), icon=":material/outgoing_mail:", key="letter.sent", on_click=_sent,
            args=(view, today, customer, draft, level), help=t("letter.mark_sent_help"),
        )  # fmt: skip


def _choose(view: View, today: Day, customer: Mapping[str, Any]) -> tuple[str, str, str]:
    """Which letter, how firm, and in which language; the address may name the letter."""
    t = view.reader.t
    asked = st.query_params.get("letter")
    kind = st.segmented_control(
        t("letter.kind"), LETTERS, default=asked if asked in LETTERS else "demand", required=True, key="letter.kind",
        format_func=lambda each: view.reader.code("letter", each),
    )  # fmt: skip
    how, tongue = st.columns([3, 1])
    tone = TONES[0]
    if kind == "demand":
        sent = _sent_before(today, customer, "demand")
        with how:
            tone = st.segmented_control(
                t("letter.tone"), TONES, default=TONES[min(len(sent), len(TONES) - 1)], required=True,
                key=f"letter.tone-{customer['customer_id']}-{len(sent)}", help=t("letter.tone_help"),
                format_func=lambda each: view.reader.code("tone", each),
            )  # fmt: skip
    with tongue:
        language = st.selectbox(
            t("letter.language"), i18n.LANGUAGES, index=i18n.LANGUAGES.index(view.reader.language),
            format_func=LANGUAGE_NAMES.__getitem__, key="letter.language",
        )  # fmt: skip
    return kind, tone, language


def _edited(
    view: View, today: Day, customer: Mapping[str, Any], about: pd.DataFrame, kind: str, tone: str, language: str
) -> Draft:
    """The letter as the person has worded it; its words start anew with each kind, tone and language."""
    t = view.reader.t
    reader = Reader(language, view.reader.currency, view.reader.zone)
    assert view.build is not None
    rows = _rows(reader, about)
    params = {
        "name": str(customer["customer_name"] or customer["customer_id"]),
        "date": date(reader, view.build.as_of),
        "text": rows[-1][-1],
        "history": "\n".join(_history(reader, today, customer)) if kind == "lawyer_request" else "",
    }
    words = f"{kind}_{tone}" if tone != TONES[0] else kind
    key = f"{words}-{language}-{customer['customer_id']}"
    suggested = reader.t(f"letter.{words}_before", **params)
    if sender := view.settings.letter_senders.get(str(customer["entity_id"])):
        suggested = f"{sender}\n\n{suggested}"
    elif kind != "lawyer_request":
        st.caption(f":material/edit: {t('letter.no_sender')}")
    before = st.text_area(t("letter.before"), suggested, key=f"b-{key}", height="content")
    if params["text"] in suggested and params["text"] not in before:
        st.warning(t("letter.total_changed", text=params["text"]), icon=":material/warning:")
    st.dataframe(
        pd.DataFrame(rows[1:], columns=rows[0]), hide_index=True, height="content", alt=t("letter.figures"),
        column_config={heading: st.column_config.TextColumn(alignment="right") for heading in rows[0][-NUMBERS:]},
    )  # fmt: skip
    after = st.text_area(
        t("letter.after"), reader.t(f"letter.{words}_after", **params), key=f"a-{key}", height="content"
    )
    note = reader.t("letter.locked", date=params["date"], id_build=view.build.build_id)
    st.caption(plain(note))
    return Draft(kind, language, reader.code("letter", kind), before, rows, after, note, about)


def _level(view: View, items: pd.DataFrame, kind: str) -> int:
    """The step of the notice schedule that the letter is: the address names it, else the letter itself; 0 is none."""
    steps = view.settings.notice_steps
    asked = st.query_params.get("level", "")
    if asked.isdecimal() and 0 < int(asked) <= len(steps) and steps[int(asked) - 1].letter == kind:
        return int(asked)
    ages = [int(age) for age in items["days_past_due"].dropna()]
    reached = max((notices.level_of(steps, age) for age in ages), default=0)
    return max((place for place in range(1, reached + 1) if steps[place - 1].letter == kind), default=0)


def _about(
    view: View, today: Day, customer: Mapping[str, Any], kind: str, items: pd.DataFrame, level: int
) -> pd.DataFrame:
    """The open items a letter lists: those of one step, overdue ones, those due soon too, or everything."""
    age = items["days_past_due"]
    if level and st.query_params.get("level") == str(level):
        due = _due(view, today, customer)
        due = due[due["level"] == level]
        asked = set(zip(due["invoice_id"], due["instalment_no"], strict=True))
        return items[[key in asked for key in zip(items["invoice_id"], items["instalment_no"], strict=True)]]
    if kind in OVERDUE_ONLY:
        return items[age.fillna(0) > 0]
    return items[age.fillna(-DUE_SOON - 1) > -DUE_SOON] if kind == "reminder" else items


def _due(view: View, today: Day, customer: Mapping[str, Any]) -> pd.DataFrame:
    """The items of this customer whose notice is due."""
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    first = view.settings.notice_steps[0].day
    items = view.ask_anywhere(queries_desk.notice_items, first, view.settings.quiet_days, None, whom)
    return notices.due(today, items)[0]


def _rows(reader: Reader, items: pd.DataFrame) -> list[list[str]]:
    """Heading, a row per item, and the total of each currency in the last row."""
    is_told = in_instalments(items)
    names = ["invoice_id", *(["instalment_no"] if is_told else []), "issue_date", "due_date", "days_past_due"]
    rows = [[*(reader.t(f"heading.{name}") for name in names), reader.t("letter.open")]]
    for item in items.to_dict("records"):
        age = item["days_past_due"]
        rows.append(
            [
                str(item["invoice_id"]),
                *([number(reader, item["instalment_no"])] if is_told else []),
                date(reader, item["issue_date"]),
                date(reader, item["due_date"]),
                number(reader, age) if age == age and age is not None and age > 0 else "",
                money(reader, item["open_doc"], item["currency"]),
            ]
        )
    totals = items.groupby("currency")["open_doc"].sum()
    whole = " + ".join(money(reader, amount, str(currency)) for currency, amount in totals.items())
    return [*rows, [reader.t("app.total"), *[""] * (len(names) - 1), whole or money(reader, 0)]]


def _sent_before(today: Day, customer: Mapping[str, Any], kind: str) -> list[follow_up.Note]:
    letters = today.of(str(customer["entity_id"]), str(customer["customer_id"]), "letter")
    return [note for note in letters if note.payload.letter == kind and note.payload.state == "sent"]


def _history(reader: Reader, today: Day, customer: Mapping[str, Any]) -> list[str]:
    """What has been tried so far, oldest first: letters, promises and what became of them, talks, legal steps."""
    lines = []
    told = today.of(str(customer["entity_id"]), str(customer["customer_id"]))
    # By the day on which it happened: a legal step is often entered days later.
    for note in sorted(told, key=lambda note: (_happened_on(today, note), note.id)):
        entry, day = note.payload, date(reader, _happened_on(today, note))
        if note.kind == "letter" and entry.state != "drafted":
            lines.append(f"{day}  {reader.code('letter', entry.letter)}")
        elif note.kind == "promise" and note.is_open:
            state = reader.code("promise_state", follow_up.promise_state(today, note))
            agreed = f"{money(reader, entry.amount, entry.currency)}, {date(reader, entry.promised_on)}"
            said = reader.t("app.named", name=reader.code("entry", "promise"), text=agreed)
            lines.append(f"{day}  {said} ({state})")
        elif note.kind == "contact":
            method, result = reader.code("contact_method", entry.method), reader.code("contact_result", entry.result)
            lines.append(f"{day}  {reader.t('app.named', name=method, text=result)}")
        elif note.kind == "legal_stage":
            lines.append("  ".join(filter(None, (day, reader.code("legal", entry.stage), entry.document))))
    return lines or [reader.t("letter.no_history")]


def _happened_on(today: Day, note: follow_up.Note) -> dt.date:
    """The day of a legal step is stated; everything else is entered as it happens."""
    day: dt.date = note.payload.happened_on if note.kind == "legal_stage" else today.made_on(note)
    return day


def _pdf(draft: Draft) -> bytes:
    pages = partial(i18n.translate, draft.language, "letter.page")
    between = [INSTALMENT_WIDTH] * (len(draft.rows[0]) - len(WIDTHS))
    return letter_bytes(
        draft.title, draft.before, draft.rows, draft.after, draft.note, lambda page: pages(id_page=page),
        [WIDTHS[0], *between, *WIDTHS[1:]],
    )  # fmt: skip


def _docx(draft: Draft) -> bytes:
    return docx_bytes(draft.title, draft.before, draft.rows, draft.after, draft.note, NUMBERS)


def _text(draft: Draft) -> bytes:
    table = "\n".join("\t".join(row) for row in draft.rows)
    parts = (draft.title, draft.before, table, draft.after, draft.note)
    return ("\n\n".join(parts) + "\n").encode("utf-8-sig")


def _sent(view: View, today: Day, customer: Mapping[str, Any], draft: Draft, level: int) -> None:
    """Enter the letter with its items; somebody who marked one in the meantime is named instead."""
    assert view.build is not None
    whom = (str(customer["entity_id"]), str(customer["customer_id"]))
    same: dict[str, Any] = {
        "as_of": view.build.as_of, "build_id": view.build.build_id, "who": journal_parts.writer(view),
        "seen": notices.newest_letter(today, *whom),
    }  # fmt: skip
    steps = view.settings.notice_steps
    channel = steps[level - 1].channel if level else "letter"
    try:
        if draft.kind == balance_letters.KIND:
            balance_letters.send(view.settings, Subject(*whom), draft.items, **same)
        else:
            notices.mark_sent(
                view.settings, Subject(*whom), draft.kind, draft.items, level=level, channel=channel, **same
            )
    except UserError as failed:
        st.session_state[FAILED] = failed.text(view.reader.language)
    else:
        st.session_state[DONE] = view.reader.t("letter.marked")
