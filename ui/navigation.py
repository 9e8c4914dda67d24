"""Which pages there are, for whom, in which group, and how to get from one to another."""

from collections.abc import Callable
from typing import NamedTuple, NoReturn

import streamlit as st

from pipelines.reporting import queries_receipts
from ui.access import ROLES
from ui.i18n import Reader
from ui.session import View

FOLDER = "app_pages"
HOME = "home"


class Place(NamedTuple):
    """One page: its file, address and name are the same word; `group` is its heading in the menu."""

    name: str
    icon: str
    group: str
    roles: tuple[str, ...] = ROLES
    hidden: bool = False

    @property
    def file(self) -> str:
        return f"{FOLDER}/{self.name}.py"


OFFICE = ("manager", "analyst")
PLACES = (
    Place("overview", "space_dashboard", "manage"),
    Place("payers", "groups", "manage"),
    Place("aging", "calendar_view_month", "manage"),
    Place("cash", "payments", "manage"),
    Place("behaviour", "timeline", "manage", OFFICE),
    Place("rolls", "trending_up", "manage", OFFICE),
    Place("calls", "call", "collect"),
    Place("desk", "inbox", "collect"),
    Place("agreements", "handshake", "collect"),
    Place("escalation", "balance", "collect"),
    Place("warnings", "notification_important", "collect"),
    Place("blockers", "block", "collect"),
    Place("effects", "query_stats", "collect", OFFICE),
    Place("results", "leaderboard", "steer"),
    Place("charges", "price_check", "steer"),
    Place("financing", "account_balance", "steer", OFFICE),
    Place("credit", "credit_score", "steer", OFFICE),
    Place("payer", "person_search", "collect", hidden=True),
    Place("sheet", "description", "collect", hidden=True),
    Place("letters", "mail", "collect", hidden=True),
    Place("invoice", "receipt_long", "collect", hidden=True),
    Place("receipt", "request_quote", "collect", hidden=True),
    Place("imports", "upload_file", "analyse", OFFICE),
    Place("merges", "merge", "analyse", OFFICE),
    Place("chain", "account_tree", "analyse", OFFICE),
    Place("rules", "tune", "analyse", OFFICE),
    Place("model", "model_training", "analyse", OFFICE),
    Place("definitions", "menu_book", "analyse"),
)
GROUPS = ("manage", "collect", "steer", "analyse")
# A rep starts with whom to call, everybody else with where the money is.
START = {"rep": "calls"}
START_OF_OTHERS = "overview"


def pages(reader: Reader, role: str) -> dict[str, st.Page]:
    """The pages of a role by name; a page of another role is not registered, so its address does not open it."""
    found = {
        place.name: st.Page(
            place.file,
            title=reader.t(f"nav.{place.name}"),
            icon=f":material/{place.icon}:",
            url_path=place.name,
            visibility="hidden" if place.hidden else "visible",
            help=reader.t(f"nav.{place.name}_help"),
        )
        for place in PLACES
        if role in place.roles
    }
    # The page shown first answers at the bare address only, and would be missing at its own.
    name = start(role)
    first, file = found[name], f"{FOLDER}/{name}.py"
    home = st.Page(file, title=first.title, icon=first.icon, url_path="home", default=True, help=first.help)
    return {HOME: home, **found}


def start(role: str) -> str:
    """The page that a role sees first."""
    return START.get(role, START_OF_OTHERS)


def menu(reader: Reader, role: str, registered: dict[str, st.Page], current: st.Page) -> None:
    """The grouped links of the sidebar. They carry the language and the role, which plain navigation would drop."""
    for group in GROUPS:
        members = [p for p in PLACES if p.group == group and not p.hidden and p.name in registered]
        if members:
            st.caption(reader.t(f"nav.group_{group}"))
            with st.container(gap="xsmall"):
                for place in members:
                    at_home = place.name == start(role) and not current.url_path
                    st.page_link(registered[HOME if at_home else place.name], query_params=carried(), width="stretch")


def carried() -> dict[str, str]:
    """The parts of the address that stay the same from page to page."""
    return {name: st.query_params[name] for name in ("lang", "role", "me") if name in st.query_params}


def open_payer(view: View, entity_id: str, customer_id: str, bucket: str | None = None) -> NoReturn:
    """Leave for a payer's page, with its open items narrowed to one bucket if given."""
    params = {"entity": entity_id, "customer": customer_id} | ({"bucket": bucket} if bucket else {})
    st.switch_page(f"{FOLDER}/payer.py", query_params=carried() | params)


def open_letters(view: View, entity_id: str, customer_id: str, letter: str) -> NoReturn:
    """Leave for the letters to a payer, with one kind of letter chosen."""
    params = {"entity": entity_id, "customer": customer_id, "letter": letter}
    st.switch_page(f"{FOLDER}/letters.py", query_params=carried() | params)


def open_invoice(view: View, entity_id: str, invoice_id: str, customer_id: str) -> NoReturn:
    """Leave for the page of one invoice."""
    params = {"entity": entity_id, "invoice": invoice_id, "customer": customer_id}
    st.switch_page(f"{FOLDER}/invoice.py", query_params=carried() | params)


def open_receipt(view: View, line_key: int) -> None:
    """Leave for the page of one receipt line; stays where no receipt line stands behind the money."""
    found = view.ask_build(queries_receipts.line_of, line_key)
    if found is None:
        st.toast(view.reader.t("receipt.no_line"), icon=":material/info:")
        return
    import_id, line_no = found
    st.switch_page(f"{FOLDER}/receipt.py", query_params=carried() | {"import": import_id, "line": str(line_no)})


def open_import(import_id: str) -> NoReturn:
    """Leave for what one export holds, on the import page."""
    # A report that was opened there before would stay open instead.
    st.session_state["import_shown"] = import_id
    st.switch_page(f"{FOLDER}/imports.py", query_params=carried())


def link(name: str, label: str, icon: str | None = None, **params: str) -> None:
    """A link to a page by its name."""
    st.page_link(f"{FOLDER}/{name}.py", label=label, icon=icon, query_params=carried() | params)


def back(t: Callable[..., str]) -> None:
    """Where a drill-through page came from: the two lists that lead here."""
    with st.container(horizontal=True, gap="medium"):
        link("overview", t("nav.overview"), icon=":material/arrow_back:")
        link("calls", t("nav.calls"), icon=":material/call:")
