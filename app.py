"""FirstPaid in the browser: page set-up, language, who is here, filters, navigation; nothing else."""

import logging
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import streamlit as st
from pydantic import ValidationError

from pipelines import i18n
from pipelines.errors import SystemRefused, UserError
from pipelines.reporting import queries
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from ui import access, address, filters, import_jobs, navigation, session
from ui.i18n import LANGUAGE_NAMES, Reader

PICTURES = Path(__file__).parent / "ui"
# A named icon would be fetched from another company's server by every browser, and shows nothing where that is barred.
st.set_page_config(page_title="FirstPaid", page_icon=str(PICTURES / "icon.svg"), layout="wide")
language = address.current("lang", i18n.LANGUAGES, i18n.language_of(st.context.locale))
st.logo(PICTURES / "logo.svg", size="large")

try:
    settings = Settings()
except ValidationError as error:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    detail = i18n.mistake(language, first)
    st.error(i18n.translate(language, "app.bad_settings", name=where, detail=detail), icon=":material/settings:")
    st.stop()

build, damage = None, ""
who_may_be: list[str] = []
try:
    build = session.published(settings)
    who_may_be = session.answer(build, queries.filter_values, Scope())["reps"] if build else []
except UserError as error:
    damage = error.text(language)
except duckdb.Error:
    build, damage = None, i18n.translate(language, "app.build_silent")

reader = Reader(language, build.base_currency if build else settings.base_currency, ZoneInfo(settings.timezone))
who = access.signed_in(settings, reader) if access.sign_in_configured() else access.local(who_may_be)

registered = navigation.pages(reader, who.role)
page = st.navigation(list(registered.values()), position="hidden")

with st.sidebar:
    navigation.menu(reader, who.role, registered, page)
    scope = filters.choose(reader, who, session.answer(build, queries.filter_values, who.scope)) if build else who.scope
    access.controls(who, reader, who_may_be)
    address.switch("lang", reader.t("app.language"), i18n.LANGUAGES, LANGUAGE_NAMES.__getitem__)

view = session.View(reader, settings, build, who, scope, is_lost=bool(damage))
session.begin(view)
if damage:
    st.error(damage, icon=":material/database_off:")
is_of_other_version = build is not None and session.made_otherwise(settings)
if is_of_other_version:
    import_jobs.of_other_version(view, page.url_path)
try:
    page.run()
except UserError as error:
    st.error(error.text(language), icon=":material/error:")
except OSError as error:
    logging.getLogger(__name__).exception("the system refused what page %s asked", page.url_path)
    st.error(SystemRefused(error).text(language), icon=":material/error:")
except duckdb.Error:
    # A build that another version of the program made may lack what a page asks for; a new build has it.
    logging.getLogger(__name__).exception("the published build does not answer page %s", page.url_path)
    key = "app.from_here_on" if is_of_other_version else "app.build_silent"
    st.error(reader.t(key), icon=":material/database_off:")
