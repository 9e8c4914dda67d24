"""Reading an uploaded file for its preview: beside the page, so that a large one can be watched and stopped."""

import datetime as dt
import json
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from pipelines.importing import imports
from pipelines.importing.imports import Preview
from pipelines.reading.cancel import ImportCancelled, cancellable
from pipelines.settings import Settings
from ui.formats import number, plain
from ui.import_typed import options_of
from ui.session import View

MEGABYTE = 1024 * 1024
AT_ONCE = 3.0  # seconds within which a file is shown without saying that it is being read
AGAIN = 0.7  # seconds between two looks at a file that takes longer


@dataclass
class Reading:
    """One file being read by a thread of its own; `preview` or `failure` is set when it has ended."""

    said: str
    thread: threading.Thread | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    begun: float = field(default_factory=time.monotonic)
    preview: Preview | None = None
    failure: Exception | None = None

    @property
    def is_over(self) -> bool:
        return self.thread is not None and not self.thread.is_alive()


def shown(view: View, file_id: str, path: Path, said: dict[str, Any]) -> Preview | None:
    """The preview of a file with what was said about it; None while it is read or when that was stopped."""
    readings = _readings()
    # The folder is another one when a session that was cut off goes on.
    key = json.dumps([str(path), said], sort_keys=True, ensure_ascii=False)
    reading = readings.get(file_id)
    if reading is None or reading.said != key:
        if reading is not None:
            reading.stop.set()
        reading = readings[file_id] = _begin(view.settings, path, said, key)
        assert reading.thread is not None
        with st.spinner(view.reader.t("imports.reading", name=plain(path.name))):
            reading.thread.join(AT_ONCE)
    if not reading.is_over:
        _watch(view, reading, path)
        return None
    if reading.failure is not None:
        raise reading.failure
    if reading.preview is None or isinstance(reading.preview.problem, ImportCancelled):
        st.markdown(f"**{plain(path.name)}**")
        st.warning(view.reader.t("imports.reading_stopped"), icon=":material/stop_circle:")
        st.button(view.reader.t("imports.read_again"), key=f"{file_id}.again", on_click=_again, args=(file_id,))
        return None
    return reading.preview


def is_reading() -> bool:
    """Whether a file of this session is still being read."""
    return any(not reading.is_over for reading in _readings().values())


def forget() -> None:
    """Stop what is being read and forget what was."""
    for reading in _readings().values():
        reading.stop.set()
    st.session_state["import_previews"] = {}


def forget_others(file_ids: Collection[str]) -> None:
    """Stop reading, and forget, what is no longer on the page."""
    for file_id in _readings().keys() - set(file_ids):
        _readings().pop(file_id).stop.set()


def _readings() -> dict[str, Reading]:
    found: dict[str, Reading] = st.session_state.setdefault("import_previews", {})
    return found


def _begin(settings: Settings, path: Path, said: dict[str, Any], key: str) -> Reading:
    reading = Reading(key)
    reading.thread = threading.Thread(target=_read, args=(reading, settings, path, dict(said)), daemon=True)
    reading.thread.start()
    return reading


def _read(reading: Reading, settings: Settings, path: Path, said: dict[str, Any]) -> None:
    try:
        with cancellable(reading.stop.is_set, path.name):
            reading.preview = imports.preview(
                path,
                settings,
                kind=said.get("kind"),
                source=said.get("source"),
                as_of=dt.date.fromisoformat(said["as_of"]) if said.get("as_of") else None,
                mapping=options_of(said) or None,
                sheet=said.get("sheet"),
            )
    except ImportCancelled:
        return
    except Exception as failure:  # handed to the page, which says it
        reading.failure = failure


@st.fragment(run_every=AGAIN)
def _watch(view: View, reading: Reading, path: Path) -> None:
    """How long a file has been read, and a button that ends it."""
    if reading.is_over:
        st.rerun()
    t = view.reader.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        size, seconds = path.stat().st_size / MEGABYTE, time.monotonic() - reading.begun
        text = t("imports.still_reading", name=path.name, size=number(view.reader, size), seconds=int(seconds))
        st.markdown(f":material/hourglass_top: {plain(text)}")
        st.button(
            t("imports.stop"), icon=":material/stop:", key=f"stop_reading_{path.parent.name}",
            on_click=reading.stop.set, disabled=reading.stop.is_set(),
        )  # fmt: skip


def _again(file_id: str) -> None:
    _readings().pop(file_id, None)
