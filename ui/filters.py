"""The sidebar's filters: bound to the address, and never wider than what the person may see."""

from dataclasses import replace

import streamlit as st

from pipelines.reporting.queries import Scope
from ui.access import Who
from ui.formats import plain
from ui.i18n import Reader

DIMENSIONS = ("entities", "regions", "reps")  # fields of a Scope, keys of the filters, names in the address


def narrow(widest: Scope, values: dict[str, list[str]], chosen: dict[str, list[str]]) -> Scope:
    """`widest` cut down to what was chosen; a choice outside what the person may see is dropped.

    What a browser sends is not trusted: only values that a query within the widest scope returned can be chosen.
    """
    cut = {name: tuple(value for value in chosen.get(name, []) if value in values[name]) for name in DIMENSIONS}
    return replace(widest, **{name: kept for name, kept in cut.items() if kept})


def choose(reader: Reader, who: Who, values: dict[str, list[str]]) -> Scope:
    """Show a filter for every dimension with something to choose from; returns the scope the pages ask within."""
    chosen: dict[str, list[str]] = {}
    _say_gone(reader, values)
    for name in DIMENSIONS:
        if len(values[name]) < 2 or (name == "reps" and who.role == "rep"):
            continue
        chosen[name] = st.multiselect(
            reader.t(f"filter.{name}"),
            values[name],
            format_func=lambda value: value or reader.t("app.unassigned"),
            placeholder=reader.t("filter.all"),
            key=name,
            bind="query-params",
        )
    return narrow(who.scope, values, chosen)


def _say_gone(reader: Reader, values: dict[str, list[str]]) -> None:
    """Tell, once, whoever followed a link with a filter that names nobody here: the figures are wider than it asked."""
    known = {"", reader.t("app.unassigned")}
    gone = [
        each for name in DIMENSIONS for each in st.query_params.get_all(name) if each not in known.union(values[name])
    ]
    if gone and gone != st.session_state.get("filters.gone"):
        names = reader.t("app.comma").join(plain(each) for each in gone)
        st.toast(reader.t("filter.gone", names=names), icon=":material/filter_alt_off:", duration="long")
        st.session_state["filters.gone"] = gone


def clear() -> None:
    """Take out every filter."""
    for name in DIMENSIONS:
        if name in st.session_state:
            st.session_state[name] = []


def in_words(reader: Reader, widest: Scope, scope: Scope) -> str:
    """What the figures of a page cover, for the line under its title."""
    parts = [
        reader.t(
            "app.named",
            name=reader.t(f"filter.{name}"),
            text=reader.t("app.comma").join(v or reader.t("app.unassigned") for v in kept),
        )
        for name in DIMENSIONS
        if (kept := getattr(scope, name)) and kept != getattr(widest, name)
    ]
    return " · ".join(parts)
