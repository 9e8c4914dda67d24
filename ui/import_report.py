"""The report of one import: what it holds, what was not accepted and why, what it changed, and taking it back."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from pipelines.canonical import KINDS
from pipelines.importing import imports, imports_mend
from pipelines.importing.imports import ImportReport
from pipelines.importing.imports_changes import LISTED, Changes, changes, told_of
from pipelines.importing.imports_detail import by_reason, conflicts, rejected
from pipelines.importing.imports_mend import mend_workbook
from pipelines.importing.imports_notes import notes_now
from pipelines.importing.imports_workbook import report_workbook
from pipelines.settings import Settings
from ui import import_jobs, import_parts, page
from ui.formats import DASH, compact, date, number, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import MOST, downloads, header, named, table, with_content, words

NAMES = {column.name for columns in KINDS.values() for column in columns}
PAST = words("file_name kind as_of imported_at rows_read rows_accepted rows_rejected accepted_totals retracted_at")
# In the file and in what a row opens only: a list of them all ran off the screen.
BESIDE = words("rows_accepted")
REASONS = words("reason rows lines")
CHANGES = words("change key column_name was now")
CONFLICTS = words("key column_name was now file_name")


class Beside(NamedTuple):
    """What is said of an import beside the others in force."""

    notes: list[dict[str, Any]]
    changes: Changes
    conflicts: list[dict[str, Any]]


def past_imports(view: View, past: Sequence[ImportReport]) -> None:
    """Every import, newest first; a row opens what it holds and lets it be retracted."""
    reader, t = view.reader, view.reader.t
    newest = list(reversed(past))
    rows = pd.DataFrame([{name: getattr(report, name, None) for name in (*PAST, "import_id")} for report in newest])
    # Short on the screen, where three currencies would run off it; to the cent in the file and in what a row opens.
    rows["accepted_totals"] = [
        t("app.comma").join(
            compact(reader, total, currency) if currency else number(reader, total) for currency, total in report.totals
        )
        or DASH
        for report in newest
    ]
    rows["as_of"] = pd.to_datetime(rows["as_of"])
    columns = with_content(rows, PAST, ("retracted_at",))
    on_screen = [name for name in columns if name not in BESIDE]
    row = table(reader, rows, on_screen, key="past", alt=t("imports.past"), open_label=t("app.open"))
    downloads(reader, partial(listed, reader, newest, rows, columns), None, key="past", file_name="imports")
    if row is not None:
        st.session_state["import_shown"] = newest[row].import_id
    shown = next((report for report in newest if report.import_id == st.session_state.get("import_shown")), None)
    if shown:
        details(view, shown)


def listed(reader: Reader, newest: Sequence[ImportReport], rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The imports as a file holds them: the totals as amounts, a column for each currency."""
    found = named(reader, rows, [name for name in columns if name != "accepted_totals"])
    accepted = [dict(report.totals) for report in newest]
    # A sum over several currencies stands by itself, named so: it is an amount of none of them.
    added_up = reader.t("report.added_up")
    stated = [
        {currency or (added_up if report.is_mixed else ""): total for currency, total in report.control_totals}
        for report in newest
    ]
    for column, totals in (("accepted_totals", accepted), ("control_total", stated)):
        name = header(reader, column)
        for currency in sorted({currency for each in totals for currency in each}):
            label = reader.t("report.in_currency", label=name, currency=currency) if currency else name
            found[label] = pd.Series([each.get(currency) for each in totals], index=found.index).astype("float64")
    return found


def details(view: View, report: ImportReport) -> None:
    """One import in full, with its workbook to take away."""
    reader, t = view.reader, view.reader.t
    with st.container(border=True):
        head, button = st.columns([5, 1], vertical_alignment="center")
        head.markdown(f"**{plain(report.file_name)}** · {reader.code('kind', report.kind)} · {plain(report.import_id)}")
        button.download_button(
            t("imports.workbook"), data=partial(report_workbook, view.settings, report.import_id, reader.language),
            file_name=f"{report.file_name}.report.xlsx", icon=":material/download:", on_click="ignore", type="tertiary",
            key=f"workbook-{report.import_id}",
        )  # fmt: skip
        st.caption(import_parts.format_line(reader, report.format))
        import_parts.counts(view, report)
        beside = _beside(view, report)
        import_parts.notes(reader, beside.notes)
        if not report.retracted_at:
            _changed(view, report, beside.changes)
            _conflicting(view, beside.conflicts)
        if report.rows_rejected:
            _rejected(view, report)
        _columns(view, report)
        if report.retracted_at:
            st.caption(f":material/undo: {t('imports.is_retracted')}")
        elif not import_jobs.is_running():
            st.button(
                t("imports.retract"), icon=":material/undo:", on_click=_ask_retract, args=(report.import_id,),
                key="retract",
            )  # fmt: skip
            if st.session_state.get("import_retract") == report.import_id:
                _confirm_retract(view, report)


# An import never changes; which others it stands beside does, when one is imported or retracted.
@st.cache_data(show_spinner=False, max_entries=20)
def _told(home: str, import_id: str, in_force: tuple[str, ...], _settings: Settings) -> Beside:
    reports = imports.list_imports(_settings)
    report = next(each for each in reports if each.import_id == import_id)
    return Beside(
        notes_now(report, reports, _settings),
        changes(_settings, import_id, limit=MOST),
        conflicts(_settings, import_id, limit=MOST),
    )


def _beside(view: View, report: ImportReport) -> Beside:
    in_force = tuple(each.import_id for each in imports.list_imports(view.settings) if not each.retracted_at)
    found: Beside = _told(str(view.settings.home.absolute()), report.import_id, in_force, view.settings)
    return found


