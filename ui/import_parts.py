"""What an import holds, as tables and words: the same for a file about to be loaded and for one loaded long ago."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from pipelines import imports, queries
from pipelines.canonical import KINDS, MONEY
from pipelines.imports import ImportReport, Preview
from ui import import_jobs, page
from ui.formats import DASH, date, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

COLUMNS = words("canonical_column source_column how share samples parsed evidence")
AMOUNTS = {column.name for columns in KINDS.values() for column in columns if column.sql_type == MONEY}
REJECTED = words("line_no column_name value reason raw")
PAST = words(
    "file_name kind as_of rows_read rows_accepted rows_rejected accepted_total control_total imported_at retracted_at"
)


def understood(view: View, preview: Preview, *, key: str) -> None:
    """A file before it is loaded: its problem if it has one, and everything that was understood of it."""
    reader, t = view.reader, view.reader.t
    kind = f" · {reader.code('kind', preview.kind)}" if preview.kind else ""
    st.markdown(f"**{plain(preview.file_name)}**{kind}")
    if preview.format:
        st.caption(format_line(reader, preview.format))
    if preview.problem is not None:
        st.error(plain(preview.problem.text(reader.language)), icon=":material/block:")
    if preview.report:
        counts(view, preview.report)
    if preview.columns:
        with st.expander(t("imports.columns", count=sum(1 for c in preview.columns if c.source)), expanded=True):
            column_table(reader, preview, key)
            if preview.unmapped:
                st.caption(t("imports.unmapped", text=plain(t("app.comma").join(preview.unmapped))))
    if preview.report:
        notes(reader, preview.report.notes)
    if preview.rejected:
        label = t("imports.rejected", count=preview.report.rows_rejected if preview.report else len(preview.rejected))
        with st.expander(label):
            rejected_table(reader, pd.DataFrame(preview.rejected), key)


def counts(view: View, report: ImportReport) -> None:
    """Rows read = accepted + not accepted, and the total against the file's own."""
    reader, t = view.reader, view.reader.t
    total, control = Decimal(report.accepted_total), report.control_total
    with st.grid(3, min_column_width=190, gap="small"):
        st.metric(t("imports.rows_read"), number(reader, report.rows_read), border=True, height="stretch")
        st.metric(t("imports.rows_accepted"), number(reader, report.rows_accepted), border=True, height="stretch")
        st.metric(
            t("imports.rows_rejected"),
            number(reader, report.rows_rejected),
            border=True,
            height="stretch",
            help=t("imports.set_aside_help", count=report.rows_set_aside),
        )
        st.metric(t("imports.accepted_total"), number(reader, total, 2), border=True, height="stretch")
        st.metric(
            t("imports.control_total"),
            number(reader, Decimal(control), 2) if control else DASH,
            border=True,
            height="stretch",
            help=t("imports.control_total_help"),
        )
        st.metric(
            t("imports.difference"),
            DASH if report.difference is None else number(reader, report.difference, 2),
            border=True,
            height="stretch",
            help=t("imports.difference_help"),
        )
    st.caption(" · ".join(_facts(reader, report)))
    if report.difference:
        st.warning(t("imports.total_differs", text=number(reader, report.difference, 2)), icon=":material/difference:")
    elif control:
        st.caption(f":green[:material/check_circle:] {t('imports.total_agrees')}")


def column_table(reader: Reader, preview: Preview, key: str) -> None:
    """Which column of the file gives which meaning, how it was found, and how its values were read."""
    found = [column for column in preview.columns if column.source or column.required]
    rows = pd.DataFrame(
        {
            "canonical_column": [column.name for column in found],
            "source_column": [column.source or DASH for column in found],
            "how": [column.how or "missing" for column in found],
            "share": [column.confidence for column in found],
            "samples": [" · ".join(column.samples) for column in found],
            "parsed": [" · ".join(_as_read(reader, column.name, text) for text in column.parsed) for column in found],
            "evidence": ["; ".join(reader.reason(item) for item in column.evidence) for column in found],
        }
    )
    table(reader, rows, COLUMNS, key=f"{key}.columns", alt=reader.t("imports.columns_alt"))


def _as_read(reader: Reader, column: str, text: str) -> str:
    """A value as it was read, in words: codes by their name, amounts with two decimals."""
    if column in ("doc_type", "kind", "method", "status"):
        return reader.code(column, text)
    if column == "disputed":
        return reader.t("app.yes" if text == "true" else "app.no")
    if column in AMOUNTS:
        return number(reader, Decimal(text), 2)
    return text


