"""Editing the weights in a real browser: the effect shows before anything is stored, and the decision after it."""

import pytest
from test_browser_flows import browser, heading, pytestmark, served, tab  # noqa: F401 - fixtures and the marker

from pipelines.collecting import follow_up, policies
from pipelines.settings import Settings

SAID = {
    "en-US": {"rules": "Rules", "up": "Move up", "nobody": "Nobody would move up or down.", "save": "Save"},
    "zh-CN": {"rules": "规则", "up": "名次上升", "nobody": "没有客户的名次会变化。", "save": "保存"},
}
ROW = 35  # pixels of a row of the grid, its head included


@pytest.mark.parametrize("tab", list(SAID), indirect=True)
def test_a_weight_edited_in_the_grid_shows_who_would_move_before_it_is_saved(sample_copy, tmp_path, tab):  # noqa: F811
    said = next(SAID[language] for language in SAID if tab.evaluate("navigator.language") == language)
    settings = Settings(home=sample_copy)
    with served(sample_copy, tmp_path / "log") as address:
        tab.goto(f"{address}/rules")
        heading(tab, said["rules"]).wait_for()
        tab.get_by_text(said["nobody"]).wait_for()
        grid = tab.get_by_test_id("stDataFrame").first
        grid.locator("canvas").first.wait_for()
        # The grid is one drawing: the weight of the second component is struck by its place.
        grid.click(position={"x": grid.bounding_box()["width"] - 40, "y": 2.5 * ROW})
        # It takes the focus a moment after it is struck; a key pressed before that goes nowhere.
        tab.get_by_test_id("glide-cell-1-1").and_(tab.locator(":focus")).wait_for(state="attached")
        tab.keyboard.press("Enter")
        cell = tab.locator("#portal input").first
        cell.fill("0.9")
        cell.press("Enter")
        tab.get_by_text(said["up"], exact=True).wait_for()
        assert not follow_up.notes(settings), "nothing is stored while the effect is looked at"
        tab.get_by_role("button", name=said["save"], exact=True).click()
        tab.get_by_role("button", name=said["save"], exact=True).and_(tab.locator(":disabled")).wait_for()
    decided = policies.decisions(follow_up.notes(settings))["weights"]
    assert decided.value["age"] == 0.9
    assert decided.value["money"] == Settings().priority_weights["money"]
