"""One receipt on its page: what it paid and why, and a person's word on where its money goes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Note
from pipelines.collecting.journal import Subject
from pipelines.errors import UserError
from pipelines.reporting import queries_receipts
from pipelines.reporting.queries_receipts import ReceiptLine
from ui import import_jobs, navigation, page
from ui.formats import date, moment, money, plain
from ui.journal_parts import withdraw, writer
from ui.session import View
from ui.tables import table, words

PARTS = words("invoice_id instalment_no due_date amount_doc currency rule")
CENT = Decimal("0.01")


class Target(NamedTuple):
    """An instalment that money goes to; without an invoice: on account."""

    invoice_id: str = ""
    instalment_no: int = 1


Allocation = dict[Target, Decimal]


def decision(view: View, line: ReceiptLine) -> Note | None:
    """What a person has said about the line as the journal has it now, built or not."""
    found = follow_up.notes(view.settings, kind="application", entity_id=line.entity_id)
    mine = [note for note in found if _is_about(note.payload, line)]
    return mine[-1] if mine else None


def _is_about(said: Any, line: ReceiptLine) -> bool:
    if (said.import_id, said.line_no) == (line.import_id, line.line_no):
        return True
    numbered = (said.receipt_id or None, said.paid_on, said.amount)
    return bool(said.receipt_id) and numbered == (line.receipt_id, _day(line.paid_on), line.amount)


def figures(view: View, line: ReceiptLine) -> None:
    """What came in, what was applied, what is left, and where it stands in its file; no money came with a credit."""
    reader, t = view.reader, view.reader.t
    is_money = line.kind == "payment"
    with st.grid(3 if is_money else 2, min_column_width=180, gap="small"):
        applied = "set_off.used" if line.kind == "credit" else "receipt.applied"
        st.metric(
            t("receipt.amount" if is_money else "set_off.amount"),
            money(reader, line.amount, line.currency),
            border=True,
        )
        st.metric(t(applied), money(reader, line.amount - line.on_account, line.currency), border=True)
        if is_money:
            st.metric(
                t("receipt.on_account"), money(reader, line.on_account, line.currency), border=True,
                help=t("receipt.on_account_help"),
            )  # fmt: skip
    facts = [t("receipt.paid_on" if is_money else "set_off.dated", date=date(reader, line.paid_on))]
    facts += [reader.code("method", line.method)] if line.method else []
    facts += [t("receipt.reference", text=line.reference)] if line.reference else []
    facts += [t("receipt.from_file", name=line.file_name, line=line.line_shown)]
    st.caption(plain(" · ".join(facts)))


def built(view: View, line: ReceiptLine) -> None:
    """How the published build applied the line, each part with its rule; a row opens its invoice."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("receipt.parts" if line.kind == "payment" else "set_off.parts"), anchor=False)
        if line.parts.empty:
            page.nothing_here(t("receipt.none_applied"))
            return
        row = table(
            view.reader, line.parts, PARTS, key="receipt_parts", alt=t("receipt.parts"), open_label=t("app.open")
        )
        if row is not None:
            navigation.open_invoice(view, line.entity_id, str(line.parts.iloc[row]["invoice_id"]), line.customer_id)


