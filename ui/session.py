"""What every page of one run shares: the reader, the person, the published build and the filters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import streamlit as st

from pipelines.building import builds
from pipelines.reporting import queries
from pipelines.reporting.queries import Build, Scope
from pipelines.settings import Settings
from ui.access import Who
from ui.i18n import Reader


@dataclass(frozen=True)
class View:
    """One run of the app, as the entrypoint set it up.

    `build` is None until something has been built, and where what was published `is_lost`, which has been said then.
    """

    reader: Reader
    settings: Settings
    build: Build | None
    who: Who = field(default_factory=lambda: Who("manager", Scope()))
    scope: Scope = field(default_factory=Scope)
    is_lost: bool = False

    def ask(self, query: Callable[..., Any], *args: object) -> Any:
        """The answer of a function of `pipelines.reporting.queries` within this person's scope and filters."""
        return answer(self._built(), query, self.scope, *args)

    def ask_anywhere(self, query: Callable[..., Any], *args: object) -> Any:
        """The answer of a query within this person's scope, whatever the filters."""
        return answer(self._built(), query, self.who.scope, *args)

    def ask_build(self, query: Callable[..., Any], *args: object) -> Any:
        """The answer of a query that is about the build itself and takes no scope."""
        return answer(self._built(), query, *args)

    def figure(self, name: str, draw: Callable[[], Any], *varying: object) -> Any:
        """The figure `name` of this build, scope, language and whatever else varies; drawn when it is first needed."""
        words = (self.reader.language, self.reader.currency)
        return _figure(str(self._built().path), self.scope, words, name, varying, draw)

    def _built(self) -> Build:
        assert self.build is not None, "a page that asks must first see that there is a build"
        return self.build


def published(settings: Settings) -> Build | None:
    """The published build, or None before the first; raises what `queries.published` raises."""
    path = builds.current(settings)
    # A build's file never changes under its name, so it is opened once to be described.
    return None if path is None else _described(str(path), settings)


def made_otherwise(settings: Settings) -> bool:
    """Whether another version of the program made the published build, which may lack what pages ask for."""
    path = builds.current(settings)
    return path is not None and _made_otherwise(str(path), settings)


@st.cache_data(show_spinner=False, max_entries=20)
def _made_otherwise(path: str, _settings: Settings) -> bool:
    return builds.made_otherwise(_settings) is not None


@st.cache_data(show_spinner=False, max_entries=20)
def _described(path: str, _settings: Settings) -> Build | None:
    return queries.published(_settings)


def answer(build: Build, query: Callable[..., Any], *args: object) -> Any:
    """The cached answer of a query of one build; a build never changes, so neither does an answer."""
    return _answer(str(build.path), f"{query.__module__}.{query.__name__}", args, query, build)


# Bounded by bytes: at many customers an answer can be large, and every search text has its own.
@st.cache_data(show_spinner=False, max_size="300MB")
def _answer(path: str, name: str, args: tuple[object, ...], _query: Callable[..., Any], _build: Build) -> Any:
    return _query(_connection(path, _build), *args)


@st.cache_resource(show_spinner=False, max_entries=500)
def _figure(
    build_id: str,
    scope: Scope,
    words: tuple[str, str],
    name: str,
    varying: tuple[object, ...],
    _draw: Callable[[], Any],
) -> Any:
    # Making a figure takes several times as long as the query behind it.
    return _draw()


@st.cache_resource(show_spinner=False, max_entries=3, on_release=lambda connection: connection.close())
def _connection(path: str, _build: Build) -> duckdb.DuckDBPyConnection:
    return queries.open_build(_build)


def begin(view: View) -> None:
    """Hand the run's view to the page that is about to run."""
    st.session_state["view"] = view


def view() -> View:
    """The view the entrypoint prepared for this run."""
    current: View = st.session_state["view"]
    return current