def rejected_table(reader: Reader, rows: pd.DataFrame, key: str) -> None:
    """The rows that were not accepted, each with its line, column, value and reason."""
    table(reader, rows, REJECTED, key=f"{key}.rejected", alt=reader.t("imports.rejected_alt"), file_name="not-accepted")


def notes(reader: Reader, items: Sequence[dict[str, Any]]) -> None:
    """What the reader of the file decided that a person should know."""
    if items:
        st.caption("  \n".join(f":material/info: {plain(reader.reason(item))}" for item in items))


def format_line(reader: Reader, form: dict[str, Any]) -> str:
    """The file's format in one line: CSV, encoding, delimiter, sheet, header line."""
    delimiters = {"\t": "Tab", ",": ",", ";": ";", "|": "|"}
    parts = [reader.code("format", form["format"]).upper(), str(form.get("encoding") or "").upper()]
    if form.get("delimiter"):
        parts.append(reader.t("imports.delimiter", text=delimiters.get(form["delimiter"], form["delimiter"])))
    if form.get("sheet"):
        parts.append(reader.t("imports.sheet", name=form["sheet"]))
    parts.append(reader.t("imports.header_line", line=form["header_line"]))
    return plain(" · ".join(part for part in parts if part))


def past_imports(view: View, past: Sequence[ImportReport]) -> None:
    """Every import, newest first; a row opens what it holds and lets it be retracted."""
    reader, t = view.reader, view.reader.t
    newest = list(reversed(past))
    rows = pd.DataFrame([{name: getattr(report, name) for name in (*PAST, "import_id")} for report in newest])
    for name in ("accepted_total", "control_total"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce")
    rows["as_of"] = pd.to_datetime(rows["as_of"])
    columns = [name for name in PAST if name != "retracted_at" or rows["retracted_at"].notna().any()]
    row = table(reader, rows, columns, key="past", alt=t("imports.past"), open_label=t("app.open"), file_name="imports")
    if row is not None:
        st.session_state["import_shown"] = newest[row].import_id
    shown = next((report for report in newest if report.import_id == st.session_state.get("import_shown")), None)
    if shown:
        _details(view, shown)


def _details(view: View, report: ImportReport) -> None:
    reader, t = view.reader, view.reader.t
    with st.container(border=True):
        st.markdown(f"**{plain(report.file_name)}** · {reader.code('kind', report.kind)} · {plain(report.import_id)}")
        st.caption(format_line(reader, report.format))
        counts(view, report)
        notes(reader, report.notes)
        if report.rows_rejected:
            _rejected_of(view, report)
        if report.retracted_at:
            st.caption(f":material/undo: {t('imports.is_retracted')}")
        elif not import_jobs.is_running():
            st.button(
                t("imports.retract"),
                icon=":material/undo:",
                on_click=_ask_retract,
                args=(report.import_id,),
                key="retract",
            )
            if st.session_state.get("import_retract") == report.import_id:
                _confirm_retract(view, report)


def _rejected_of(view: View, report: ImportReport) -> None:
    """The rejected rows, from the build that holds the import."""
    t = view.reader.t
    rows = None if view.build is None else view.ask_build(queries.rejected_rows, report.import_id)
    if rows is None or rows.empty:
        page.nothing_here(t("imports.rejected_after_build"))
        return
    with st.expander(t("imports.rejected", count=len(rows)), expanded=True):
        rejected_table(view.reader, rows, "past")


def _confirm_retract(view: View, report: ImportReport) -> None:
    t = view.reader.t
    with st.container(border=True):
        st.write(t("imports.retract_sure", name=plain(report.file_name)))
        with st.container(horizontal=True):
            st.button(
                t("imports.retract_yes"), type="primary", on_click=_retract, args=(view, report.import_id), key="yes"
            )
            st.button(t("imports.retract_no"), on_click=_ask_retract, args=(None,), key="no")


def _ask_retract(import_id: str | None) -> None:
    st.session_state["import_retract"] = import_id


def _retract(view: View, import_id: str) -> None:
    imports.retract(view.settings, import_id)
    st.session_state["import_retract"] = None
    if any(not report.retracted_at for report in imports.list_imports(view.settings)):
        import_jobs.build(view)


def _facts(reader: Reader, report: ImportReport) -> list[str]:
    t = reader.t
    facts = [t("imports.as_of", date=date(reader, report.as_of))]
    if report.date_from:
        facts.append(t("imports.span", first=date(reader, report.date_from), last=date(reader, report.date_to)))
    if report.currencies:
        facts.append(plain(t("app.comma").join(report.currencies)))
    if report.ledger:
        facts.append(t(f"imports.{report.ledger}"))
    if report.rows_read:
        facts.append(t("imports.share_accepted", text=percent(reader, report.rows_accepted / report.rows_read)))
    return facts
