"""Logging a call with a promise in a real browser: four clicks at most from the call list, and by keyboard alone."""

from urllib.parse import quote

import pytest
from test_browser_flows import WORDS, browser, heading, pytestmark, served, tab  # noqa: F401 - fixtures and the marker

from pipelines.collecting import follow_up
from pipelines.reporting import queries, queries_calls
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

SAID = {
    "en-US": {"calls": "Call list", "log": "Log contact", "promised": "Promised to pay", "saved": "Saved: "},
    "zh-CN": {"calls": "催收清单", "log": "记录联系", "promised": "承诺付款", "saved": "已保存："},
}


def opened_list(tab, home, address: str):  # noqa: F811
    """The call list of the busiest rep, and the words of its language."""
    said = next(SAID[language] for language, words in WORDS.items() if words is tab.words)
    build = queries.published(Settings(home=home))
    with queries.open_build(build) as con:
        rep = queries_calls.reps(con, Scope())["rep"][0]
    tab.goto(f"{address}/calls?role=rep&me={quote(rep)}")
    heading(tab, said["calls"]).wait_for()
    return said


def tab_to(tab, words: str) -> None:  # noqa: F811
    """Press the tab key until what has the focus says `words`."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        if words in tab.evaluate("document.activeElement.innerText || ''"):
            return
    pytest.fail(f"the tab key does not reach {words}")


def is_entered(home) -> None:
    contact, promise = follow_up.notes(Settings(home=home))
    assert (contact.payload.result, promise.kind) == ("promised", "promise")
    assert promise.payload.amount > 0


@pytest.mark.parametrize("tab", list(SAID), indirect=True)
def test_a_promise_is_logged_in_four_clicks(sample_copy, tmp_path, tab):  # noqa: F811
    with served(sample_copy, tmp_path / "log") as address:
        said = opened_list(tab, sample_copy, address)
        clicks = [
            tab.get_by_role("button", name=said["log"]).first,
            tab.get_by_role("dialog").get_by_text(said["promised"], exact=True),
            tab.get_by_role("button", name="Ctrl + Enter"),
        ]
        for each in clicks:
            each.click()
        tab.get_by_text(said["saved"]).first.wait_for()
        tab.get_by_role("dialog").wait_for(state="hidden")
    assert len(clicks) <= 4
    is_entered(sample_copy)


@pytest.mark.parametrize("tab", ["zh-CN"], indirect=True)
def test_a_promise_is_logged_by_keyboard_alone(sample_copy, tmp_path, tab):  # noqa: F811
    with served(sample_copy, tmp_path / "log") as address:
        said = opened_list(tab, sample_copy, address)
        tab.get_by_role("button", name=said["log"]).first.focus()
        tab.keyboard.press("Enter")
        dialog = tab.get_by_role("dialog")
        promised = dialog.get_by_text(said["promised"], exact=True)
        promised.wait_for()
        tab_to(tab, said["promised"])
        tab.keyboard.press("Enter")
        dialog.locator("input[type=number]").wait_for()
        tab_to(tab, "Ctrl + Enter")
        tab.keyboard.press("Enter")
        tab.get_by_text(said["saved"]).first.wait_for()
    is_entered(sample_copy)