def direct(view: View, line: ReceiptLine) -> None:
    """The person's word: move money between invoices and the account, or let the rules decide again."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("receipt.direct"), anchor=False)
        if not line.may_direct:
            st.caption(f":material/lock: {t('receipt.stated')}")
            return
        note = decision(view, line)
        st.caption(t("receipt.direct_text"))
        if note is not None:
            _standing(view, line, note)
        elif line.decision_id is not None:
            st.caption(f":orange[:material/update:] {t('receipt.taken_back')}")
        now = _now(line, note)
        _move(view, line, note, now)
        if (note.version_id if note else None) != line.decision_id:
            import_jobs.offer_build(view, t("receipt.unbuilt"))


def _standing(view: View, line: ReceiptLine, note: Note) -> None:
    """Who decided, and where the money goes by it."""
    reader, t = view.reader, view.reader.t
    at = moment(reader, note.changed_at, reader.zone)
    st.markdown(f":material/person: {t('receipt.decided', who=plain(reader.person(note.changed_by)), at=at)}")
    shares = _now(line, note).items()
    lines = [f"- {plain(_named(view, to))}: **{plain(money(reader, share, line.currency))}**" for to, share in shares]
    st.markdown("\n".join(lines))
    if note.payload.note:
        st.caption(plain(note.payload.note))
    st.button(
        t("receipt.automatic"), icon=":material/undo:", key="automatic", type="tertiary", on_click=withdraw,
        args=(view, note), help=t("receipt.automatic_help"),
    )  # fmt: skip


def _move(view: View, line: ReceiptLine, note: Note | None, now: Allocation) -> None:
    """From where, to where, how much; saved with everything else of the receipt as it stands."""
    reader, t = view.reader, view.reader.t
    there = [target for target, amount in now.items() if amount >= CENT]
    open_now = view.ask_anywhere(
        queries_receipts.payable, line.line_key, line.entity_id, line.customer_id, line.currency
    )
    room = {Target(row["invoice_id"], row["instalment_no"]): row for row in open_now.to_dict("records")}

    def shown(target: Target) -> str:
        row: Any = room.get(target)
        parts = [_named(view, target)]
        if row is not None:
            due = t("receipt.due", date=date(reader, row["due_date"]))
            parts += [due, money(reader, row["open_doc"], line.currency)]
        return " · ".join(parts)

    said = st.session_state.get("receipt_problem")
    with st.grid(4, min_column_width=190, gap="small"):
        source = st.selectbox(
            t("receipt.from"), there, key="receipt_from",
            format_func=lambda each: f"{_named(view, each)} · {money(reader, now[each], line.currency)}",
        )  # fmt: skip
        targets = [Target(), *room] if source is None or source.invoice_id else list(room)
        to = st.selectbox(
            t("receipt.to"), [each for each in targets if each != source], index=None, format_func=shown,
            key="receipt_to", placeholder=t("receipt.choose"),
        )  # fmt: skip
        most = float(now.get(source, Decimal(0))) if source is not None else 0.0
        amount = st.number_input(
            t("receipt.how_much", currency=line.currency), min_value=0.0, max_value=max(most, 0.0), value=most,
            step=0.01, format="%.2f", key=f"receipt_amount_{source}",
        )  # fmt: skip
        remark = st.text_input(t("receipt.note"), key="receipt_note", max_chars=400)
    with st.container(horizontal=True):
        st.button(
            t("receipt.save"), type="primary", icon=":material/save:", key="receipt_save",
            disabled=source is None or to is None or amount <= 0, on_click=_save,
            args=(view, line, note, now, source, to, Decimal(str(amount)), remark),
        )  # fmt: skip
        if source is not None and source.invoice_id:
            st.button(
                t("receipt.not_this", text=_named(view, source)), icon=":material/block:", key="receipt_not_this",
                on_click=_save, args=(view, line, note, now, source, Target(), now[source], remark),
            )  # fmt: skip
    if said:
        st.error(plain(said), icon=":material/error:")


def moved(now: Allocation, source: Target, to: Target, amount: Decimal) -> Allocation:
    """The allocation once `amount` has gone from one place to another; what holds nothing falls away."""
    after = dict(now)
    after[source] = after.get(source, Decimal(0)) - amount
    after[to] = after.get(to, Decimal(0)) + amount
    return {target: value for target, value in after.items() if value >= CENT}


def _now(line: ReceiptLine, note: Note | None) -> Allocation:
    """Where the money of the line goes: as decided, else as the build applied it; what is left is on account."""
    if note is not None:
        parts: Sequence[tuple[str, int, Decimal]] = [
            (part.invoice_id, part.instalment_no, part.amount) for part in note.payload.parts
        ]
    else:
        parts = [
            (row["invoice_id"], row["instalment_no"], Decimal(str(row["amount_doc"])).quantize(Decimal("0.0001")))
            for row in line.parts.to_dict("records")
        ]
    found: Allocation = {}
    for invoice_id, instalment_no, amount in parts:
        target = Target(invoice_id, instalment_no)
        found[target] = found.get(target, Decimal(0)) + amount
    left = line.amount - sum(found.values(), Decimal(0))
    return found | ({Target(): left} if left >= CENT else {})


def _named(view: View, target: Target) -> str:
    if not target.invoice_id:
        return view.reader.t("receipt.on_account")
    return target.invoice_id + (f" / {target.instalment_no}" if target.instalment_no > 1 else "")


def _save(
    view: View,
    line: ReceiptLine,
    note: Note | None,
    now: Allocation,
    source: Target,
    to: Target,
    amount: Decimal,
    remark: str,
) -> None:
    payload = {
        "import_id": line.import_id,
        "line_no": line.line_no,
        "receipt_id": line.receipt_id or "",
        "paid_on": _day(line.paid_on),
        "amount": line.amount,
        "currency": line.currency,
        "parts": [
            {"invoice_id": target.invoice_id, "instalment_no": target.instalment_no, "amount": value}
            for target, value in moved(now, source, to, amount).items()
            if target.invoice_id
        ],
        "note": remark,
    }
    try:
        if note is None:
            subject = Subject(line.entity_id, line.customer_id)
            journal.append(view.settings, "application", subject, payload, who=writer(view))
        else:
            journal.correct(view.settings, note.version_id, payload, who=writer(view))
    except UserError as refused:
        st.session_state["receipt_problem"] = refused.text(view.reader.language)
        return
    for key in [key for key in st.session_state if str(key).startswith("receipt_")]:
        del st.session_state[key]


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, pd.Timestamp) else value
