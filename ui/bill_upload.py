"""Uploading a register of bills: what the file would change, first seen and then entered under the person's name."""

import json
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.typing import UploadedFile

from pipelines import scratch
from pipelines.collecting import bill_files, bill_registers, journal_read
from pipelines.collecting.bill_files import BillFile
from pipelines.collecting.bill_registers import Upload
from pipelines.errors import UserError
from pipelines.reporting import queries_agreements, queries_financing
from ui import forms, import_parts, journal_parts
from ui.file_field import file_field
from ui.formats import money, number, plain
from ui.forms import Form
from ui.session import View
from ui.tables import table, with_content, words

ROWS = words("customer_name bill_number bill_state state_on amount_doc currency due_on invoice_id drawer")
COLUMNS = words("canonical_column source_column")
DONE = "bill_file.done"  # what was entered last, said until the next file is chosen


def bill_upload(view: View) -> None:
    """The field for a register of bills; what it would change once there is a file, and the button that enters it."""
    t, form = view.reader.t, Form(view, "bill_file")
    with st.container(border=True):
        st.markdown(f"**{t('financing.upload')}**")
        st.caption(t("financing.upload_text"))
        file = file_field(view, t("financing.upload"), label_visibility="collapsed", key=f"{form.key}.file")
        if file is None:
            if done := st.session_state.get(DONE):
                st.success(done, icon=":material/check_circle:")
            return
        st.session_state.pop(DONE, None)
        try:
            upload = _compared(view, file)
        except UserError as refused:
            st.error(plain(refused.text(view.reader.language)), icon=":material/block:")
            return
        _counts(view, upload)
        import_parts.notes(view.reader, upload.notes)
        _details(view, upload)
        _enter(view, form, upload)


def _compared(view: View, file: UploadedFile) -> Upload:
    """What the file means for the register as it stands; kept until either is another one."""
    stands = (file.file_id, str(view.build and view.build.path), journal_read.size(view.settings))
    kept = st.session_state.get("bill_upload")
    if kept is None or kept[0] != stands:
        with st.spinner(view.reader.t("imports.reading", name=plain(file.name))):
            read = kept[1].file if kept and kept[0][0] == file.file_id else _read(view, file)
            customers = view.ask_anywhere(queries_financing.every_customer)
            invoices = view.ask_anywhere(queries_financing.customers_of_invoices, bill_registers.named_invoices(read))
            known = bill_registers.known(customers, view.settings)
            kept = (stands, bill_registers.compared(read, view.settings, known, invoices))
        st.session_state["bill_upload"] = kept
    found: Upload = kept[1]
    return found


def _read(view: View, file: UploadedFile) -> BillFile:
    with scratch.folder() as folder:
        # The name comes from the browser: only its last part counts.
        path = Path(folder) / (Path(file.name.replace("\\", "/")).name.lstrip(".") or "upload")
        path.write_bytes(file.getbuffer())
        return bill_files.read(path, view.settings)


def _counts(view: View, upload: Upload) -> None:
    """How many rows are what, which add up to the rows read, with the sums of what is new and has moved on."""
    reader, t = view.reader, view.reader.t
    lists = {name: getattr(upload, name) for name in ("new", "moved", "there", "repeated", "aside")}
    with st.grid(4, min_column_width=170, gap="small"):
        for name in ("new", "moved", "there", "aside"):
            sums = upload.totals(lists[name]) if name in ("new", "moved") else {}
            said = t("app.comma").join(money(reader, amount, currency) for currency, amount in sums.items())
            help_ = t(f"financing.upload_{name}_help") if name in ("there", "aside") else None
            st.metric(
                t(f"financing.upload_{name}"), number(reader, len(lists[name])), plain(said) or None,
                delta_color="off", delta_arrow="off", border=True, height="stretch", help=help_,
            )  # fmt: skip
    counts = {name: len(rows) for name, rows in lists.items()}
    st.caption(t("financing.upload_adds_up", rows=len(upload.file.rows), **counts))


def _details(view: View, upload: Upload) -> None:
    """The bills to be entered, the rows set aside each with its reason, and what each column was taken for."""
    reader, t = view.reader, view.reader.t
    if bills := [*upload.new, *upload.moved]:
        with st.expander(t("financing.upload_rows", count=len(bills)), expanded=not upload.aside):
            pairs = tuple(sorted({row.values["customer"] for row in bills}))
            named = view.ask_anywhere(queries_agreements.customers_named, pairs)
            names = {(row["entity_id"], row["customer_id"]): row["customer_name"] for row in named.to_dict("records")}
            shown = pd.DataFrame(
                [
                    {
                        "customer_name": names.get(row.values["customer"]) or row.values["customer"][1],
                        "state_on": row.values["since"],
                        "amount_doc": float(row.values["amount"]),
                        **{name: row.values[name] for name in ("bill_number", "bill_state", "currency", "due_on")},
                        **{name: row.values[name] or "" for name in ("invoice_id", "drawer")},
                    }
                    for row in bills
                ]
            )
            for day in ("state_on", "due_on"):
                shown[day] = pd.to_datetime(shown[day])
            columns = with_content(shown, ROWS, ("invoice_id", "drawer", "state_on"))
            table(reader, shown, columns, key="bill_rows", alt=t("financing.upload_rows_alt"), file_name="bills-read")
    if upload.aside:
        with st.expander(t("financing.upload_set_aside", count=len(upload.aside)), expanded=True):
            aside = [
                {**vars(row), "reason": json.dumps(row.reason, ensure_ascii=False, default=str)} for row in upload.aside
            ]
            import_parts.rejected_table(reader, pd.DataFrame(aside).drop(columns="values"), "bills")
    with st.expander(t("financing.upload_columns", count=len(upload.file.columns))):
        columns_read = pd.DataFrame(upload.file.columns.items(), columns=COLUMNS)
        table(reader, columns_read, COLUMNS, key="bill_columns", alt=t("financing.upload_columns_alt"))
        if upload.file.unused:
            st.caption(t("imports.unmapped", text=plain(t("app.comma").join(upload.file.unused))))


def _enter(view: View, form: Form, upload: Upload) -> None:
    """The button, or that there is nothing for it to do."""
    t = view.reader.t
    count = len(upload.new) + len(upload.moved)
    if not count:
        if failure := st.session_state.get(f"{form.key}.failure"):
            st.error(failure, icon=":material/error:")
        if upload.aside:
            st.warning(t("financing.upload_none_entered", count=len(upload.aside)), icon=":material/error:")
        else:
            st.info(t("financing.upload_nothing"), icon=":material/done_all:")
        return

    def store() -> None:
        who = journal_parts.writer(view)
        entered = bill_registers.store(view.settings, upload, who=who)
        st.session_state.pop("bill_upload", None)
        name = plain(upload.file.name)
        st.session_state[DONE] = t("financing.upload_done", count=entered, name=name, who=who)

    label = t("financing.upload_enter", count=count)
    forms.save(form, store, t("financing.bill_saved"), label=label)
