"""The uploaded files of a session: customers' data, on disk for as long as somebody looks at them or loads them."""

import shutil
import tempfile
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.typing import UploadedFile

from pipelines import scratch
from ui import jobs


@dataclass
class Held:
    """Where the uploads of one session lie, once there are any, and the work that may be reading them."""

    folder: tempfile.TemporaryDirectory[str] | None = None
    job: jobs.Job | None = None


def release(held: Held) -> None:
    """Remove the uploads of a session that has ended, once the work that it started has ended too."""
    if held.folder is None:
        return
    if held.job is None or held.job.done:
        held.folder.cleanup()
    else:
        threading.Thread(target=_release_after, args=(held.folder, held.job), daemon=True).start()


def _release_after(folder: tempfile.TemporaryDirectory[str], job: jobs.Job) -> None:
    job.ended.wait()
    folder.cleanup()


@st.cache_resource(scope="session", on_release=release, show_spinner=False)
def held() -> Held:
    """The uploads of this session."""
    return Held(job=st.session_state.get("import_job"))


def kept(file: UploadedFile) -> Path:
    """The upload as a file of its own name in a folder of its own."""
    mine = held()
    if mine.folder is None:
        mine.folder = scratch.folder()
    # The name comes from the browser: only its last part counts, and two files of one name do not meet.
    folder = Path(mine.folder.name) / _name(file.file_id)
    path = folder / (Path(file.name.replace("\\", "/")).name.lstrip(".") or "upload")
    if not path.exists():
        folder.mkdir(exist_ok=True)
        path.write_bytes(file.getbuffer())
    return path


def drop_others(file_ids: Collection[str]) -> None:
    """Remove the uploads that are no longer on the page, unless work reads them or can be started again."""
    mine, keep = held(), {_name(each) for each in file_ids}
    job = mine.job
    if mine.folder is None or (job and (not job.done or (job.stopped and not job.is_complete))):
        return
    for folder in Path(mine.folder.name).iterdir():
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def _name(file_id: str) -> str:
    return "".join(letter for letter in file_id if letter.isalnum())
