"""What an import holds, as tables and words: the same for a file about to be loaded and for one loaded long ago."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.canonical import KINDS, MONEY
from pipelines.importing import imports_detail
from pipelines.importing.imports import ImportReport, Preview
from pipelines.importing.imports_held import HELD, RENUMBERED, UNNUMBERED
from pipelines.importing.imports_lists import TO_ACT_ON
from pipelines.importing.imports_report import LEFT_OUT, STATED_AGREE, STATED_DIFFER, TOTALS, texts
from pipelines.reading.mapping_errors import BillRegister
from ui import navigation
from ui.formats import DASH, date, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

COLUMNS = words("canonical_column source_column how share samples parsed")
AMOUNTS = {column.name for columns in KINDS.values() for column in columns if column.sql_type == MONEY}
MEANINGS = {column.name: None for columns in KINDS.values() for column in columns}
# What a file is not to be loaded without looking at.
WARNINGS = (
    "entity_not_stated",
    "entity_not_stated_of_invoices",
    "entity_new",
    "entity_new_of_invoices",
    *HELD,
    *TO_ACT_ON,
    *LEFT_OUT,
)
# The others ask about an entity.
ICONS = {
    UNNUMBERED: "content_copy",
    RENUMBERED: "content_copy",
    **dict.fromkeys(TO_ACT_ON, "event_busy"),
    **dict.fromkeys(LEFT_OUT, "report"),
}
COUNTED = (TOTALS, STATED_AGREE, STATED_DIFFER)  # shown among the counts
REJECTED = words("line_no column_name value reason raw")
REJECTED_OF_SHEETS = ("sheet", *REJECTED)


def understood(view: View, preview: Preview, *, key: str) -> None:
    """A file before it is loaded: its problem if it has one, and everything that was understood of it."""
    reader, t = view.reader, view.reader.t
    kind = f" · {reader.code('kind', preview.kind)}" if preview.kind else ""
    st.markdown(f"**{plain(preview.file_name)}**{kind}")
    if preview.format:
        st.caption(format_line(reader, preview.format))
    if preview.problem is not None:
        st.error(plain(preview.problem.text(reader.language)), icon=":material/block:")
    if isinstance(preview.problem, BillRegister):
        navigation.link("financing", t("imports.to_bills"), icon=":material/arrow_forward:", part="bills")
    if preview.report:
        counts(view, preview.report)
    if preview.columns:
        with st.expander(t("imports.columns", count=sum(1 for c in preview.columns if c.source)), expanded=True):
            column_table(reader, preview, key)
            if preview.unmapped:
                st.caption(t("imports.unmapped", text=plain(t("app.comma").join(preview.unmapped))))
    if preview.report:
        layout_change(view, preview)
        notes(reader, [note for note in preview.report.notes if note["code"] != "layout_changed"])
    if preview.rejected:
        label = t("imports.rejected", count=preview.report.rows_rejected if preview.report else len(preview.rejected))
        with st.expander(label):
            rejected_table(reader, pd.DataFrame(preview.rejected), key)


def layout_change(view: View, preview: Preview) -> None:
    """The layout beside that of the last export of this source: what feeds another meaning, is new, or is gone."""
    assert preview.report is not None
    reader, t = view.reader, view.reader.t
    before = imports_detail.layout_before(view.settings, preview.report.source, preview.kind)
    if before is None:
        return
    was = {name: each["source"] for name, each in before.columns.items() if each["source"] and name in MEANINGS}
    now = {each.name: each.source for each in preview.columns if each.source and each.name in was | MEANINGS}
    moved = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    known = {*was.values(), *before.unmapped}
    new = [header for header in preview.headers if header not in known and known]
    gone = [header for header in known if header not in preview.headers]
    about = {"name": plain(before.file_name), "source": plain(preview.report.source)}
    if before.kind == "aged_summary" or not (moved or new or gone):
        st.caption(f":green[:material/check_circle:] {t('imports.same_layout', **about)}")
        return
    comma = t("app.comma")
    lines = [t("imports.layout_differs", **about)]
    lines += [t("imports.layout_new", text=plain(comma.join(new)))] if new else []
    lines += [t("imports.layout_gone", text=plain(comma.join(sorted(gone))))] if gone else []
    st.warning("  \n".join(lines), icon=":material/difference:")
    if moved:
        rows = pd.DataFrame(
            {
                "canonical_column": moved,
                "was": [was.get(name) or DASH for name in moved],
                "now": [now.get(name) or DASH for name in moved],
            }
        )
        shown = words("canonical_column was now")
        table(reader, rows, shown, key=f"layout-{preview.file_name}", alt=t("imports.layout_alt"))


def counts(view: View, report: ImportReport) -> None:
    """Rows read = accepted + not accepted, and the total against the file's own."""
    reader, t = view.reader, view.reader.t
    controls, differences = report.control_totals, report.differences
    is_mixed = report.is_mixed and any(not currency for currency, _ in controls)
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
        for total in report.total_texts or [DASH]:
            st.metric(t("imports.accepted_total"), total, border=True, height="stretch")
        for name, amounts in (("control_total", controls), ("difference", differences)):
            for amount in texts(amounts) or [DASH]:
                help_ = t(f"imports.{name}_help")
                st.metric(t(f"imports.{name}"), amount, border=True, height="stretch", help=help_)
    st.caption(
        t("imports.adds_up", read=report.rows_read, accepted=report.rows_accepted,
          rejected=report.rows_rejected, aside=report.rows_set_aside)
    )  # fmt: skip
    st.caption(" · ".join(_facts(reader, report)))
    if is_mixed:
        added = number(reader, Decimal(report.accepted_total), 2)
        st.caption(f":material/info: {t('imports.control_mixed', text=added)}")
    if differ := [each for each in differences if each[1]]:
        differs = t("imports.total_differs", text=t("app.comma").join(texts(differ)))
        where = f" {t('imports.see_rejected')}" if report.rows_rejected else ""
        st.warning(differs + where, icon=":material/difference:")
    elif controls:
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
            "parsed": [" · ".join(as_read(reader, column.name, text) for text in column.parsed) for column in found],
        }
    )
    table(reader, rows, COLUMNS, key=f"{key}.columns", alt=reader.t("imports.columns_alt"))
    evidence(reader, {column.name: column.evidence for column in found})


