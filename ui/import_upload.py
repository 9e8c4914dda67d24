"""Uploading: files are kept beside the page until they are loaded, previewed, and corrected by the person."""

import datetime as dt
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from pipelines.canonical import KINDS
from pipelines.importing.imports import Preview
from pipelines.reporting import queries
from ui import import_files, import_jobs, import_parts, import_preview
from ui.file_field import file_field
from ui.formats import plain
from ui.import_typed import amount_of
from ui.session import View

DATE_ORDERS = ("YMD", "DMY", "MDY")
DECIMALS = (".", ",")
MEGABYTE = 1024 * 1024
LEDGERS = ("ledger", "open_items")
Ready = tuple[UploadedFile, dict[str, Any]]  # a file, and what the person said about it
BUCKETS = ("bucket", "days_from", "days_to")  # of an aged summary: said by the headers themselves


def uploads(view: View) -> None:
    """The uploader, and for each file what was understood; then one button loads what can be loaded."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("imports.upload"), anchor=False)
        st.write(t("imports.upload_text", limit=view.settings.upload_limit_mb))
        files = file_field(
            view, t("imports.upload"), accept_multiple_files=True, label_visibility="collapsed", key=_uploader_key()
        )
    on_page = {file.file_id for file in files or []}
    import_preview.forget_others(on_page)
    import_files.drop_others(on_page)
    ready: list[Ready] = []
    for file in files or []:
        if file.size > view.settings.upload_limit_mb * MEGABYTE:
            name, limit = plain(file.name), view.settings.upload_limit_mb
            st.error(t("imports.too_large", name=name, limit=limit), icon=":material/block:")
            continue
        path = import_files.kept(file)
        said = _said(file.file_id)
        with st.container(border=True):
            preview = import_preview.shown(view, file.file_id, path, said)
            if preview is None:
                continue
            import_parts.understood(view, preview, key=file.file_id)
            if preview.problem is None or preview.format:  # of a file that cannot be opened there is nothing to correct
                corrections(view, preview, file.file_id)
            complaint = _complaint(view, said)
        if preview.problem is None and not complaint:
            ready.append((file, said))
    if not ready:
        return
    left_out = len(files or []) - len(ready)
    busy = import_preview.is_reading()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("imports.load", count=len(ready)) if len(ready) > 1 else t("imports.load_one"),
            type="primary",
            icon=":material/download_done:",
            on_click=_load,
            args=(view, ready),
            key="load_files",
            disabled=busy,
        )
        wait = t("imports.load_wait") if busy else None
        st.caption(wait or (t("imports.load_left_out", count=left_out) if left_out else t("imports.load_text")))


def corrections(view: View, preview: Preview, file_id: str) -> None:
    """Everything that was decided about the file, to be overruled; a change reads the file again."""
    t = view.reader.t
    unclear = getattr(preview.problem, "code", "")
    kind = preview.kind or str(_said(file_id).get("kind") or "")
    with st.expander(t("imports.correct"), expanded=preview.problem is not None and bool(preview.headers)):
        with st.grid(4, min_column_width=170, gap="small"):
            _choice(view, file_id, "kind", tuple(KINDS), lambda each: view.reader.code("kind", each))
            _choice(view, file_id, "ledger", LEDGERS, lambda each: t(f"imports.{each}"))
            _choice(view, file_id, "date_order", DATE_ORDERS, lambda each: t(f"imports.order_{each.lower()}"))
            _choice(view, file_id, "decimal", DECIMALS, lambda each: "1,234.50" if each == "." else "1.234,50")
            sheets = (preview.format or {}).get("sheets") or []
            if len(sheets) > 1:
                _choice(view, file_id, "sheet", tuple(sheets), str)
            _text(view, file_id, "source")
            _text(view, file_id, "currency")
            _entity(view, file_id)
            _date(view, file_id)
            _text(view, file_id, "control_total", view.reader.t("imports.say_control_total_help"))
        if complaint := _complaint(view, _said(file_id)):
            st.error(complaint, icon=":material/error:")
        if unclear in ("error.date_order_unclear", "error.decimal_unclear"):
            st.caption(f":orange[:material/help:] {t('imports.say_style')}")
        if preview.headers and kind:
            _columns(view, preview, file_id, kind)
        elif preview.headers:
            st.caption(f":orange[:material/help:] {t('imports.kind_first')}")


def _columns(view: View, preview: Preview, file_id: str, kind: str) -> None:
    """Which source column feeds which meaning, chosen from the file's own headers."""
    t = view.reader.t
    st.caption(t("imports.columns_text"))
    said = _said(file_id)
    with st.grid(4, min_column_width=190, gap="small"):
        found = {column.name: column.source for column in preview.columns}
        headers = list(dict.fromkeys(preview.headers))
        for column in [each for each in KINDS[kind] if each.name not in BUCKETS]:
            source = said.get("columns", {}).get(column.name, found.get(column.name))
            st.selectbox(
                t(f"column.{column.name}") + (" ＊" if column.required else ""),
                headers,
                index=headers.index(source) if source in headers else None,
                key=f"{file_id}.column.{column.name}",
                placeholder=t("imports.no_column"),
                on_change=_say_column,
                args=(file_id, column.name),
            )
    if said.get("columns"):
        st.button(
            t("imports.forget_columns"),
            on_click=_forget_columns,
            args=(file_id,),
            key=f"{file_id}.forget",
            type="tertiary",
        )


