"""Choices that live in the address of the page, so that a link and the back button keep them."""

from collections.abc import Callable, Sequence

import streamlit as st


def current(name: str, allowed: Sequence[str], default: str) -> str:
    """The choice `name`: from the address, else the last one of this session, else the default."""
    asked = st.query_params.get(name)
    last = st.session_state.get(f"{name}.last")
    value = next((str(each) for each in (asked, last) if each in allowed), default)
    st.session_state[f"{name}.last"] = value
    # The control follows the address, never the other way round: a script that wrote the address on every run
    # would undo the browser's back button.
    st.session_state[f"{name}.choice"] = value
    return value


def switch(name: str, label: str, allowed: Sequence[str], words: Callable[[str], str]) -> None:
    """A row of buttons for a choice read by `current`."""
    st.segmented_control(
        label, allowed, format_func=words, key=f"{name}.choice", required=True, on_change=_remember, args=(name,)
    )


def picker(name: str, label: str, allowed: Sequence[str], words: Callable[[str], str], help: str | None = None) -> None:
    """A drop-down for a choice read by `current`."""
    st.selectbox(label, allowed, format_func=words, key=f"{name}.choice", on_change=_remember, args=(name,), help=help)


def _remember(name: str) -> None:
    st.query_params[name] = st.session_state[f"{name}.choice"]
