"""Who is looking, in which role, and what is the most that person may see."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pipelines.collecting.writers import ROLES
from pipelines.reporting.queries import Scope
from pipelines.settings import Person, Settings
from ui import address
from ui.i18n import Reader


@dataclass(frozen=True)
class Who:
    """The person at the page. `scope` is the widest view this person may have; filters only narrow it."""

    role: str
    scope: Scope
    rep: str = ""
    name: str = ""
    signed_in: bool = False


def sign_in_configured() -> bool:
    """Whether this installation has an identity provider in its secrets."""
    return bool(st.secrets.load_if_toml_exists()) and "auth" in st.secrets


def scope_of(person: Person) -> Scope:
    """The widest scope of a person; a rep without a name sees what is assigned to nobody, never everything."""
    reps = (person.rep,) if person.role == "rep" else ()
    return Scope(entities=person.entities, regions=person.regions, reps=reps)


def signed_in(settings: Settings, reader: Reader) -> Who:
    """The signed-in person, by the people listed in the settings; stops the page for anyone else."""
    if not st.user.get("is_logged_in"):
        st.title(reader.t("access.sign_in_title"))
        st.write(reader.t("access.sign_in_text"))
        st.button(reader.t("access.sign_in"), type="primary", on_click=st.login, icon=":material/login:")
        st.stop()
    email = str(st.user.get("email") or "").strip().lower()
    people = {address.lower(): person for address, person in settings.people.items()}
    # An address the provider has not verified could be anybody's.
    if email not in people or st.user.get("email_verified") is False:
        st.title(reader.t("access.unknown_title"))
        st.write(reader.t("access.unknown_text", email=email))
        st.button(reader.t("access.sign_out"), on_click=st.logout, icon=":material/logout:")
        st.stop()
    person = people[email]
    return Who(person.role, scope_of(person), person.rep, str(st.user.get("name") or email), signed_in=True)


def local(reps: Sequence[str]) -> Who:
    """Without an identity provider everybody at this machine chooses whose eyes to look through."""
    role = address.current("role", ROLES, ROLES[0])
    if role != "rep":
        return Who(role, Scope())
    # What belongs to nobody is chosen, not shown first: it may well be empty.
    rep = address.current("me", reps, next(filter(None, reps), reps[0])) if reps else ""
    return Who(role, Scope(reps=(rep,)), rep)


def controls(who: Who, reader: Reader, reps: Sequence[str]) -> None:
    """The sidebar's part about the person: the name and sign-out, or the "view as" pickers."""
    if who.signed_in:
        st.caption(f"{who.name} · {reader.t(f'role.{who.role}')}")
        st.button(reader.t("access.sign_out"), on_click=st.logout, icon=":material/logout:", type="tertiary")
        return
    address.picker(
        "role",
        reader.t("access.view_as"),
        ROLES,
        lambda role: reader.t(f"role.{role}"),
        reader.t("access.view_as_help"),
    )
    if who.role == "rep" and reps:
        address.picker("me", reader.t("access.me"), reps, lambda rep: rep or reader.t("app.unassigned"))
