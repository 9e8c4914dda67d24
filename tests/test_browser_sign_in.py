"""Signing in through a real identity provider: who is listed sees their own, who is not sees nothing."""

import json

import pytest
from test_browser_flows import (  # noqa: F401 - fixtures and the marker
    browser,
    free_port,
    heading,
    pytestmark,
    served,
    tab,
)

from pipelines.reporting import queries, queries_payers
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

provider = pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "only for this test, never for people"
client_id = "firstpaid"
client_secret = "any"
server_metadata_url = "http://localhost:{provider}/.well-known/openid-configuration"
"""


@pytest.fixture
def app(sample_warehouse, tmp_path):
    """The app with sign-in: a rep and a manager are listed, a third person is known to the provider only."""
    build = queries.published(Settings(home=sample_warehouse))
    with queries.open_build(build) as con:
        rep = next(rep for rep in queries.filter_values(con, Scope())["reps"] if rep)
        own = len(queries_payers.customers(con, Scope(reps=(rep,))))
    names = ("rep", "manager", "stranger")
    users = [
        provider.User(sub=name, claims={"email": f"{name}@firm.test", "email_verified": True, "name": name})
        for name in names
    ]
    people = {"rep@firm.test": {"role": "rep", "rep": rep}, "manager@firm.test": {"role": "manager"}}
    port = free_port()
    with provider.run_server_in_thread(user_claims=users) as server:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(SECRETS.format(port=port, provider=server.server_port), encoding="utf-8")
        option, settings = f"--secrets.files={secrets}", {"FIRSTPAID_PEOPLE": json.dumps(people)}
        with served(sample_warehouse, tmp_path / "log", option, port=port, settings=settings) as address:
            yield address, own


def sign_in(page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=sub]").fill(name)
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url(f"{address}/**")


@pytest.mark.parametrize("tab", ["en-US"], indirect=True)
def test_a_rep_who_signs_in_sees_only_their_own_customers(app, tab):  # noqa: F811 - the fixture
    address, own = app
    sign_in(tab, address, "rep")
    heading(tab, "Call list").wait_for()
    assert tab.get_by_text("View as").count() == 0
    assert tab.get_by_role("link", name="Import", exact=True).count() == 0
    tab.get_by_role("link", name="Payers", exact=True).click()
    tab.get_by_text(f"{own} customers, most urgent first").wait_for()
    tab.goto(f"{address}/payers?role=manager&me=somebody")
    tab.get_by_text(f"{own} customers, most urgent first").wait_for()


@pytest.mark.parametrize("tab", ["en-US"], indirect=True)
def test_a_stranger_sees_nothing_and_a_manager_everything(app, tab):  # noqa: F811 - the fixture
    address, _ = app
    sign_in(tab, address, "stranger")
    heading(tab, "No access yet").wait_for()
    assert tab.get_by_role("link", name="Payers", exact=True).count() == 0
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/end_session**")  # the provider's own page
    sign_in(tab, address, "manager")
    heading(tab, "Overview").wait_for()
    tab.get_by_role("link", name="Import", exact=True).wait_for()