def _choice(view: View, file_id: str, name: str, options: tuple[str, ...], words: Any) -> None:
    st.selectbox(
        view.reader.t(f"imports.say_{name}"), options, index=None, format_func=words, key=f"{file_id}.{name}",
        placeholder=view.reader.t("imports.as_found"), on_change=_say, args=(file_id, name),
    )  # fmt: skip


def _entity(view: View, file_id: str) -> None:
    """One of the entities known so far, or a new one."""
    t = view.reader.t
    known = view.ask_anywhere(queries.filter_values)["entities"] if view.build else []
    st.selectbox(
        t("imports.say_entity"), known, index=None, key=f"{file_id}.entity", placeholder=t("imports.as_found"),
        accept_new_options=True, help=t("imports.say_entity_help"), on_change=_say, args=(file_id, "entity"),
    )  # fmt: skip


def _text(view: View, file_id: str, name: str, help_text: str | None = None) -> None:
    st.text_input(
        view.reader.t(f"imports.say_{name}"), key=f"{file_id}.{name}", placeholder=view.reader.t("imports.as_found"),
        on_change=_say, args=(file_id, name), help=help_text,
    )  # fmt: skip


def _complaint(view: View, said: dict[str, Any]) -> str:
    """What is wrong with what the person typed, in words; empty where nothing is."""
    text = said.get("control_total")
    if text is None or amount_of(str(text)) is not None:
        return ""
    return view.reader.t("imports.control_total_wrong", text=plain(text))


def _date(view: View, file_id: str) -> None:
    st.date_input(
        view.reader.t("imports.say_as_of"), value=None, key=f"{file_id}.as_of", format="YYYY-MM-DD",
        help=view.reader.t("imports.say_as_of_help"), on_change=_say, args=(file_id, "as_of"),
    )  # fmt: skip


def _said(file_id: str) -> dict[str, Any]:
    """What the person has said about one file."""
    found: dict[str, Any] = st.session_state.setdefault("import_said", {}).setdefault(file_id, {})
    return found


def _say(file_id: str, name: str) -> None:
    value = st.session_state[f"{file_id}.{name}"]
    value = value.strip() if isinstance(value, str) else value
    if value:
        _said(file_id)[name] = value.isoformat() if isinstance(value, dt.date) else value
    else:
        _said(file_id).pop(name, None)
    if name in ("kind", "sheet"):
        _forget_columns(file_id)


def _say_column(file_id: str, column: str) -> None:
    _said(file_id).setdefault("columns", {})[column] = st.session_state[f"{file_id}.column.{column}"]


def _forget_columns(file_id: str) -> None:
    """Back to the columns as found: the choices of another kind or sheet mean nothing here."""
    _said(file_id).pop("columns", None)
    for key in [key for key in st.session_state if str(key).startswith(f"{file_id}.column.")]:
        del st.session_state[key]


def _uploader_key() -> str:
    return f"upload_{st.session_state.setdefault('import_round', 0)}"


def _load(view: View, ready: list[Ready]) -> None:
    """Start loading and give the page an empty uploader."""
    import_jobs.load(view, [(import_files.kept(file), said) for file, said in ready])
    st.session_state["import_round"] += 1
    import_preview.forget()
