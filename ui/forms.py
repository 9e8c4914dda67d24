"""A form on a page or in a dialog: fields that keep what was typed, the reason of a refusal beside its field, and what
was stored."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import streamlit as st

from pipelines.collecting.journal_entries import EntryRefused
from pipelines.errors import UserError
from ui.formats import money, number, plain
from ui.session import View

FROM_SEPARATORS = 1_000  # amounts below have none


@dataclass(frozen=True)
class Form:
    """One form of a page; `name` tells it from others, for example by what it is about."""

    view: View
    name: str

    @property
    def key(self) -> str:
        """What the names of its fields begin with; a new one once something was stored, so that it starts empty."""
        return f"{self.name}.{st.session_state.get(f'{self.name}.times', 0)}"

    def value(self, name: str) -> Any:
        """What stands in a field now."""
        return st.session_state.get(f"{self.key}.{name}")

    def suggest(self, name: str, value: Any) -> None:
        """Fill a field that nobody has touched."""
        st.session_state.setdefault(f"{self.key}.{name}", value)


def opened(form: Form) -> Any:
    """What a form in a dialog is open for; None while it is closed."""
    return st.session_state.get(f"{form.name}.open")


def say(form: Form) -> None:
    """Say once what a dialog has stored; a page with the dialog calls this in each of its runs."""
    if said := st.session_state.pop(f"{form.name}.said", ""):
        st.toast(said, icon=":material/check:")


def begin(form: Form, about: object) -> None:
    """Open a form in a dialog, its fields empty; `about` is kept until it is closed."""
    st.session_state[f"{form.name}.times"] = st.session_state.get(f"{form.name}.times", 0) + 1
    st.session_state[f"{form.name}.open"] = about


def end(form: Form) -> None:
    """Close the dialog of a form."""
    st.session_state.pop(f"{form.name}.open", None)


def dialog(form: Form, title: str, draw: Callable[[], None], *, width: Literal["small", "medium"]) -> None:
    """The dialog of a form that is open; what `draw` shows goes with it once its entry is stored."""

    def content() -> None:
        if opened(form) is None:
            st.rerun()
        draw()

    st.dialog(title, width=width, on_dismiss=lambda: end(form))(content)()


def field(form: Form, name: str, widget: Callable[..., Any], label: str, **options: Any) -> Any:
    """A field, with the reason it was refused for below it."""
    value = widget(label, key=f"{form.key}.{name}", **options)
    reason(form, name)
    return value


def choice(form: Form, name: str, label: str, options: tuple[str, ...], kind: str, **more: Any) -> Any:
    """A field with the words of a few codes to choose from."""
    words = {"format_func": lambda each: form.view.reader.code(kind, each)}
    return field(form, name, st.pills, label, options=options, **words, **more)


def day(form: Form, name: str, label: str, **options: Any) -> Any:
    """A field for a date."""
    return field(form, name, st.date_input, label, value=None, format="YYYY-MM-DD", **options)


def amount(form: Form, name: str, label: str, currency: str | None, **options: Any) -> Any:
    """A field for an amount of money, with the amount below it as it reads; a field for numbers has no separators."""
    value = field(form, name, st.number_input, label, value=None, step=1000.0, format="%.2f", **options)
    if value is not None and abs(value) >= FROM_SEPARATORS:
        reader = form.view.reader
        st.caption(plain(money(reader, value, currency) if currency else number(reader, value, 2)))
    return value


def of_invoice(form: Form, label: str, invoices: list[str]) -> None:
    """A field for the invoice an entry is about, or the whole customer."""
    whole = form.view.reader.t("entry.whole_customer")
    field(
        form, "invoice", st.selectbox, label, options=["", *invoices], format_func=lambda each: each or whole
    )  # fmt: skip


def reason(form: Form, *names: str) -> None:
    """Why the last attempt was refused for these fields, or for parts of them (`instalments.2.due_on`)."""
    for problem in st.session_state.get(f"{form.key}.problems", ()):
        if any(problem.field == name or problem.field.startswith(f"{name}.") for name in names):
            text = plain(problem.text(form.view.reader.language))
            part = problem.field.split(".")[1:2]
            place = f"{form.view.reader.t('form.row', text=part[0])} " if part and part[0].isdigit() else ""
            st.markdown(f":red[:material/error: {plain(place)}{text}]")


def refused(form: Form) -> bool:
    """Whether the last attempt was refused for some field."""
    return bool(st.session_state.get(f"{form.key}.problems"))


def save(form: Form, store: Callable[[], object], saved: str, *, label: str | None = None, **options: Any) -> None:
    """The button that stores; `store` raises what the journal refuses. `saved` is said once it is stored."""
    if failure := st.session_state.get(f"{form.key}.failure"):
        st.error(failure, icon=":material/error:")
    st.button(
        label or form.view.reader.t("contact.save"), key=f"{form.key}.save", type="primary", icon=":material/save:",
        on_click=attempt, args=(form, store, saved), **options,
    )  # fmt: skip


def save_in_dialog(form: Form, store: Callable[[], str]) -> None:
    """The button at the foot of a dialog; `store` returns what is said once it is stored, and the dialog closes."""
    if failure := st.session_state.get(f"{form.key}.failure"):
        st.error(failure, icon=":material/error:")
    st.button(
        form.view.reader.t("contact.save"), key=f"{form.key}.save", type="primary", icon=":material/save:",
        width="stretch", shortcut="Ctrl+Enter", on_click=_attempt_in_dialog, args=(form, store),
    )  # fmt: skip


def _attempt_in_dialog(form: Form, store: Callable[[], str]) -> None:
    if opened(form) is None:
        return  # a second press of the button, while the first was being stored
    said = _stored(form, store)
    if said is not None:
        end(form)
        # The page runs anew to close the dialog, which would take a word said now away with it.
        st.session_state[f"{form.name}.said"] = said


def attempt(form: Form, store: Callable[[], object], saved: str) -> None:
    """Store, or keep the form as it stands with the reasons."""

    def store_and_say() -> str:
        store()
        return saved

    if _stored(form, store_and_say) is not None:
        st.session_state[f"{form.name}.times"] = st.session_state.get(f"{form.name}.times", 0) + 1
        st.toast(saved, icon=":material/check:")


def _stored(form: Form, store: Callable[[], str]) -> str | None:
    """What `store` returns; None where it was refused, and the reasons are kept for the fields."""
    state, key = st.session_state, form.key
    state.pop(f"{key}.failure", None)
    state.pop(f"{key}.problems", None)
    try:
        return store()
    except EntryRefused as refused:
        state[f"{key}.problems"] = refused.problems
    except UserError as failed:
        state[f"{key}.failure"] = failed.text(form.view.reader.language)
    return None


def decimal(value: float | None) -> Decimal | None:
    """What a field for money holds, to the cent."""
    return None if value is None else Decimal(f"{value:.2f}")
