"""Balance confirmations on the desk: what is due for one, the register, and the form for what came back."""

from decimal import Decimal

import pandas as pd
import streamlit as st

from pipelines.collecting import balance_letters
from pipelines.collecting.follow_up import Day, Note
from pipelines.reporting import queries_agreements, queries_desk
from ui import forms, journal_parts, navigation, page
from ui.formats import date, money, number, plain
from ui.forms import Form
from ui.session import View
from ui.tables import table, with_content, words

DUE_COLUMNS = words("customer_name customer_id rep currency open_doc open_base last_asked")
REGISTER_COLUMNS = words(
    "customer_name customer_id as_of currency confirmed_doc confirmation_status sent_on who replied_on theirs_doc "
    "difference_doc note"
)
OPEN = ("sent", "agreed", "difference")


def show(view: View, today: Day) -> None:
    """Open differences and replies first, then what is due, then the whole register."""
    reader, t = view.reader, view.reader.t
    found = _register(view, today)
    count = found["status"].value_counts()
    with st.grid(4, min_column_width=150, gap="small"):
        for status in ("sent", "difference", "agreed", "stamped"):
            name = reader.code("confirmation_status", status)
            st.metric(
                name[:1].upper() + name[1:], number(reader, int(count.get(status, 0))), border=True, height="stretch"
            )
    if found["status"].isin(OPEN).any():
        with st.container(border=True):
            st.subheader(t("balance.reply"), anchor=False)
            _form(view, today, found)
    with st.container(border=True):
        st.subheader(t("balance.register"), anchor=False)
        if found.empty:
            page.nothing_here(t("balance.none"))
        else:
            shown = found.assign(
                confirmed_doc=found["amount"], theirs_doc=found["theirs"], difference_doc=found["difference"],
                confirmation_status=found["status"],
            )  # fmt: skip
            row = table(
                reader, shown, REGISTER_COLUMNS, key="confirmations", alt=t("balance.register"),
                open_label=t("app.open"), file_name="balance-confirmations",
            )  # fmt: skip
            if row is not None:
                navigation.open_payer(view, shown.iloc[row]["entity_id"], shown.iloc[row]["customer_id"])
    _due(view, today)


def _register(view: View, today: Day) -> pd.DataFrame:
    asked = tuple(sorted(whom for whom, notes in today.notes.items() if any(_is_confirmation(note) for note in notes)))
    rows = view.ask(queries_agreements.customers_named, asked).to_dict("records") if asked else []
    names = {(row["entity_id"], row["customer_id"]): row["customer_name"] or row["customer_id"] for row in rows}
    return balance_letters.register(today, names)


def _is_confirmation(note: Note) -> bool:
    return note.kind == "letter" and note.payload.letter == balance_letters.KIND


def _due(view: View, today: Day) -> None:
    reader, t = view.reader, view.reader.t
    assert view.build is not None
    due = balance_letters.to_confirm(today, view.ask(queries_desk.balances), view.build.as_of)
    with st.container(border=True):
        st.subheader(t("balance.due"), anchor=False)
        st.caption(t("balance.due_help", days=balance_letters.CONFIRM_EVERY, count=queries_desk.MOST_BALANCES))
        if due.empty:
            page.nothing_here(t("balance.none_due"))
            return
        row = table(
            reader, due, with_content(due, DUE_COLUMNS, ("last_asked",)), key="balances_due", alt=t("balance.due"),
            open_label=t("balance.write"), file_name="balances-to-confirm", height=420,
        )  # fmt: skip
        if row is not None:
            chosen = due.iloc[row]
            navigation.open_letters(view, chosen["entity_id"], chosen["customer_id"], balance_letters.KIND)


def _form(view: View, today: Day, found: pd.DataFrame) -> None:
    """Choose a confirmation that is not settled; enter the reply, or how its difference was explained."""
    reader, t = view.reader, view.reader.t
    rows = {int(row["version_id"]): row for row in found[found["status"].isin(OPEN)].to_dict("records")}

    def name(version: int) -> str:
        row = rows[version]
        amount = money(reader, row["amount"], row["currency"])
        status = reader.code("confirmation_status", row["status"])
        return f"{row['customer_name']} · {date(reader, row['as_of'])} · {amount} · {status}"

    version = st.selectbox(t("balance.which"), list(rows), format_func=name, key="balance.which")
    row = rows[version]
    letter = next(
        note for note in today.of(row["entity_id"], row["customer_id"], "letter") if note.version_id == version
    )
    form = Form(view, f"balance.{version}")
    if row["status"] == "difference":
        st.caption(plain(t("balance.differs", text=money(reader, row["difference"], row["currency"]))))
        forms.field(form, "note", st.text_input, t("balance.explained"))
        forms.save(form, lambda: _reconcile(view, form, letter), t("balance.reconciled"))
        return
    books, day, stamp = st.columns(3, gap="small", vertical_alignment="bottom")
    with books:
        forms.amount(form, "theirs", t("balance.theirs", text=row["currency"]), str(row["currency"]))
    with day:
        forms.day(form, "replied_on", t("balance.replied_on"))
    with stamp:
        form.suggest("stamped", True)
        forms.field(form, "stamped", st.checkbox, t("balance.stamped"))
    forms.field(form, "note", st.text_input, t("class.note"))
    forms.save(form, lambda: _reply(view, form, letter), t("balance.stored"))


def _reply(view: View, form: Form, letter: Note) -> Decimal:
    return balance_letters.reply(
        view.settings, letter, theirs=forms.decimal(form.value("theirs")), replied_on=form.value("replied_on"),
        stamped=bool(form.value("stamped")), note=form.value("note") or "", who=journal_parts.writer(view),
    )  # fmt: skip


def _reconcile(view: View, form: Form, letter: Note) -> None:
    note = form.value("note") or ""
    balance_letters.reconcile(view.settings, letter, note=note, who=journal_parts.writer(view))