def _changed(view: View, report: ImportReport, found: Changes) -> None:
    """What is new, paid, changed and no longer held against the import before it of the same source."""
    reader, t = view.reader, view.reader.t
    if not found.previous:
        st.caption(f":material/first_page: {t('imports.first_of_source', source=plain(report.source))}")
        return
    before = next((each for each in imports.list_imports(view.settings) if each.import_id == found.previous), None)
    name = plain(before.file_name) if before else ""
    day = date(reader, before.as_of) if before else ""
    counts = [
        f"{reader.code('change', change)} **{number(reader, found.counts.get(change, 0))}**"
        for change in told_of(report)
        if change != LISTED or found.counts.get(change)
    ]
    st.markdown(f":material/difference: {t('imports.against', name=name, day=day)} {' · '.join(counts)}")
    if not found.rows:
        return
    with st.expander(t("imports.changes", count=sum(found.counts.values()))):
        rows = _in_words(reader, found.rows)
        table(reader, rows, CHANGES, key="changes", alt=t("imports.changes_alt"), file_name="changes")


def _conflicting(view: View, found: Sequence[dict[str, Any]]) -> None:
    """Invoices that another export holds otherwise: this later one is used, and the difference is listed."""
    reader, t = view.reader, view.reader.t
    if not found:
        return
    with st.expander(t("imports.conflicts", count=len({row["key"] for row in found})), icon=":material/compare:"):
        st.caption(t("imports.conflicts_rule"))
        rows = _in_words(reader, found)
        table(reader, rows, CONFLICTS, key="conflicts", alt=t("imports.conflicts_alt"), file_name="conflicts")


def _rejected(view: View, report: ImportReport) -> None:
    """The reasons with how many rows and their lines, then the rows themselves."""
    reader, t = view.reader, view.reader.t
    found = rejected(view.settings, report.import_id, min(MOST, report.rows_rejected))
    with st.expander(t("imports.rejected", count=report.rows_rejected), expanded=True):
        if not found:
            page.nothing_here(t("imports.rejected_none"))
            return
        reasons = by_reason(found)
        rows = pd.DataFrame(
            {
                "reason": [json.dumps(each.reason, ensure_ascii=False) for each in reasons],
                "rows": [each.rows for each in reasons],
                "lines": [each.lines_text for each in reasons],
            }
        )
        table(reader, rows, REASONS, key="reasons", alt=t("imports.reasons_alt"))
        if len(found) < report.rows_rejected:
            st.caption(t("imports.rejected_first", count=len(found), all=report.rows_rejected))
        import_parts.rejected_table(reader, pd.DataFrame(found), "past")
        if imports_mend.is_mendable(report) and not report.retracted_at:
            said = "imports.to_mend_whole" if imports_mend.is_whole(report) else "imports.to_mend_some"
            st.caption(t(said, source=plain(report.source)))
            st.download_button(
                t("imports.to_mend"), data=partial(mend_workbook, view.settings, report.import_id, reader.language),
                file_name=f"{Path(report.file_name).stem}.xlsx", icon=":material/edit:", on_click="ignore",
                key=f"mend-{report.import_id}",
            )  # fmt: skip


def _columns(view: View, report: ImportReport) -> None:
    """How the columns were understood at the time."""
    reader, t = view.reader, view.reader.t
    if not report.columns:
        return
    with st.expander(t("imports.columns", count=sum(1 for each in report.columns.values() if each["source"]))):
        rows = pd.DataFrame(
            {
                "canonical_column": list(report.columns),
                "source_column": [each["source"] or "" for each in report.columns.values()],
                "how": [each["how"] for each in report.columns.values()],
                "share": [each["confidence"] for each in report.columns.values()],
            }
        )
        rows = rows[[name in NAMES for name in rows["canonical_column"]]]
        shown = words("canonical_column source_column how share")
        table(reader, rows, shown, key="stored_columns", alt=t("imports.columns_alt"))
        known = {name: each["evidence"] for name, each in report.columns.items() if name in NAMES}
        import_parts.evidence(reader, known)
        if report.unmapped:
            st.caption(t("imports.unmapped", text=plain(t("app.comma").join(report.unmapped))))


def _in_words(reader: Reader, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Differences as a table: the column by its meaning, both values as a person writes them."""
    words_of = {name: reader.t(f"column.{name}") for name in {row["column"] for row in rows} & NAMES}
    return pd.DataFrame(rows).assign(
        column_name=[words_of.get(row["column"], "") for row in rows],
        was=[import_parts.as_read(reader, row["column"], row["before"]) for row in rows],
        now=[import_parts.as_read(reader, row["column"], row["after"]) for row in rows],
    )


def _confirm_retract(view: View, report: ImportReport) -> None:
    t = view.reader.t
    with st.container(border=True):
        st.write(t("imports.retract_sure", name=plain(report.file_name)))
        with st.container(horizontal=True):
            st.button(t("imports.retract_yes"), type="primary", on_click=_retract, args=(view, report), key="yes")
            st.button(t("imports.retract_no"), on_click=_ask_retract, args=(None,), key="no")


def _ask_retract(import_id: str | None) -> None:
    st.session_state["import_retract"] = import_id


def _retract(view: View, report: ImportReport) -> None:
    imports.retract(view.settings, report.import_id)
    st.session_state["import_retract"] = None
    if any(not each.retracted_at for each in imports.list_imports(view.settings)):
        import_jobs.build(view, view.reader.t("imports.retracted_now", name=plain(report.file_name)))
