"""The field that takes files: the library says its own words on it in English alone, so they are put over."""

import json
from typing import Any

import streamlit as st

from ui.session import View

_STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p, [data-testid="stFileUploaderDropzoneInstructions"] span {
    font-size: 0;
}
[data-testid="stFileUploaderDropzone"] button p::after { content: %(choose)s; font-size: 0.875rem; }
[data-testid="stFileUploaderDropzoneInstructions"] span::after { content: %(limit)s; font-size: 0.875rem; }
[data-testid="stFileChip"]:has([data-testid="stFileChipIconError"])::after { content: %(refused)s; padding: 0 0.5rem; }
</style>"""


def file_field(view: View, label: str, **options: Any) -> Any:
    """Streamlit's uploader with its button, its limit and its refusal in the reader's language; takes its options."""
    t = view.reader.t
    limit = view.settings.upload_limit_mb
    count = "files" if options.get("accept_multiple_files") else "file"
    words = {
        "choose": t(f"app.choose_{count}"),
        "limit": t(f"app.{count}_limit", limit=limit),
        "refused": t("app.file_refused", limit=limit),
    }
    # A text of the style sheet is quoted and escaped as one of JSON.
    st.html(_STYLE % {name: json.dumps(word, ensure_ascii=False) for name, word in words.items()})
    return st.file_uploader(label, max_upload_size=limit, **options)