def evidence(reader: Reader, found: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """How the values of each column were read, a line each: a column of the table would cut it."""
    lines = [
        reader.t(
            "app.named", name=reader.t(f"column.{name}"), text=reader.t("app.semicolon").join(map(reader.reason, each))
        )
        for name, each in found.items()
        if each
    ]
    if lines:
        st.caption("  \n".join([f"**{reader.t('imports.evidence')}**", *map(plain, lines)]))


def as_read(reader: Reader, column: str, text: str | None) -> str:
    """A value as it was read, in words: codes by their name, amounts with two decimals, a dash for none."""
    if not text:
        return DASH
    if column in ("doc_type", "kind", "method", "status"):
        return reader.code(column, text)
    if column == "disputed":
        return reader.t("app.yes" if text == "true" else "app.no")
    if column in AMOUNTS:
        return number(reader, Decimal(text), 2)
    return text


def rejected_table(reader: Reader, rows: pd.DataFrame, key: str) -> None:
    """The rows that were not accepted, each with its line, column, value and reason."""
    has_sheets = "sheet" in rows and rows["sheet"].notna().any()
    shown = REJECTED_OF_SHEETS if has_sheets else REJECTED
    table(reader, rows, shown, key=f"{key}.rejected", alt=reader.t("imports.rejected_alt"), file_name="not-accepted")


def notes(reader: Reader, items: Sequence[dict[str, Any]]) -> None:
    """What the reader of the file decided that a person should know; less what `counts` shows already."""
    warnings(reader, items)
    if said := [plain(reader.reason(item)) for item in items if item["code"] not in (*COUNTED, *WARNINGS)]:
        st.caption("  \n".join(f":material/info: {each}" for each in said))


def warnings(reader: Reader, items: Sequence[dict[str, Any]], *, name: str = "") -> None:
    """The notes on which a person should act, under the name of the file where it is not said beside."""
    for item in items:
        if item["code"] in WARNINGS:
            text = reader.reason(item)
            said = reader.t("app.named", name=name, text=text) if name else text
            st.warning(plain(said), icon=f":material/{ICONS.get(item['code'], 'domain')}:")


def format_line(reader: Reader, form: dict[str, Any]) -> str:
    """The file's format in one line: CSV, encoding, delimiter, sheet, header line."""
    delimiters = {"\t": "Tab", ",": ",", ";": ";", "|": "|"}
    parts = [reader.code("format", form["format"]).upper(), str(form.get("encoding") or "").upper()]
    if form.get("delimiter"):
        parts.append(reader.t("imports.delimiter", text=delimiters.get(form["delimiter"], form["delimiter"])))
    if form.get("sheet"):
        parts.append(reader.t("imports.sheet", name=form["sheet"]))
    if form.get("together"):
        parts.append(reader.t("imports.sheets", count=len(form["together"])))
    parts.append(reader.t("imports.header_line", line=form["header_line"]))
    return plain(" · ".join(part for part in parts if part))


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
        # Rounded down: all is said of nothing less than all.
        share = report.rows_accepted * 1000 // report.rows_read / 1000
        facts.append(t("imports.share_accepted", text=percent(reader, share)))
    return facts
